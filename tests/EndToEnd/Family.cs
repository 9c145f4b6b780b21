using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using PacketDotNet;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>The hosts in one family, and what differs between the families: so that one scenario runs in both.</summary>
public sealed record Family
{
    public static readonly Family Ipv4 = new()
    {
        IsIpv6 = false, Client = Topology.Client, Home = Topology.Home, Fixed = Topology.Fixed, Mta = Topology.Mta, External = Topology.External, SecondExternal = Topology.SecondExternal,
        RouterLan = Topology.RouterLan, RouterWan = Topology.RouterWan,
        EchoRequest = (8, 0), TimeExceeded = (11, 0), PortUnreachable = (3, 3), TooBig = (3, 4), Prohibited = (3, 13), ProhibitedError = SocketError.HostUnreachable,
    };

    public static readonly Family Ipv6 = new()
    {
        IsIpv6 = true, Client = Topology.Client6, Home = Topology.Home6, Fixed = Topology.Fixed6, Mta = Topology.Mta6, External = Topology.External6, SecondExternal = Topology.SecondExternal6,
        RouterLan = Topology.RouterLan6, RouterWan = Topology.RouterWan6,
        EchoRequest = (128, 0), TimeExceeded = (3, 0), PortUnreachable = (1, 4), TooBig = (2, 0), Prohibited = (1, 1), ProhibitedError = SocketError.AccessDenied,
    };

    public required bool IsIpv6 { get; init; }

    public required IPAddress Client { get; init; }

    public required IPAddress Home { get; init; }

    public required IPAddress Fixed { get; init; }

    public required IPAddress Mta { get; init; }

    public required IPAddress External { get; init; }

    public required IPAddress SecondExternal { get; init; }

    public required IPAddress RouterLan { get; init; }

    public required IPAddress RouterWan { get; init; }

    /// <summary>Type and code of messages of ICMP (RFC 792, RFC 1812) and ICMPv6 (RFC 4443).</summary>
    public required (byte Type, byte Code) EchoRequest { get; init; }

    public required (byte Type, byte Code) TimeExceeded { get; init; }

    public required (byte Type, byte Code) PortUnreachable { get; init; }

    public required (byte Type, byte Code) TooBig { get; init; }

    public required (byte Type, byte Code) Prohibited { get; init; }

    /// <summary>What Linux tells a connecting program of <see cref="Prohibited"/>: EHOSTUNREACH, or EACCES.</summary>
    public required SocketError ProhibitedError { get; init; }

    public AddressFamily AddressFamily => IsIpv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary>What most tools call the family.</summary>
    public string Option => IsIpv6 ? "-6" : "-4";

    /// <summary>Of the IP header without options.</summary>
    public int HeaderSize => IsIpv6 ? 40 : 20;

    /// <summary>Where the world finds the mail server at home: behind a port forward of the router's address, or at its own.</summary>
    public IPAddress HomeOutside => IsIpv6 ? Home : RouterWan;

    /// <summary>Where the world finds the web server at home, which listens on port 80.</summary>
    public IPEndPoint WebOutside => new(HomeOutside, IsIpv6 ? 80 : 8080);

    /// <summary>What the world takes a subscriber for.</summary>
    public IPAddress Seen(IPAddress subscriber) => IsIpv6 ? subscriber : RouterWan;

    /// <summary>A host's own address.</summary>
    internal IPAddress Of(Host host) => IsIpv6 ? host.Address6 : host.Address;

    internal IPAddress GatewayOf(Host host) => IsIpv6 ? host.Gateway6 : host.Gateway;

    /// <summary>The message of ICMP or ICMPv6 that a frame carries; null where it is none of this family.</summary>
    internal IcmpSeen? Icmp(EthernetPacket frame) =>
        IsIpv6 ? frame.Extract<IcmpV6Packet>() is { } v6 ? new(v6.Bytes) : null : frame.Extract<IcmpV4Packet>() is { } v4 ? new(v4.Bytes) : null;

    internal bool Is(EthernetPacket frame, (byte Type, byte Code) message) => Icmp(frame) is { } icmp && (icmp.Type, icmp.Code) == message;

    /// <summary>The packet that an error is about.</summary>
    internal Quote QuoteOf(EthernetPacket error)
    {
        var bytes = Icmp(error)!.Value.Bytes[8..];
        var at = IsIpv6 ? 8 : 12;
        var length = IsIpv6 ? 16 : 4;
        return new Quote(new IPAddress(bytes.AsSpan(at, length)), new IPAddress(bytes.AsSpan(at + length, length)),
            BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(HeaderSize)), BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(HeaderSize + 2)));
    }

    public override string ToString() => IsIpv6 ? "IPv6" : "IPv4";
}

/// <summary>A message of ICMP or ICMPv6, with the fields that both have at the same places.</summary>
internal readonly record struct IcmpSeen(byte[] Bytes)
{
    public byte Type => Bytes[0];

    public byte Code => Bytes[1];

    /// <summary>The MTU of <see cref="Family.TooBig"/>: of 32 bits in ICMPv6, and in ICMP of 16 behind 16 that are zero (RFC 1191).</summary>
    public uint Mtu => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(4));

    /// <summary>Whether it is a matter between neighbours (RFC 4861, MLD), which no test of ICMP means.</summary>
    public bool IsNeighborMessage => Type is (>= 130 and <= 137) or 143;
}

/// <summary>The head of a quoted packet, its ports those of TCP or UDP.</summary>
internal readonly record struct Quote(IPAddress Source, IPAddress Destination, ushort SourcePort, ushort DestinationPort);
