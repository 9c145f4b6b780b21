using Router.Packets;
using Router.Wire;

namespace Router.Sessions;

/// <summary>One direction's stream of a connection, in sequence numbers.</summary>
internal struct TcpStream
{
    /// <summary>The largest window that there is (RFC 7323 section 2.3): nobody can have sent more than this beyond what was acknowledged.</summary>
    public const uint LargestWindow = 1 << 30;

    /// <summary>What the receiver has acknowledged: its RCV.NXT, as far as the router saw.</summary>
    public uint Acknowledged;

    /// <summary>The number after the last one that was sent: the sender's SND.NXT.</summary>
    public uint End;

    /// <summary>Whether the number acknowledges something that was sent and not yet acknowledged, or the same as before.</summary>
    public readonly bool CanBeAcknowledgedAt(uint number) => number - Acknowledged <= End - Acknowledged;

    /// <summary>A SYN begins it.</summary>
    public void Begin(in TcpSegment syn)
    {
        Acknowledged = syn.Sequence + 1;
        End = syn.End;
    }

    public void Send(in TcpSegment segment)
    {
        uint ahead = segment.End - Acknowledged;
        if (ahead <= LargestWindow && ahead > End - Acknowledged)
            End = segment.End;
    }

    public void Acknowledge(uint number)
    {
        if (CanBeAcknowledgedAt(number))
            Acknowledged = number;
    }
}

/// <summary>
/// Both streams of a connection: as much as tells whether a RST belongs to it (RFC 7857 section 2.2). Each end's word about its own receiving counts: what it
/// acknowledged is what it expects next, and a stranger who sends in the other end's name cannot move that. So neither window scales nor lost segments matter.
/// </summary>
internal struct TcpSequences
{
    public TcpStream Original, Reply;
}

/// <summary>What a RST is to a connection (RFC 5961 section 3.2).</summary>
internal enum ResetJudgement : byte
{
    /// <summary>No receiver takes it.</summary>
    NotOfConnection,

    /// <summary>Its receiver may answer with a challenge ACK; the connection goes on.</summary>
    InWindow,

    /// <summary>Its number is the next one expected: it ends the connection.</summary>
    Exact,
}
