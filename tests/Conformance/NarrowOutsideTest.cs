using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>The link outside carries 1400 bytes, the one inside 1500.</summary>
public sealed class NarrowOutsideTest() : Scenario(WithMtu("wan", 1400))
{
    [Fact]
    [Requirement("RFC 4787", "REQ-13", Level.Must)]
    [Requirement("RFC 1812", "RFC 1191 section 4", Level.Must)]
    [Requirement("Practice", "MTU before NAT", Level.Expected)]
    public void What_is_too_big_and_may_not_be_cut_up_is_answered_with_the_MTU_and_takes_no_mapping()
    {
        byte[] datagram = Udp(Client, 40000, Remote, 4500, new byte[1373]);
        Router.Receive("lan", datagram);
        AssertPacket.That(Router.SentOne("lan")).IsIpv4(ttl: 64).FromTo(LanGateway, Client).IsIcmp(3, 4, nextHopMtu: 1400).Quotes(datagram);
        Assert.Equal("lan received 1, lan dropped PacketTooBig 1, lan generated 1, lan sent 1", Router.Moved());
        Assert.Equal(1372, AssertPacket.That(Out(Udp(Client, 40000, Remote, 4500, new byte[1372]))).FromTo(Outside, Remote).IsUdp(40000, 4500).Payload.Length);
    }

    /// <summary>From outside it is the WAN that sends the error, about the packet with the outside address.</summary>
    [Fact]
    [Requirement("RFC 1812", "RFC 1191 section 4", Level.Must)]
    public void The_MTU_is_that_of_the_link_that_the_packet_would_leave_by()
    {
        using var router = new TestRouter(WithMtu("lan", 1300));
        router.Host("lan", Client);
        router.Host("wan", Remote);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        router.SentOne("wan");
        byte[] segment = Frames.TcpSegment(Remote, 443, Outside, 40000, router.Interface("wan").Mac, Ack, new byte[1261]);
        router.Receive("wan", segment);
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Remote).IsIcmp(3, 4, nextHopMtu: 1300).Quotes(segment);
    }

    [Theory]
    [InlineData(1372, 1)]
    [InlineData(1373, 2)]
    [InlineData(1472, 2)]
    [Requirement("RFC 4787", "REQ-13a", Level.Must)]
    public void What_is_too_big_and_may_be_cut_up_leaves_in_fragments_in_order(int length, int count)
    {
        byte[] payload = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7 >> 3))];
        Router.Receive("lan", Frames.Fragmentable(Udp(Client, 40000, Remote, 4500, payload), 77));
        IReadOnlyList<byte[]> sent = Router.Sent("wan");
        Assert.Equal(count, sent.Count);
        Assert.Equal(sent.OrderBy(frame => (frame[20] & 0x1F) << 8 | frame[21]), sent);
        Assert.All(sent, frame => Assert.InRange(frame.Length - 14, 20, 1400));
        Assert.Equal(payload, AssertPacket.That(Frames.Reassemble(sent)!).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsUdp(40000, 4500).Payload);
        Assert.Equal($"lan received 1, lan forwarded 1, wan sent {count}, sessions 1, mappings 1", Router.Moved());
    }

    [Theory]
    [InlineData(1460, 1360)]
    [InlineData(1360, 1360)]
    [InlineData(536, 536)]
    [Requirement("Practice", "MSS", Level.Expected)]
    public void The_MSS_is_clamped_to_the_narrower_link_and_never_raised(int announced, int expected)
    {
        byte[] option = [2, 4, (byte)(announced >> 8), (byte)announced];
        byte[] syn = Out(Frames.WithTcpOptions(Tcp(Client, 40000, Remote, 443), option));
        AssertPacket.That(syn).FromTo(Outside, Remote).IsTcp(40000, 443, Syn);
        byte[] answer = In(Frames.WithTcpOptions(Tcp(Remote, 443, Outside, 40000, Syn | Ack), option));
        AssertPacket.That(answer).FromTo(Remote, Client).IsTcp(443, 40000, Syn | Ack);
        Assert.Equal((expected, expected), (syn[56] << 8 | syn[57], answer[56] << 8 | answer[57]));
    }
}
