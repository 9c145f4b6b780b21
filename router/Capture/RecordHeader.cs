using Router.Packets;
using Router.Sessions;

namespace Router.Capture;

/// <summary>Which moment of a packet's life a record shows.</summary>
internal enum RecordKind : byte
{
    /// <summary>As it came in.</summary>
    Arrived,

    /// <summary>As it leaves: the same packet, rewritten, before it is cut up where it has to be.</summary>
    Left,

    /// <summary>Of the router's own.</summary>
    Said,
}

/// <summary>What stands before each frame in a <see cref="RecordRing"/>: the facts that a comment is made of later, on another thread.</summary>
internal struct RecordHeader
{
    /// <summary>Bytes of the frame that were kept, and that it has; the virtio header is in neither.</summary>
    public int Captured, Length;

    /// <summary>When the loop's turn began that saw it: ticks of 100 ns, UTC.</summary>
    public long Time;

    /// <summary>The same for the two records of one packet, and for no other.</summary>
    public long Packet;

    /// <summary>Records that were lost on this interface since the last one that was not.</summary>
    public long Lost;

    public RecordKind Kind;

    /// <summary>Where it was seen, where it came in, and where it leaves (negative: it does not).</summary>
    public short Interface, Ingress, Egress;

    public Outcome Outcome;
    public DropReason Reason;
    public Op25bOutcome Op25b;
    public NatEntry Entry;
    public short Group, Phase;

    /// <summary>Which configuration's groups and phases these are (<see cref="FrameRecorder.Configuration"/>).</summary>
    public int Configuration;
    public int Session;
    public Direction Direction;
    public SessionState State;

    /// <summary>The checksum of its transport was left to the offload, and begins there, counted from the start of the frame.</summary>
    public bool NeedsChecksum;
    public bool IsParsed, IsTranslated, HasWaited;
    public int TransportOffset;

    /// <summary>As it came, and as it leaves.</summary>
    public FlowKey Flow, Rewritten;
}
