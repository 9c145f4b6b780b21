using Router.Packets;
using Router.Wire;

namespace Router.Op25b;

internal enum AlertKind : byte
{
    /// <summary>A host that sends like malware does.</summary>
    Infected,

    /// <summary>A host that gets the replies to what somebody else sends, or a station that forges its sources: the two ends of a triangle (F5).</summary>
    Triangular,
}

internal enum AlertEvent : byte
{
    Raised,

    /// <summary>It has been quiet for as long as is configured.</summary>
    Ended,
}

/// <summary>One alert that begins or ends. A forging station has no address that can be believed: it has <see cref="Mac"/> and <see cref="Interface"/> instead.</summary>
internal readonly record struct Alert(AlertKind Kind, AlertEvent Event)
{
    public IpAddress Host { get; init; }

    public int Group { get; init; }

    public HostSigns Signs { get; init; }

    public bool IsQuarantined { get; init; }

    public Interface? Interface { get; init; }

    public MacAddress Mac { get; init; }
}
