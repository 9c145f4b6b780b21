using System.Net;
using PacketDotNet;
using Router.Wire;

namespace Support;

/// <summary>A packet was not what a test says that it is.</summary>
internal sealed class PacketAssertionException(string message) : Exception(message);

/// <summary>
/// Reads as the packet: <c>AssertPacket.That(frame).IsIpv4(ttl: 63).FromTo(wan, server).IsTcp(destinationPort: 587)</c>. It is read by PacketDotNet, and every
/// checksum on the way is verified.
/// </summary>
internal sealed class AssertPacket
{
    private readonly byte[] _bytes;
    private readonly IPPacket _ip;

    private AssertPacket(byte[] bytes)
    {
        _bytes = bytes;
        _ip = Frames.Parse(bytes).Extract<IPPacket>() ?? throw new PacketAssertionException("It is neither IPv4 nor IPv6.");
        if (_ip is IPv4Packet)
            Check("IPv4 checksum", InternetSum.IsWhole(Frames.Network(bytes)[..(_ip.HeaderLength * 4)]), true);
    }

    public static AssertPacket That(byte[] ethernetFrame) => new(ethernetFrame);

    public byte[] Payload => Frames.Parse(_bytes).Extract<TransportPacket>() is { } transport ? transport.PayloadData ?? [] : [];

    /// <summary>The datagram that an ICMP error quotes, as far as it does.</summary>
    public byte[] Quote => Icmp[8..];

    private bool IsFamily6 => _ip is IPv6Packet;

    private byte[] Icmp => Frames.Network(_bytes)[(IsFamily6 ? 40 : _ip.HeaderLength * 4)..];

    public AssertPacket IsTo(MacAddress station)
    {
        Check("station", Frames.Parse(_bytes).DestinationHardwareAddress, Frames.Physical(station));
        return this;
    }

    public AssertPacket IsIpv4(int ttl)
    {
        Check("version", _ip.Version, IPVersion.IPv4);
        Check("TTL", _ip.TimeToLive, ttl);
        return this;
    }

    public AssertPacket IsIpv6(int hopLimit)
    {
        Check("version", _ip.Version, IPVersion.IPv6);
        Check("hop limit", _ip.TimeToLive, hopLimit);
        return this;
    }

    /// <summary>Of either family.</summary>
    public AssertPacket HasHops(int hops)
    {
        Check("TTL or hop limit", _ip.TimeToLive, hops);
        return this;
    }

    public AssertPacket FromTo(string source, string destination)
    {
        Check("addresses", (_ip.SourceAddress, _ip.DestinationAddress), (IPAddress.Parse(source), IPAddress.Parse(destination)));
        return this;
    }

    public AssertPacket IsTcp(int? sourcePort = null, int? destinationPort = null, Frames.Tcp? flags = null, uint? sequence = null, uint? acknowledgment = null)
    {
        TcpPacket tcp = Frames.Parse(_bytes).Extract<TcpPacket>() ?? throw new PacketAssertionException($"It is {_ip.Protocol}, not TCP.");
        Check("TCP checksum", tcp.ValidTcpChecksum, true);
        CheckIfAsked("source port", tcp.SourcePort, sourcePort);
        CheckIfAsked("destination port", tcp.DestinationPort, destinationPort);
        CheckIfAsked("flags", (Frames.Tcp)tcp.Flags, flags);
        CheckIfAsked("sequence", tcp.SequenceNumber, sequence);
        CheckIfAsked("acknowledgment", tcp.AcknowledgmentNumber, acknowledgment);
        return this;
    }

    public AssertPacket IsUdp(int? sourcePort = null, int? destinationPort = null)
    {
        UdpPacket udp = Frames.Parse(_bytes).Extract<UdpPacket>() ?? throw new PacketAssertionException($"It is {_ip.Protocol}, not UDP.");
        Check("UDP checksum", udp.ValidUdpChecksum || udp.Checksum == 0, true);
        CheckIfAsked("source port", udp.SourcePort, sourcePort);
        CheckIfAsked("destination port", udp.DestinationPort, destinationPort);
        return this;
    }

    public AssertPacket IsEcho(byte type, int? identifier = null)
    {
        IsIcmp(type, code: 0);
        CheckIfAsked("identifier", Icmp[4] << 8 | Icmp[5], identifier);
        return this;
    }

    /// <summary>ICMP, or in IPv6 ICMPv6. A parameter problem's pointer is where the MTU is.</summary>
    public AssertPacket IsIcmp(byte type, byte code, int? nextHopMtu = null)
    {
        if (_ip.Protocol != (IsFamily6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp))
            throw new PacketAssertionException($"It is {_ip.Protocol}, not ICMP.");
        Check("ICMP type and code", (Icmp[0], Icmp[1]), (type, code));
        byte[] pseudoHeader = IsFamily6 ? [.. Frames.Network(_bytes)[8..40], (byte)(Icmp.Length >> 8), (byte)Icmp.Length, 0, 58] : [];
        Check("ICMP checksum", InternetSum.IsWhole([.. pseudoHeader, .. Icmp]), true);
        CheckIfAsked("next-hop MTU", Icmp[6] << 8 | Icmp[7], nextHopMtu);
        return this;
    }

    /// <summary>An ICMP error quotes the packet as it arrived at the router, up to 576 bytes in all; ICMPv6 up to 1280.</summary>
    public AssertPacket Quotes(byte[] frameAsSent)
    {
        byte[] network = Frames.Network(frameAsSent);
        byte[] expected = network[..Math.Min(network.Length, IsFamily6 ? 1280 - 48 : 576 - 28)];
        Check("quote", Convert.ToHexString(Quote), Convert.ToHexString(expected));
        return this;
    }

    private static void CheckIfAsked<T>(string what, T actual, T? expected)
        where T : struct
    {
        if (expected is { } value)
            Check(what, actual, value);
    }

    private static void Check<T>(string what, T actual, T expected)
    {
        if (!EqualityComparer<T>.Default.Equals(actual, expected))
            throw new PacketAssertionException($"{what}: {actual}, not {expected}.");
    }
}
