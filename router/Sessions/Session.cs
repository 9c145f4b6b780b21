using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Router.Packets;
using Router.Wire;

namespace Router.Sessions;

/// <summary>Where a session is in its life; the time-out hangs on it.</summary>
internal enum SessionState : byte
{
    /// <summary>The record is free.</summary>
    Free,

    Udp,
    Icmp,

    /// <summary>A protocol without ports.</summary>
    Other,

    /// <summary>SCTP or DCCP over IPv6: its state is not followed, so it lives as long as a connection that stands (RFC 6092 REC-40, REC-44).</summary>
    Association,

    /// <summary>UDP to port 53 that waits for an answer.</summary>
    DnsQuery,

    /// <summary>UDP to port 53 whose last query was answered: nobody waits any more.</summary>
    DnsAnswered,

    // TCP, RFC 6146 section 3.5.2, drawn in RFC 7857 section 2. INIT is in two halves, so that a SYN that nobody stands behind never lives long:
    //   Opening --SYN from the other end--> Answered --ACK of it--> Established --FIN--> ClosedByOriginal | ClosedByReply --FIN of the other, RST--> Closed
    //   Answered, Established --RST--> Reset --anything but a RST--> Established;  Closed, Reset --SYN--> Opening | OpeningByReply
    /// <summary>INIT: the first SYN went by.</summary>
    Opening,

    /// <summary>The same, opened again by the other end.</summary>
    OpeningByReply,

    /// <summary>INIT, after <see cref="Opening"/>: SYNs from both; the end that opened it has not yet acknowledged the other's (SYN-RECEIVED of RFC 9293).</summary>
    Answered,

    /// <summary>The same after <see cref="OpeningByReply"/>.</summary>
    AnsweredByOriginal,
    Established,

    /// <summary>FIN RCV, from the end that opened it.</summary>
    ClosedByOriginal,

    /// <summary>FIN RCV, from the other end.</summary>
    ClosedByReply,

    /// <summary>FIN from both, or a FIN and a RST.</summary>
    Closed,

    /// <summary>TRANS: a RST went by. It may not have arrived.</summary>
    Reset,
}

/// <summary>What is true of a session from its first packet on.</summary>
[Flags]
internal enum SessionTraits : byte
{
    None = 0,

    Ipv6 = 1,

    /// <summary>It came in through the mapping that its original destination is an outside endpoint of, and hangs under that one too.</summary>
    HoldsDestination = 2,

    /// <summary>It counts against the quota of the host that opened it.</summary>
    CountsForSource = 4,

    /// <summary>It counts against the quota of the inside host that it was opened to.</summary>
    CountsForDestination = 8,

    /// <summary>It was opened from outside, and counts against the half of the table that such sessions may have.</summary>
    FromOutside = 64,

    /// <summary>TCP: the direction's last segment took up sequence numbers, and the other end has said nothing since.</summary>
    OriginalUnanswered = 16,
    ReplyUnanswered = 32,
}

/// <summary>Sixteen bytes that each family uses in its own way (ADR 16).</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct SecondAddressOrSequences
{
    /// <summary>IPv6: the destination.</summary>
    [FieldOffset(0)]
    public ulong High;

    [FieldOffset(8)]
    public ulong Low;

    /// <summary>TCP over IPv4.</summary>
    [FieldOffset(0)]
    public TcpSequences Sequences;
}

