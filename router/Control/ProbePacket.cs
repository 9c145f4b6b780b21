using Router.Packets;
using Router.Wire;
using TapDev;

namespace Router.Control;

/// <summary>Builds the frame that <c>explain</c> and <c>check</c> send through the forwarder: the first packet of a flow, as a host would send it.</summary>
internal static class ProbePacket
{
    public const ushort EchoIdentifier = 1;

    private const byte Ttl = 64;

    /// <summary>A station that no real one is: locally administered.</summary>
    public static readonly MacAddress Station = new(0x02_25_25_25_25_25);

    public static byte[] Build(byte protocol, IpAddress source, ushort sourcePort, IpAddress destination, ushort destinationPort, MacAddress router, TcpFlags flags = TcpFlags.Syn)
    {
        int transportLength = protocol == Ipv4Header.Tcp ? TcpHeader.MinimumSize : UdpHeader.Size;
        int headerLength = source.IsIpv4 ? Ipv4Header.MinimumSize : Ipv6Header.Size;
        var bytes = new byte[Packet.NetworkOffset + headerLength + transportLength];
        Span<byte> network = bytes.AsSpan(Packet.NetworkOffset), transport = network[headerLength..];
        _ = new EthernetHeader(bytes.AsSpan(VirtioHeader.Size)) { Destination = router, Source = Station, EtherType = source.IsIpv4 ? EthernetHeader.Ipv4 : EthernetHeader.Ipv6 };
        if (source.IsIpv4)
            Ipv4Header.Write(network, (ushort)(headerLength + transportLength), protocol, Ttl, 0, source, destination);
        else
            Ipv6Header.Write(network, (ushort)transportLength, protocol, Ttl, source, destination);
        switch (protocol)
        {
            case Ipv4Header.Tcp:
                TcpHeader.Write(transport, sourcePort, destinationPort, sequence: 1, acknowledgment: 0, flags);
                TransportChecksum.Complete(transport, source, destination, protocol);
                break;
            case Ipv4Header.Udp:
                Ports.Write(transport, sourcePort, destinationPort);
                var udp = new UdpHeader(transport);
                udp.Length = UdpHeader.Size;
                TransportChecksum.Complete(transport, source, destination, protocol);
                break;
            case Icmpv6.Protocol:
                _ = new IcmpMessage(transport) { Type = Icmpv6.EchoRequest, Identifier = EchoIdentifier };
                TransportChecksum.Complete(transport, source, destination, protocol);
                break;
            default:
                var echo = new IcmpMessage(transport) { Type = IcmpMessage.EchoRequest, Identifier = EchoIdentifier };
                echo.CompleteChecksum();
                break;
        }

        return bytes;
    }
}
