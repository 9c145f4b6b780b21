using CsCheck;
using Router.Packets;
using Router.Wire;
using Support;
using TapDev;

namespace Tests.Packets;

/// <summary>Whatever arrives: a verdict, and never an exception.</summary>
public sealed class PacketParserTest
{
    private static readonly Network Network = new();

    private static readonly Interface Lan = Network["lan"];

    [Fact]
    public void Any_bytes_get_a_verdict() => Gen.Byte.Array[0, 120].Sample(bytes => Parse(bytes), iter: 20_000);

    [Fact]
    public void Any_change_of_a_good_frame_gets_a_verdict_and_its_facts_can_be_read() =>
        HostileFrames.Mutated(Lan.Mac).Sample(frame => Parse(frame), iter: 50_000);

    [Fact]
    public void A_good_frame_is_read_as_its_sender_meant_it()
    {
        byte[] bytes = Frames.Raw(Frames.TcpSegment("192.168.25.10", 40000, "203.0.113.25", 587, Lan.Mac, Frames.Tcp.Syn, [1, 2, 3], ttl: 9));
        var packet = new Packet(Lan, bytes, frame: null);
        Assert.False(PacketParser.Parse(ref packet).IsFinal);
        Assert.Equal(("192.168.25.10", 40000, "203.0.113.25", 587), (packet.Source.ToString(), packet.SourcePort, packet.Destination.ToString(), packet.DestinationPort));
        Assert.Equal((Ipv4Header.Tcp, 9, TcpFlags.Syn, true, 43, 23), (packet.Protocol, packet.Ttl, packet.TcpFlags, packet.DontFragment, packet.NetworkLength, packet.TransportLength));
        Assert.Equal((packet.Source, packet.Destination, packet.SourcePort, packet.DestinationPort),
            (packet.RealSource, packet.RealDestination, packet.RealSourcePort, packet.RealDestinationPort));
    }

    [Fact]
    public void Padding_behind_the_packet_does_not_belong_to_it()
    {
        byte[] bytes = [.. Frames.Raw(Frames.UdpDatagram("192.168.25.10", 1, "203.0.113.25", 2, Lan.Mac, [7])), .. new byte[17]];
        var packet = new Packet(Lan, bytes, frame: null);
        Assert.False(PacketParser.Parse(ref packet).IsFinal);
        Assert.Equal((29, 9), (packet.NetworkLength, packet.Transport.Length));
    }

    /// <summary>RFC 1812 section 5.3.7. Documentation, private and shared addresses are networks' own business.</summary>
    [Theory]
    [InlineData("0.0.0.0", "MartianSource")]
    [InlineData("0.1.2.3", "MartianSource")]
    [InlineData("127.0.0.1", "MartianSource")]
    [InlineData("127.255.255.255", "MartianSource")]
    [InlineData("169.254.0.1", "MartianSource")]
    [InlineData("169.254.255.254", "MartianSource")]
    [InlineData("224.0.0.1", "MartianSource")]
    [InlineData("239.255.255.255", "MartianSource")]
    [InlineData("240.0.0.1", "MartianSource")]
    [InlineData("255.255.255.255", "MartianSource")]
    [InlineData("1.0.0.1", "None")]
    [InlineData("126.255.255.255", "None")]
    [InlineData("128.0.0.1", "None")]
    [InlineData("169.253.255.255", "None")]
    [InlineData("169.255.0.0", "None")]
    [InlineData("223.255.255.255", "None")]
    [InlineData("10.0.0.1", "None")]
    [InlineData("100.64.0.1", "None")]
    [InlineData("172.16.0.1", "None")]
    [InlineData("192.0.2.1", "None")]
    [InlineData("192.168.0.1", "None")]
    [InlineData("198.18.0.1", "None")]
    [InlineData("198.51.100.1", "None")]
    [InlineData("203.0.113.1", "None")]
    public void Martians_are_these_and_no_others(string source, string reason)
    {
        byte[] bytes = Frames.Raw(Frames.UdpDatagram(source, 1, "203.0.113.25", 2, Lan.Mac));
        var packet = new Packet(Lan, bytes, frame: null);
        Assert.Equal(reason, PacketParser.Parse(ref packet).Reason.ToString());
    }

    /// <summary>RFC 1812 sections 4.3.2.7 and 5.3.1: nothing is said about a multicast whose TTL has run out.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    public void A_multicast_is_dropped_before_its_TTL_is_looked_at(int ttl)
    {
        byte[] bytes = Frames.Raw(Frames.UdpDatagram("192.168.25.10", 1, "239.1.2.3", 2, Lan.Mac, ttl: ttl));
        var packet = new Packet(Lan, bytes, frame: null);
        Assert.Equal(DropReason.MulticastNotRouted, PacketParser.Parse(ref packet).Reason);
        Assert.Equal(Answer.Silence, DropCatalogue.Of(DropReason.MulticastNotRouted).Answer);
    }

    private static void Parse(byte[] bytes)
    {
        if (bytes.Length < VirtioHeader.Size)
            return;
        var packet = new Packet(Lan, bytes, frame: null);
        if (PacketParser.Parse(ref packet).IsFinal || packet.IsNeighborMessage)
            return;
        _ = (packet.Network.Length, packet.Transport.Length, packet.LargestPacket, packet.IsTranslated);
        if (packet.FragmentUnits == 0)
            _ = TransportChecksum.IsValid(packet);
        if (packet.IsIcmpError)
            _ = IcmpErrorRewriter.Read(packet, out _);
        Assert.True(packet.FragmentUnits != 0 || packet.TransportHeaderLength <= packet.TransportLength);
        Assert.Equal(packet.GsoType != 0, packet.GsoSize > 0);
        Assert.True(packet.GsoType == 0 || packet.NeedsChecksum);
    }
}