/// <summary>
/// One session of either family, in one cache line. IPv6 keeps its two addresses, and its reply tuple is the reverse of the original one. IPv4 may be translated:
/// the same 32 bytes hold the addresses of both tuples. What a packet of one direction becomes follows from the other tuple: its source is what the other one is
/// sent to, and its destination what the other one comes from.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct Session
{
    // IPv6: the source. IPv4: original source and destination, then reply source and destination, 32 bits each.
    private ulong _address0, _address1;
    private SecondAddressOrSequences _second;
    private ushort _originalSourcePort, _originalDestinationPort, _replySourcePort, _replyDestinationPort;

    /// <summary>The loop's milliseconds, cut to 32 bits, when a packet last refreshed it.</summary>
    public uint LastSeen;

    /// <summary>The next session of the same second of the timer wheel.</summary>
    public int WheelNext;

    /// <summary>The NAT mapping that it hangs under; negative: none.</summary>
    public int Mapping;

    /// <summary>The policy's generation that allowed it to port 25.</summary>
    public ushort PolicyGeneration;

    /// <summary>The neighbours that the two directions leave to, true while the epoch is the neighbour cache's.</summary>
    public ushort OriginalNeighbor, ReplyNeighbor, NeighborEpoch;

    public SessionState State;
    public SessionTraits Traits;
    public byte Protocol;

    /// <summary>The interface that scopes its addresses, for link-local ones; zero for global ones.</summary>
    public byte Zone;

    public void SetKeys(in FlowKey original, in FlowKey reply)
    {
        Protocol = original.Protocol;
        Zone = (byte)original.Rest;
        _originalSourcePort = original.SourcePort;
        _originalDestinationPort = original.DestinationPort;
        _replySourcePort = reply.SourcePort;
        _replyDestinationPort = reply.DestinationPort;
        if (original.Source.IsIpv4)
        {
            _address0 = (ulong)original.Source.Ipv4 << 32 | original.Destination.Ipv4;
            _address1 = (ulong)reply.Source.Ipv4 << 32 | reply.Destination.Ipv4;
            return;
        }

        Traits |= SessionTraits.Ipv6;
        (_address0, _address1) = (original.Source.High, original.Source.Low);
        (_second.High, _second.Low) = (original.Destination.High, original.Destination.Low);
    }

    /// <summary>The tuple that packets of the direction arrive with.</summary>
    public readonly FlowKey Key(Direction direction)
    {
        bool original = direction == Direction.Original;
        ushort sourcePort = original ? _originalSourcePort : _replySourcePort, destinationPort = original ? _originalDestinationPort : _replyDestinationPort;
        if ((Traits & SessionTraits.Ipv6) == 0)
        {
            ulong pair = original ? _address0 : _address1;
            return new FlowKey(IpAddress.FromIpv4((uint)(pair >> 32)), sourcePort, IpAddress.FromIpv4((uint)pair), destinationPort, Protocol, Zone);
        }

        var source = new IpAddress(_address0, _address1);
        var destination = new IpAddress(_second.High, _second.Low);
        return original
            ? new FlowKey(source, sourcePort, destination, destinationPort, Protocol, Zone)
            : new FlowKey(destination, sourcePort, source, destinationPort, Protocol, Zone);
    }

    /// <summary>The tuple that packets of the direction leave with.</summary>
    public readonly FlowKey Rewritten(Direction direction) => Key(direction == Direction.Original ? Direction.Reply : Direction.Original).Reversed;

    /// <summary>Gives an IPv4 packet of the session the addresses and ports that it leaves with: <see cref="Rewritten"/>, straight into its place.</summary>
    public readonly void Translate(ref Packet packet)
    {
        bool isOriginal = packet.Direction == Direction.Original;
        ulong pair = isOriginal ? _address1 : _address0;
        packet.RealSource = IpAddress.FromIpv4((uint)pair);
        packet.RealDestination = IpAddress.FromIpv4((uint)(pair >> 32));
        packet.RealSourcePort = isOriginal ? _replyDestinationPort : _originalDestinationPort;
        packet.RealDestinationPort = isOriginal ? _replySourcePort : _originalSourcePort;
    }

    /// <summary>The neighbour that packets of the direction leave to; negative where it is not known. Numbers are kept plus one, so that a new record knows none.</summary>
    public readonly int KnownNeighbor(Direction direction, ushort epoch) =>
        NeighborEpoch == epoch ? (direction == Direction.Original ? OriginalNeighbor : ReplyNeighbor) - 1 : Packet.NoNeighbor;

    public void Remember(Direction direction, int neighbor, ushort epoch)
    {
        if (NeighborEpoch != epoch)
        {
            NeighborEpoch = epoch;
            OriginalNeighbor = ReplyNeighbor = 0;
        }

        (direction == Direction.Original ? ref OriginalNeighbor : ref ReplyNeighbor) = (ushort)(neighbor + 1);
    }

    /// <summary>Whether a packet of the tuple belongs to it.</summary>
    public readonly bool Matches(in FlowKey key, Direction direction)
    {
        if (IsIpv6)
            return Key(direction) == key;
        bool isOriginal = direction == Direction.Original;
        ulong pair = isOriginal ? _address0 : _address1;
        ushort sourcePort = isOriginal ? _originalSourcePort : _replySourcePort, destinationPort = isOriginal ? _originalDestinationPort : _replyDestinationPort;
        return pair == ((ulong)key.Source.Ipv4 << 32 | key.Destination.Ipv4) && key.Source.IsIpv4 && key.Destination.IsIpv4
            && key.Rest == FlowKey.Pack(sourcePort, destinationPort, Protocol, Zone);
    }

    /// <summary>What is known of the two streams of TCP over IPv4; for either family ask <see cref="SessionTable.SequencesOf"/>.</summary>
    [UnscopedRef]
    public ref TcpSequences Sequences => ref _second.Sequences;

    public readonly bool IsIpv6 => (Traits & SessionTraits.Ipv6) != 0;

    public readonly bool IsTcp => Protocol == Ipv4Header.Tcp;
}
