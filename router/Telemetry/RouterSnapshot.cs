namespace Router.Telemetry;

/// <summary>
/// What the data path looked like between two batches: every counter and gauge that metrics and <c>status</c> show. The loop fills it; nobody else counts.
/// </summary>
internal sealed record RouterSnapshot
{
    /// <summary>When the loop started, wall clock.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The policy clock when the snapshot was taken.</summary>
    public required DateTimeOffset PolicyTime { get; init; }

    /// <summary>The TAP back end in use: <c>IoUringMultishot</c>, <c>IoUring</c> or <c>Epoll</c>.</summary>
    public required string Backend { get; init; }

    public required IReadOnlyList<InterfaceSnapshot> Interfaces { get; init; }

    /// <summary>The static routes, one for each destination.</summary>
    public required IReadOnlyList<RouteSnapshot> Routes { get; init; }

    public required IReadOnlyList<SessionCount> Sessions { get; init; }

    public required int SessionCapacity { get; init; }

    public required IReadOnlyList<NatCount> Nat { get; init; }

    public required Op25bSnapshot Op25b { get; init; }

    /// <summary>Whether the last configuration that was asked for was taken.</summary>
    public bool LastReloadSucceeded { get; init; } = true;

    /// <summary>Where names are kept; null: all state is in memory only.</summary>
    public string? StateDirectory { get; init; }

    public OwnNamesSnapshot OwnNames { get; init; } = new();

    public IReadOnlyList<TunnelCount> Tunnels { get; init; } = [];

    /// <summary>How the loop fares; null where none runs.</summary>
    public LoopSnapshot? Loop { get; init; }

    public IReadOnlyList<TableCount> Tables { get; init; } = [];

    public IReadOnlyList<NeighborCount> Neighbors { get; init; } = [];

    public IReadOnlyList<LogCount> LogSuppressed { get; init; } = [];

    /// <summary>Null: mappings are not logged.</summary>
    public MappingLogSnapshot? MappingLog { get; init; }

    /// <summary>Addresses of own mail servers that the configuration lists.</summary>
    public int ConfiguredMailServers { get; init; }
}

/// <summary>One interface. Received, forwarded, delivered, held and dropped frames are booked on the interface that they came in by; generated and sent ones on the one that they leave by.</summary>
internal sealed record InterfaceSnapshot
{
    public required string Name { get; init; }

    public required string Role { get; init; }

    /// <summary><c>Up</c>, <c>Down</c> or <c>Lost</c>.</summary>
    public required string State { get; init; }

    public required string Mac { get; init; }

    public required int Mtu { get; init; }

    public required string Offloads { get; init; }

    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Super-frames that the kernel did not take as they were, so that they were cut up in software; from the first one on none is sent whole.</summary>
    public long OffloadsRefused { get; init; }

    /// <summary>Batches that the frames arrived in.</summary>
    public long ReceivedBatches { get; init; }

    public required long ReceivedFrames { get; init; }

    public required long ReceivedBytes { get; init; }

    public required long ForwardedFrames { get; init; }

    public required long DeliveredFrames { get; init; }

    public required long HeldFrames { get; init; }

    /// <summary>Dropped frames by reason, in the enum's order, the ones that never happened left out.</summary>
    public required IReadOnlyList<DropCount> Dropped { get; init; }

    public required long GeneratedFrames { get; init; }

    public required long SentFrames { get; init; }

    public required long SentBytes { get; init; }
}

/// <summary>One destination and its next hops, by priority.</summary>
internal sealed record RouteSnapshot(string Destination, IReadOnlyList<NextHopSnapshot> NextHops);

/// <summary>One next hop. <see cref="State"/> is <c>Reachable</c>, <c>Unreachable</c>, or <c>Unknown</c> where nobody asked for it lately.</summary>
internal sealed record NextHopSnapshot(string Via, string Interface, int Priority, string State, bool InUse);

/// <summary>How often one <c>DropReason</c> happened.</summary>
internal sealed record DropCount(string Reason, string Text, long Frames);

/// <summary>Live sessions of one family (<c>ipv4</c>, <c>ipv6</c>) and protocol (<c>tcp</c>, <c>udp</c>, <c>icmp</c>, <c>other</c>).</summary>
internal sealed record SessionCount(string Family, string Protocol, int Count);

/// <summary>Live mappings of one protocol, and the outside ports that they take.</summary>
internal sealed record NatCount(string Protocol, int Mappings, int PortsInUse)
{
    /// <summary>Ports of all outside addresses that a host may draw from: 1024 to 65535 of each.</summary>
    public int PortCapacity { get; init; }
}

internal sealed record Op25bSnapshot
{
    /// <summary>The phase in force, <c>none</c> before the first.</summary>
    public required string Phase { get; init; }

    /// <summary><c>Off</c>, <c>Monitor</c>, <c>Limit</c> or <c>Block</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Until when sessions from before the phase go on; null: none does.</summary>
    public DateTimeOffset? DrainsUntil { get; init; }

    /// <summary>The next phase and its start; null where none follows.</summary>
    public required string? NextPhase { get; init; }

    public required DateTimeOffset? NextPhaseFrom { get; init; }

    public required IReadOnlyList<AttemptCount> Attempts { get; init; }

    /// <summary>Alerts by kind, <c>infected</c> and <c>triangular</c>.</summary>
    public IReadOnlyList<AlertCount> Alerts { get; init; } = [];

    public int QuarantinedHosts { get; init; }
}

/// <summary>How often an alert of the kind was raised, and how many hosts and stations have it now.</summary>
internal sealed record AlertCount(string Kind, long Raised, int Active);

/// <summary>Attempts to open a session to port 25, by what became of them (<c>allowed_own</c>, <c>allowed_exempt</c>, <c>monitored</c>, <c>limited</c>, <c>blocked</c>).</summary>
internal sealed record AttemptCount(string Family, string Group, string Phase, string Outcome, long Count);
