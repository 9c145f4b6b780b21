using System.Net;
using PacketDotNet;
using Router.Wire;
using Support;

namespace Tests.Wire;

public sealed class Ipv6HeaderTest
{
    private const string Source = "2001:db8:1:2:3:4:5:6", Destination = "2001:db8::7";

    [Fact]
    public void Another_library_reads_what_it_writes()
    {
        var bytes = new byte[Ipv6Header.Size + 8];
        Ipv6Header.Write(bytes, 8, 17, 64, IpAddress.From(IPAddress.Parse(Source)), IpAddress.From(IPAddress.Parse(Destination)));
        var packet = new IPv6Packet(new PacketDotNet.Utils.ByteArraySegment(bytes));
        Assert.Equal((Source, Destination, ProtocolType.Udp, 64, (ushort)8, 6), (packet.SourceAddress.ToString(), packet.DestinationAddress.ToString(), packet.Protocol, packet.HopLimit, packet.PayloadLength, (int)packet.Version));
    }

    [Fact]
    public void It_reads_what_another_library_writes()
    {
        byte[] network = Frames.Network(Frames.UdpDatagram(Source, 1, Destination, 2, Frames.Host, ttl: 7));
        Assert.True(Ipv6Header.TryParse(network, out Ipv6Header header));
        Assert.Equal((Source, Destination, 17, 7, 11), (header.Source.ToString(), header.Destination.ToString(), header.NextHeader, header.HopLimit, header.PayloadLength));
    }

    [Fact]
    public void What_is_cut_or_of_another_version_is_refused()
    {
        byte[] network = Frames.Network(Frames.UdpDatagram(Source, 1, Destination, 2, Frames.Host));
        Assert.False(Ipv6Header.TryParse(network[..^1], out _));
        Assert.False(Ipv6Header.TryParse(network[..39], out _));
        network[0] = 0x45;
        Assert.False(Ipv6Header.TryParse(network, out _));
    }
}
