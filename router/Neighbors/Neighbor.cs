using Router.Packets;
using Router.Wire;

namespace Router.Neighbors;

internal enum NeighborState : byte
{
    Free,

    /// <summary>Asked, no answer yet: frames wait.</summary>
    Incomplete,

    /// <summary>Heard from lately.</summary>
    Reachable,

    /// <summary>Not heard from lately: used, and asked again.</summary>
    Stale,

    /// <summary>Did not answer: frames are dropped at once until the penalty is over.</summary>
    Failed,

    /// <summary>IPv6: used after it was stale. It is not asked yet: it may show of itself that it is there.</summary>
    Delay,

    /// <summary>IPv6: asked again, at the address that it had.</summary>
    Probe,
}

/// <summary>One next hop.</summary>
internal struct Neighbor
{
    public IpAddress Address;
    public Interface Interface;
    public MacAddress Mac;
    public NeighborState State;

    /// <summary>Requests sent since it was last heard from.</summary>
    public byte Requests;

    /// <summary>Frames of it that wait.</summary>
    public byte Waiting;

    /// <summary>Whether a frame used it since the last request.</summary>
    public bool IsUsed;

    /// <summary>One of several next hops of a destination: asked again and again, with traffic or without, and never forgotten.</summary>
    public bool IsWatched;

    /// <summary>When the state began, or the last request left; the loop's milliseconds.</summary>
    public long Since;
}
