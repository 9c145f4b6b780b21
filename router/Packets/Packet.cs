using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>Which of a session's two tuples a packet matches.</summary>
internal enum Direction : byte
{
    /// <summary>As the one that opened it sends.</summary>
    Original,

    /// <summary>As the other end answers.</summary>
    Reply,
}

/// <summary>How a packet that opens a session and is for an outside address of the NAT comes to an inside host.</summary>
internal enum NatEntry : byte
{
    /// <summary>It does not: the packet is for somebody else, or for the router itself.</summary>
    None,
    PortForward,

    /// <summary>Through a mapping, whose filtering lets it in.</summary>
    Mapping,

    /// <summary>A mapping has the port, and its filtering does not let the packet in.</summary>
    Filtered,
}

/// <summary>What the router does about TCP to port 25 with one packet.</summary>
internal enum Op25bOutcome : byte
{
    /// <summary>Not to port 25, or no phase applies.</summary>
    NotConcerned,
    AllowedOwn,
    AllowedExempt,
    Monitored,

    /// <summary>One new session too many in a minute.</summary>
    Limited,
    Blocked,
}

/// <summary>The facts of one frame: first what its bytes say, which stay as they arrived until it leaves, then what the stages decided.</summary>
internal ref struct Packet
{
    /// <summary>The virtio header, then the Ethernet frame.</summary>
    public Span<byte> Bytes;

    /// <summary>The lease that the bytes are in; null where they are a copy that waited.</summary>
    public Frame? Frame;

    public Interface Ingress;

    // What the bytes say.
    public IpAddress Source, Destination;
    public ushort SourcePort, DestinationPort;
    public byte Protocol, Ttl;
    public TcpFlags TcpFlags;
    public bool IsIpv6, DontFragment, MoreFragments, NeedsChecksum;
    public byte GsoType;
    public ushort GsoSize, FragmentUnits;
    public uint Identification;

    /// <summary>An ARP message, or one of Neighbor Discovery.</summary>
    public bool IsNeighborMessage;

    /// <summary>IPv6: behind an Authentication Header, which covers all that follows, or with one of the Host Identity Protocol.</summary>
    public bool IsAuthenticated;

    /// <summary>Whole, with DF set, and no SYN: neither fragments, identifications nor segment sizes are anybody's business.</summary>
    public bool IsPlain;

    /// <summary>A first fragment that ends inside its transport header.</summary>
    public bool IsTinyFragment;
    public int TransportOffset, NetworkLength, TransportHeaderLength;

    /// <summary>IPv6: where the part begins that was cut up; zero: there is no fragment header.</summary>
    public int FragmentStart;

    /// <summary>IPv6: what a parameter problem points to, counted from the header.</summary>
    public int Pointer;

    // What the stages decided.
    /// <summary>The session's number; negative where there is none yet.</summary>
    public int Session;
    public Direction Direction;

    /// <summary>What it leaves with: the other tuple of its session, or what a port forward stands for.</summary>
    public IpAddress RealSource, RealDestination;
    public ushort RealSourcePort, RealDestinationPort;

    public bool IsIcmpError;
    public NatEntry Entry;

    /// <summary>An ICMP error, or a later fragment: it neither refreshes a session nor moves its state.</summary>
    public bool LeavesSessionAlone;

    /// <summary>It waited for a neighbour, or for its datagram's first fragment, and was looked at then.</summary>
    public bool HasWaited;

    /// <summary>The number of the datagram that it is a fragment of, plus one; zero: none.</summary>
    public int Datagram;

    /// <summary>The IPv4 identification that it leaves with.</summary>
    public ushort RealIdentification;

    /// <summary>The largest segment that a SYN may announce; zero: it is no SYN, or nothing bounds it.</summary>
    public ushort SegmentLimit;

    /// <summary>Of an ICMP error: what the quoted packet was sent to, as its sender knows it.</summary>
    public IpAddress QuoteDestination;
    public Op25bOutcome Op25b;
    public int Group;

    /// <summary>The address that names the next hop on the egress; the destination itself on a connected network.</summary>
    public IpAddress NextHop;
    public Interface? Egress;

    /// <summary>The neighbour's number; negative while it is not known.</summary>
    public int Neighbor;

    public Packet(Interface ingress, Span<byte> bytes, Frame? frame)
        : this() // else the compiler stores a zero into each field that is not set here, one by one
    {
        Bytes = bytes;
        Frame = frame;
        Ingress = ingress;
        Session = NoSession;
        Neighbor = NoNeighbor;
    }

    public const int NetworkOffset = VirtioHeader.Size + EthernetHeader.Size;

    public const int NoSession = -1, NoNeighbor = -1;

    public readonly EthernetHeader Ethernet => new(Bytes.Slice(VirtioHeader.Size, EthernetHeader.Size));

    /// <summary>The IPv4 header without its options. What is read of bytes whose number is known is checked once, as long as the header stays in registers: no method may be called on it that is not inlined.</summary>
    public readonly Ipv4Header Ipv4 => new(Bytes.Slice(NetworkOffset, Ipv4Header.MinimumSize));

    public readonly Span<byte> Network => Bytes.Slice(NetworkOffset, NetworkLength);

    /// <summary>The transport header and all that follows it in this packet.</summary>
    public readonly Span<byte> Transport => Bytes[TransportOffset..(NetworkOffset + NetworkLength)];

    public readonly int TransportLength => NetworkOffset + NetworkLength - TransportOffset;

    /// <summary>Of a fragment: the bytes that are in it of what was cut up.</summary>
    public readonly int FragmentLength => NetworkOffset + NetworkLength - (FragmentStart != 0 ? FragmentStart : TransportOffset);

    public readonly bool IsTcp => Protocol == Ipv4Header.Tcp;

    public readonly bool IsFragment => MoreFragments || FragmentUnits != 0;

    /// <summary>RFC 6864 section 4: it neither is a fragment nor can become one, so its identification means nothing.</summary>
    public readonly bool IsAtomic => DontFragment && !IsFragment;

    /// <summary>Packets that leave for this frame: segments, for a super-frame.</summary>
    public readonly int Segments => GsoType == VirtioHeader.GsoNone ? 1 : (TransportLength - TransportHeaderLength + GsoSize - 1) / GsoSize;

    /// <summary>Whether its headers change on the way, but for the hop.</summary>
    public readonly bool IsTranslated =>
        RealSource != Source || RealDestination != Destination || RealSourcePort != SourcePort || RealDestinationPort != DestinationPort;

    /// <summary>Whether the NAT points it to an inside host.</summary>
    public readonly bool IsLetInByNat => Entry is NatEntry.PortForward or NatEntry.Mapping;

    /// <summary>Whether ports, or an echo identifier, stand for an end of the flow.</summary>
    public readonly bool HasPorts => Protocol is Ipv4Header.Tcp or Ipv4Header.Udp || IsIcmp;

    /// <summary>ICMP of the packet's family.</summary>
    public readonly bool IsIcmp => Protocol == (IsIpv6 ? Icmpv6.Protocol : Ipv4Header.Icmp);

    /// <summary>What the router calls itself toward the packet's sender; unspecified where it has no address of the family there.</summary>
    public readonly IpAddress SourceOfAnswers => !IsIpv6 ? Ingress.Ipv4Address : Source.IsLinkLocal ? Ingress.LinkLocalAddress : Ingress.Ipv6Address;

    /// <summary>The size of the largest packet that leaves: of one segment, for a super-frame.</summary>
    public readonly int LargestPacket =>
        GsoType == VirtioHeader.GsoNone ? NetworkLength : TransportOffset - NetworkOffset + TransportHeaderLength + GsoSize;
}
