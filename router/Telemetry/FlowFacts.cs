using Router.Nat;
using Router.Neighbors;
using Router.Op25b;
using Router.Sessions;
using Router.Wire;
using TapDev;

namespace Router.Telemetry;

/// <summary>
/// What a running router knows that a packet of some flows could touch, copied between two batches: a few records of each table, whatever their size, and the policy that it goes by,
/// which is shared. It is enough for another, small data path to decide about the packet as this one would.
/// </summary>
internal sealed record FlowFacts
{
    public required PathModel Model { get; init; }

    /// <summary>The loop's milliseconds.</summary>
    public required long Now { get; init; }

    public required DateTimeOffset PolicyTime { get; init; }

    public required IReadOnlyList<InterfaceFacts> Interfaces { get; init; }

    /// <summary>The flows that were asked about.</summary>
    public required IReadOnlyList<FlowKey> Flows { get; init; }

    public required IReadOnlyList<SessionFacts> Sessions { get; init; }

    public required IReadOnlyList<MappingFacts> Mappings { get; init; }

    /// <summary>Outside ports that a new mapping would like to have, and that are not free.</summary>
    public required IReadOnlyList<(byte Protocol, IpAddress Address, ushort Port)> TakenPorts { get; init; }

    public required IReadOnlyList<HostFacts> Hosts { get; init; }

    public required IReadOnlyList<NeighborFacts> Neighbors { get; init; }

    /// <summary>No session has a place any more; none that is opened from outside has; no mapping of the source has one, or no port.</summary>
    public required bool HasNoPlaceForSession { get; init; }

    public required bool HasNoPlaceFromOutside { get; init; }

    public required bool HasNoPlaceForMapping { get; init; }
}

/// <summary>One interface as it is now. <see cref="Suspended"/>: own addresses that are not in use.</summary>
internal sealed record InterfaceFacts(DeviceState State, IReadOnlyList<IpAddress> Suspended);

/// <summary>One session. <see cref="IsPermitted"/>: the policy of the moment has allowed it already.</summary>
internal sealed record SessionFacts(SavedSession Session, bool IsPermitted, long MillisecondsLeft);

/// <summary>One mapping with its outside address. <see cref="Guest"/>: whom of those that were asked about its filtering lets in.</summary>
internal sealed record MappingFacts(Mapping Mapping, IpAddress Outside, IpAddress? Guest);

/// <summary>
/// One address: what it has as a subscriber, until when it is in quarantine (in the loop's milliseconds), whether a limit has no token for it, and which name of an own mail server leads
/// there. What is resolved is by the number of its entry.
/// </summary>
internal sealed record HostFacts(IpAddress Address, SubscriberState? Subscriber, long? QuarantinedUntil, bool IsSpent, LearntServer? Learnt, int? Resolved, DateTimeOffset? ResolvedAt);

/// <summary>One next hop, on an interface by its number.</summary>
internal sealed record NeighborFacts(int Interface, IpAddress Address, Neighbor Neighbor);
