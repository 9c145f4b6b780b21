using Router.Packets;
using Router.Wire;
using Support;
using TapDev;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>Super-frames (GSO) across the router, and what becomes of them where the egress takes none.</summary>
public sealed class SuperFramesTest
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Outside = "203.0.113.2";

    private static readonly byte[] Payload = [.. Enumerable.Range(0, 60_001).Select(i => (byte)(i * 7))];

    [Fact]
    public void A_TCP_super_frame_crosses_whole_with_its_header_recomputed_and_its_seed_right()
    {
        using TestRouter router = Open(Offloads.All);
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, Payload, 1448);
        (super[2], super[3]) = (0xFF, 0xFF);
        router.ReceiveRaw("lan", super);
        byte[] sent = Assert.Single(router.SentRaw("wan"));
        Assert.Equal(super.Length, sent.Length);
        Assert.Equal([VirtioHeader.NeedsChecksum, VirtioHeader.GsoTcp4, 54, 0], sent[..4]);
        Assert.Equal(super[4..VirtioHeader.Size], sent[4..VirtioHeader.Size]);
        AssertSeed(sent);
        AssertPacketWithSeed(sent, Outside, Remote);
        Assert.Equal(Payload, sent[^Payload.Length..]);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1", router.Moved());
    }

    [Fact]
    public void A_frame_whose_checksum_is_left_to_the_offload_keeps_it_so_with_the_seed_right()
    {
        using TestRouter router = Open(Offloads.All);
        router.ReceiveRaw("lan", Frames.WithoutChecksum(Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac, Ack, [1, 2, 3])));
        byte[] sent = Assert.Single(router.SentRaw("wan"));
        Assert.Equal([VirtioHeader.NeedsChecksum, 0, 54, 0, 0, 0, 34, 0, 16, 0], sent[..VirtioHeader.Size]);
        AssertSeed(sent);
    }

    [Fact]
    public void A_checksum_left_to_the_offload_is_completed_where_the_egress_has_none()
    {
        using TestRouter router = Open(Offloads.None);
        router.ReceiveRaw("lan", Frames.WithoutChecksum(Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac, Ack, [1, 2, 3])));
        byte[] sent = Assert.Single(router.SentRaw("wan"));
        Assert.Equal(new byte[VirtioHeader.Size], sent[..VirtioHeader.Size]);
        AssertPacket.That(sent[VirtioHeader.Size..]).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsTcp(40000, 443, Ack);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1", router.Moved());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_super_frame_is_cut_up_where_the_egress_takes_none_or_refuses_it(bool isRefused)
    {
        using TestRouter router = Open(isRefused ? Offloads.All : Offloads.None);
        router.Device("wan").RefuseSuperFrames = isRefused;
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, Payload, 1448, Fin | Ack | Psh);
        router.ReceiveRaw("lan", super);
        router.Turn();
        router.Receive("servers", Frames.Arp(PacketDotNet.ArpOperation.Request, Frames.Host, "198.51.100.9", default, "198.51.100.77"));
        IReadOnlyList<byte[]> segments = router.SentRaw("wan");
        AssertSegments(segments);
        Assert.Equal($"lan received 1, lan forwarded 1, servers received 1, servers dropped ArpNotForUs 1, wan sent {segments.Count}", router.Moved());
        Assert.Equal(isRefused ? 1 : 0, router.Interface("wan").Counters.OffloadsRefused);
        Assert.Equal(Offloads.None, router.Interface("wan").Offloads);
    }

    [Fact]
    public void A_UDP_super_frame_is_cut_up_into_datagrams()
    {
        using TestRouter router = Open(Offloads.Checksum | Offloads.Tso4);
        router.ReceiveRaw("lan", Frames.UdpSuperFrame(Client, 40001, Remote, 443, router.Interface("lan").Mac, Payload[..5001], 1200));
        IReadOnlyList<byte[]> sent = router.Sent("wan");
        Assert.Equal([1200, 1200, 1200, 1200, 201], sent.Select(frame => AssertPacket.That(frame).FromTo(Outside, Remote).IsUdp(40001, 443).Payload.Length));
        Assert.Equal(Payload[..5001], sent.SelectMany(frame => AssertPacket.That(frame).Payload));
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 5, sessions 1, mappings 1", router.Moved());
    }

    [Fact]
    public void Segments_that_do_not_all_have_room_are_not_sent_at_all()
    {
        using var router = new TestRouter(devices: new MemoryDeviceOptions { Offloads = Offloads.None, QueueLimit = 10 });
        Establish(router);
        router.ReceiveRaw("lan", Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, Payload, 1448));
        Assert.Empty(router.Sent("wan"));
        Assert.Equal("lan received 1, lan dropped EgressQueueFull 1", router.Moved());
    }

    [Theory]
    [InlineData("no checksum to complete")]
    [InlineData("checksum starts elsewhere")]
    [InlineData("checksum is elsewhere")]
    [InlineData("UDP type on TCP")]
    [InlineData("IPv6 type on IPv4")]
    [InlineData("UFO")]
    [InlineData("ECN alone")]
    [InlineData("segments of nothing")]
    [InlineData("bytes behind the packet")]
    public void A_virtio_header_that_the_packet_does_not_bear_out_is_dropped(string lie)
    {
        using TestRouter router = Open(Offloads.All);
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, Payload, 1448);
        switch (lie)
        {
            case "no checksum to complete": super[0] = 0; break;
            case "checksum starts elsewhere": super[6] = 14; break;
            case "checksum is elsewhere": super[8] = 6; break;
            case "UDP type on TCP": super[1] = VirtioHeader.GsoUdpL4; break;
            case "IPv6 type on IPv4": super[1] = VirtioHeader.GsoTcp6; break;
            case "UFO": super[1] = VirtioHeader.GsoUdp; break;
            case "ECN alone": super[1] = VirtioHeader.GsoEcn; break;
            case "segments of nothing": super[4] = super[5] = 0; break;
            default: super = [.. super, 0]; break;
        }

        router.ReceiveRaw("lan", super);
        Assert.Empty(router.Sent("wan"));
        Assert.Equal("lan received 1, lan dropped InvalidOffloadHeader 1", router.Moved());
    }

    [Fact]
    public void A_header_length_beyond_the_frame_does_not_go_on()
    {
        using TestRouter router = Open(Offloads.All);
        byte[] frame = Frames.Raw(Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac, Ack));
        (frame[2], frame[3]) = (0xFF, 0xFF);
        router.ReceiveRaw("lan", frame);
        Assert.Equal(new byte[VirtioHeader.Size], Assert.Single(router.SentRaw("wan"))[..VirtioHeader.Size]);
    }

    private static TestRouter Open(Offloads offloads)
    {
        var router = new TestRouter(devices: new MemoryDeviceOptions { Offloads = offloads });
        Establish(router);
        return router;
    }

    private static void Establish(TestRouter router)
    {
        router.Host("lan", Client);
        router.Host("wan", Remote);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        router.Receive("wan", Frames.TcpSegment(Remote, 443, Outside, 40000, router.Interface("wan").Mac, Syn | Ack));
        router.Sent("wan");
        router.Sent("lan");
        router.Moved();
    }

    private static void AssertSegments(IReadOnlyList<byte[]> raw)
    {
        Assert.Equal((Payload.Length + 1447) / 1448, raw.Count);
        Assert.All(raw, frame => Assert.Equal(new byte[VirtioHeader.Size], frame[..VirtioHeader.Size]));
        for (int i = 0; i < raw.Count; i++)
            AssertPacket.That(raw[i][VirtioHeader.Size..]).IsIpv4(ttl: 63).FromTo(Outside, Remote)
                .IsTcp(40000, 443, i == raw.Count - 1 ? Fin | Ack | Psh : Ack, sequence: Frames.InitialSequence + 1 + (uint)i * 1448, acknowledgment: Frames.InitialSequence + 1);
        int[] identifications = [.. raw.Select(frame => frame[VirtioHeader.Size + 18] << 8 | frame[VirtioHeader.Size + 19])];
        Assert.Equal(Enumerable.Range(identifications[0], raw.Count), identifications);
        Assert.Equal(Payload, raw.SelectMany(frame => AssertPacket.That(frame[VirtioHeader.Size..]).Payload));
    }

    /// <summary>The field holds the pseudo-header's sum over the whole transport length, not inverted.</summary>
    private static void AssertSeed(byte[] raw)
    {
        ReadOnlySpan<byte> network = raw.AsSpan(Packet.NetworkOffset);
        int length = network.Length - 20;
        ushort seed = InternetSum.Of([.. network[12..20], 0, network[9], (byte)(length >> 8), (byte)length]);
        Assert.Equal(seed, network[36] << 8 | network[37]);
    }

    private static void AssertPacketWithSeed(byte[] raw, string source, string destination) => AssertPacket.That(raw[VirtioHeader.Size..]).IsIpv4(ttl: 63).FromTo(source, destination);
}
