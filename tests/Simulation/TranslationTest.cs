using PacketDotNet;
using Router.Packets;
using Support;

namespace Simulation;

/// <summary>NAT44 as hosts on both sides see it.</summary>
public sealed class TranslationTest
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Outside = "203.0.113.2";

    [Fact]
    public void A_connection_leaves_from_the_outside_address_and_its_answer_comes_back()
    {
        using var router = new TestRouter();
        var clientMac = router.Host("lan", Client);
        router.Host("wan", Remote);

        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        EthernetPacket sent = Frames.Parse(router.SentOne("wan"));
        var ip = sent.Extract<IPv4Packet>();
        var tcp = sent.Extract<TcpPacket>();
        Assert.Equal((Outside, Remote, 63), (ip.SourceAddress.ToString(), ip.DestinationAddress.ToString(), ip.TimeToLive));
        Assert.Equal((40000, 443), (tcp.SourcePort, tcp.DestinationPort));
        Assert.True(tcp.ValidTcpChecksum && ip.ValidIPChecksum);

        router.Receive("wan", Frames.TcpSegment(Remote, 443, Outside, 40000, router.Interface("wan").Mac, Frames.Tcp.Syn | Frames.Tcp.Ack, acknowledgment: 1001));
        sent = Frames.Parse(router.SentOne("lan"));
        ip = sent.Extract<IPv4Packet>();
        tcp = sent.Extract<TcpPacket>();
        Assert.Equal(Frames.Physical(clientMac), sent.DestinationHardwareAddress);
        Assert.Equal((Remote, Client, 63), (ip.SourceAddress.ToString(), ip.DestinationAddress.ToString(), ip.TimeToLive));
        Assert.Equal((443, 40000), (tcp.SourcePort, tcp.DestinationPort));
        Assert.True(tcp.ValidTcpChecksum && ip.ValidIPChecksum);
        Assert.Empty(router.Drops());
    }

    [Fact]
    public void Port_25_is_refused_with_an_administrative_prohibition_that_quotes_the_packet_as_sent()
    {
        using var router = new TestRouter();
        router.Host("lan", Client);
        byte[] syn = Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac);
        router.Receive("lan", syn);
        EthernetPacket sent = Frames.Parse(router.SentOne("lan"));
        var icmp = sent.Extract<IcmpV4Packet>();
        Assert.Equal(IcmpV4TypeCode.UnreachableCommunicationProhibited, icmp.TypeCode);
        Assert.Equal(syn[14..54], icmp.PayloadData[..40]);
        Assert.Equal(["lan/Op25bBlocked 1"], router.Drops());
        Assert.Equal(0, router.Path.Sessions.Count);
        Assert.Equal(0, router.Path.Translator.Mappings!.CountOf(6));
    }
}
