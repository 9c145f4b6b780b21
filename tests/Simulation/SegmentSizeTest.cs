using Router.Configuration;
using Router.Wire;
using Support;
using TapDev;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>The segment size that a SYN announces is lowered to the path through the router, both ways.</summary>
public sealed class SegmentSizeTest
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Outside = "203.0.113.2";

    [Theory]
    [InlineData(1400, 1500, 1460, 1360)]
    [InlineData(1500, 1400, 1460, 1360)]
    [InlineData(1500, 1400, 1360, 1360)]
    [InlineData(1500, 1400, 1359, 1359)]
    [InlineData(9000, 9000, 8960, 8960)]
    [InlineData(1500, 9000, 8960, 1460)]
    public void SYN_and_SYN_ACK_announce_no_more_than_the_smaller_MTU_carries(int lanMtu, int wanMtu, int announced, int expected)
    {
        using TestRouter router = Open(lanMtu, wanMtu);
        router.Receive("lan", Syn(router, "lan", Frames.Tcp.Syn, announced));
        byte[] syn = router.SentOne("wan");
        AssertPacket.That(syn).FromTo(Outside, Remote).IsTcp(40000, 443, Frames.Tcp.Syn);
        Assert.Equal(expected, syn[56] << 8 | syn[57]);
        router.Receive("wan", Syn(router, "wan", Frames.Tcp.Syn | Ack, announced));
        byte[] answer = router.SentOne("lan");
        AssertPacket.That(answer).FromTo(Remote, Client).IsTcp(443, 40000, Frames.Tcp.Syn | Ack);
        Assert.Equal(expected, answer[56] << 8 | answer[57]);
    }

    [Fact]
    public void It_can_be_switched_off_and_other_segments_are_left_alone()
    {
        using TestRouter off = Open(1500, 1400, clamps: false), on = Open(1500, 1400);
        off.Receive("lan", Syn(off, "lan", Frames.Tcp.Syn, 1460));
        Assert.Equal([2, 4, 1460 >> 8, 1460 & 0xFF], off.SentOne("wan")[54..58]);
        on.Receive("lan", Syn(on, "lan", Frames.Tcp.Syn, 1460));
        on.Receive("lan", Syn(on, "lan", Ack, 1460));
        Assert.Equal([2, 4, 1460 >> 8, 1460 & 0xFF], on.Sent("wan")[1][54..58]);
    }

    [Fact]
    public void A_seed_stays_as_it_is_since_it_does_not_cover_options()
    {
        using TestRouter router = Open(1500, 1400);
        router.ReceiveRaw("lan", Frames.WithoutChecksum(Syn(router, "lan", Frames.Tcp.Syn, 1460)));
        byte[] sent = Assert.Single(router.SentRaw("wan"));
        byte[] frame = sent[VirtioHeader.Size..];
        ushort seed = InternetSum.Of([.. frame[26..34], 0, 6, 0, 24]);
        Assert.Equal((1360, seed), (frame[56] << 8 | frame[57], (ushort)(frame[50] << 8 | frame[51])));
    }

    /// <summary>A SYN, or another segment, with an MSS option.</summary>
    private static byte[] Syn(TestRouter router, string name, Frames.Tcp flags, int announced)
    {
        MacAddress station = router.Interface(name).Mac;
        byte[] options = [2, 4, (byte)(announced >> 8), (byte)announced];
        return name == "lan"
            ? Frames.WithTcpOptions(Frames.TcpSegment(Client, 40000, Remote, 443, station, flags), options)
            : Frames.WithTcpOptions(Frames.TcpSegment(Remote, 443, Outside, 40000, station, flags, acknowledgment: 1001), options);
    }

    private static TestRouter Open(int lanMtu, int wanMtu, bool clamps = true)
    {
        var router = new TestRouter(TestConfiguration.Default with
        {
            MssClamping = clamps,
            Interfaces = [.. TestConfiguration.Default.Interfaces.Select(entry => entry with { Mtu = entry.Name == "lan" ? lanMtu : wanMtu })],
        });
        router.Host("lan", Client);
        router.Host("wan", Remote);
        return router;
    }
}
