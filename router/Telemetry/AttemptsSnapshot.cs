using Router.Op25b;
using Router.Wire;

namespace Router.Telemetry;

/// <summary>Who tried port 25 lately, and what kind of sender each is. It has addresses: it goes through the control socket alone, never into a metric.</summary>
internal sealed record AttemptsSnapshot
{
    public required DateTimeOffset PolicyTime { get; init; }

    /// <summary>The phase in force, <c>none</c> before the first, and its mode.</summary>
    public required string Phase { get; init; }

    public required string Mode { get; init; }

    /// <summary>When the first phase begins, or began, that limits or blocks; null: none does.</summary>
    public required DateTimeOffset? EffectiveFrom { get; init; }

    /// <summary>By attempts, most first.</summary>
    public required IReadOnlyList<HostSnapshot> Hosts { get; init; }

    /// <summary>Stations that forge sources toward port 25.</summary>
    public required IReadOnlyList<StationSnapshot> Stations { get; init; }
}

/// <summary>One subscriber: an IPv4 address, or an IPv6 /64.</summary>
internal sealed record HostSnapshot
{
    public required string Host { get; init; }

    public required string Group { get; init; }

    /// <summary><c>third_party_server</c>, <c>direct_sender</c>, <c>home_server</c>, <c>infected</c>, <c>triangular</c> or <c>unclear</c>.</summary>
    public required string Case { get; init; }

    public required IReadOnlyList<string> Evidence { get; init; }

    /// <summary>The alert that stands, <c>infected</c> or <c>triangular</c>; null: none does.</summary>
    public string? Alert { get; init; }

    /// <summary>Whether its port 25 is shut, toward own servers too.</summary>
    public bool IsQuarantined { get; init; }

    public required DateTimeOffset First { get; init; }

    public required DateTimeOffset Last { get; init; }

    public required int Attempts { get; init; }

    public required int Monitored { get; init; }

    public required int Limited { get; init; }

    public required int Blocked { get; init; }

    public required int AttemptsInTenMinutes { get; init; }

    public required int AttemptsInADay { get; init; }

    public required int DestinationsInTenMinutes { get; init; }

    public required int DestinationsInADay { get; init; }

    /// <summary>The destinations that are remembered, by attempts.</summary>
    public required IReadOnlyList<DestinationSnapshot> Destinations { get; init; }
}

/// <summary>One destination; <see cref="IsMailProvider"/>: the host also reads or submits mail there.</summary>
internal sealed record DestinationSnapshot(string Address, int Attempts, DateTimeOffset Last, bool IsMailProvider);

/// <summary>A station by its Ethernet address, since its source addresses are forged.</summary>
internal sealed record StationSnapshot(string Mac, string Interface, long Segments, string ClaimedSource, string Destination, DateTimeOffset First, DateTimeOffset Last);
