using System.Globalization;

namespace EndToEnd;

public enum Mode
{
    Off,
    Monitor,
    Block,
}

/// <summary>What becomes of connections to port 25 that are open when the phase begins.</summary>
public enum OpenConnections
{
    Kill,
    Drain,
}

public enum RefusalAction
{
    Drop,
    Icmp,
    Reset,
}

/// <summary>Whom a mapping lets in; the kernel's router knows the last one only.</summary>
public enum Filtering
{
    EndpointIndependent,
    AddressDependent,
    AddressAndPortDependent,
}

/// <summary>What the router is configured to do about port 25, and a few things that tests vary; everything else is the shared topology. Equal scenarios share one running router.</summary>
public sealed record Scenario
{
    public Mode Mode { get; init; } = Mode.Block;

    public RefusalAction Action { get; init; } = RefusalAction.Icmp;

    /// <summary>When the phase begins; the notice phase (Monitor) rules before it where <see cref="AsOf"/> is given.</summary>
    public DateTimeOffset From { get; init; } = DateTimeOffset.Parse("2008-04-01T11:00:00+09:00", CultureInfo.InvariantCulture);

    /// <summary>Where the policy clock starts; null: the wall clock.</summary>
    public DateTimeOffset? AsOf { get; init; }

    public OpenConnections OpenConnections { get; init; }

    /// <summary>The MTU of the link to the outside.</summary>
    public int WanMtu { get; init; } = 1500;

    public Filtering Filtering { get; init; }

    /// <summary>Hosts and router have IPv6 too. A router alone in a test of IPv4 does without: it knows after two seconds only that its IPv6 addresses are its own (RFC 4862).</summary>
    public bool Ipv6 { get; init; } = true;

    /// <summary>The section of that name, as JSON; null: none.</summary>
    public string? MappingLog { get; init; }

    /// <summary>How many sessions a host may have; null: the default.</summary>
    public int? SessionsPerSubscriber { get; init; }

    public static readonly Scenario Default = new();

    public override string ToString() => $"{Mode}/{Action}";
}
