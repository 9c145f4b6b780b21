using System.Net;

namespace Router.Configuration;

/// <summary>Who operates the router, and so what may be kept of its hosts, and for how long.</summary>
internal enum PrivacyPreset
{
    /// <summary>A campus that knows its hosts, and has rules with them.</summary>
    Campus,

    /// <summary>A telecommunications carrier: no destinations, and no log that says which host spoke to whom.</summary>
    Carrier,
}

internal enum MappingRecords
{
    /// <summary>Which inside endpoint had which outside one, and when.</summary>
    Mappings,

    /// <summary>The same for each session, with its destination: who spoke to whom.</summary>
    Sessions,
}

/// <summary>The log of who had which outside port when (RFC 6888 section 4). It has one receiver at least.</summary>
internal sealed record MappingLogConfiguration
{
    public MappingRecords Records { get; init; } = MappingRecords.Mappings;

    /// <summary>Null: no collector.</summary>
    public IpfixConfiguration? Ipfix { get; init; }

    /// <summary>Null: no files.</summary>
    public MappingFileConfiguration? File { get; init; }

    /// <summary>For people.</summary>
    public string Receivers => string.Join(" and ", new[] { File?.Directory, Ipfix is { } to ? $"the collector {to.Collector}" : null }.OfType<string>());
}

/// <summary>An IPFIX collector, by UDP.</summary>
internal sealed record IpfixConfiguration
{
    public required IPEndPoint Collector { get; init; }

    /// <summary>Tells two exporters at one address apart.</summary>
    public int ObservationDomain { get; init; }

    /// <summary>How often the template is sent anew: UDP loses, and collectors are restarted.</summary>
    public int TemplateSeconds { get; init; } = 60;
}

/// <summary>Files of JSON lines.</summary>
internal sealed record MappingFileConfiguration
{
    public required string Directory { get; init; }

    public int RotateMebibytes { get; init; } = 16;

    public int RotateMinutes { get; init; } = 60;

    /// <summary>How long a file is kept after its last record.</summary>
    public int KeepDays { get; init; } = DaysOf(PrivacyPreset.Campus);

    public int KeepMebibytes { get; init; } = 1024;

    /// <summary>How long records are kept where nothing is said.</summary>
    public static int DaysOf(PrivacyPreset privacy) => privacy == PrivacyPreset.Carrier ? 180 : 90;
}

internal enum LogFormat
{
    /// <summary>The journal's under systemd, else for people.</summary>
    Auto,
    Console,
    Journal,
    Json,
}

internal sealed record LogConfiguration
{
    public LogFormat Format { get; init; } = LogFormat.Auto;
}
