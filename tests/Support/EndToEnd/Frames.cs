using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PacketDotNet;

namespace Support.EndToEnd;

/// <summary>Builds frames by PacketDotNet, checksums complete.</summary>
internal static class Frames
{
    public static EthernetPacket Tcp(PhysicalAddress from, PhysicalAddress to, IPEndPoint source, IPEndPoint destination, Action<TcpPacket> flags, int timeToLive = 64)
    {
        var tcp = new TcpPacket((ushort)source.Port, (ushort)destination.Port) { SequenceNumber = 1000, WindowSize = 64000 };
        flags(tcp);
        var frame = Frame(from, to, Ip(source.Address, destination.Address, tcp, timeToLive));
        tcp.UpdateTcpChecksum();
        return frame;
    }

    public static EthernetPacket Udp(PhysicalAddress from, PhysicalAddress to, IPEndPoint source, IPEndPoint destination, byte[] payload, int timeToLive = 64)
    {
        var udp = new UdpPacket((ushort)source.Port, (ushort)destination.Port) { PayloadData = payload };
        var frame = Frame(from, to, Ip(source.Address, destination.Address, udp, timeToLive));
        udp.UpdateUdpChecksum();
        return frame;
    }

    /// <summary>The same frame with an 802.1Q tag behind its addresses.</summary>
    public static byte[] Tagged(EthernetPacket frame, ushort vlan)
    {
        var bytes = frame.Bytes;
        return [.. bytes[..12], 0x81, 0x00, (byte)(vlan >> 8), (byte)vlan, .. bytes[12..]];
    }

    static IPPacket Ip(IPAddress source, IPAddress destination, Packet payload, int timeToLive)
    {
        IPPacket ip = source.AddressFamily == AddressFamily.InterNetworkV6 ? new IPv6Packet(source, destination) : new IPv4Packet(source, destination);
        ip.Protocol = payload is TcpPacket ? PacketDotNet.ProtocolType.Tcp : PacketDotNet.ProtocolType.Udp;
        ip.TimeToLive = timeToLive;
        ip.PayloadPacket = payload;
        ip.UpdateCalculatedValues();
        return ip;
    }

    static EthernetPacket Frame(PhysicalAddress from, PhysicalAddress to, IPPacket ip)
    {
        if (ip is IPv4Packet ipv4)
            ipv4.UpdateIPChecksum();
        return new EthernetPacket(from, to, ip is IPv4Packet ? EthernetType.IPv4 : EthernetType.IPv6) { PayloadPacket = ip };
    }
}
