using Router.Configuration;
using Router.Packets;
using Router.Wire;
using Support;
using TapDev;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>Packets that are larger than the next link and may be fragmented (RFC 791 section 3.2, RFC 1812 section 5.2.6, RFC 4787 REQ-13).</summary>
public sealed class FragmentingTest
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Outside = "203.0.113.2";

    private const int Mtu = 700;

    private static readonly byte[] Payload = [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * 7 >> 3))];

    [Theory]
    [InlineData(653, 1)]
    [InlineData(672, 1)]
    [InlineData(673, 2)]
    [InlineData(1472, 3)]
    public void A_datagram_larger_than_the_link_leaves_in_fragments_in_order(int length, int count)
    {
        using TestRouter router = Open();
        router.Receive("lan", Frames.Fragmentable(Frames.UdpDatagram(Client, 40000, Remote, 5000, router.Interface("lan").Mac, Payload[..length]), 77));
        IReadOnlyList<byte[]> sent = router.Sent("wan");
        Assert.Equal(count, sent.Count);
        AssertInOrder(sent);
        Assert.Equal(Payload[..length], AssertPacket.That(Frames.Reassemble(sent)!).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsUdp(40000, 5000).Payload);
        Assert.Equal($"lan received 1, lan forwarded 1, wan sent {count}, sessions 1, mappings 1", router.Moved());
    }

    [Fact]
    public void Fragments_are_fragmented_again()
    {
        using TestRouter router = Open();
        byte[][] fragments = Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, router.Interface("lan").Mac, Payload[..4000]), 77, 185, 370);
        foreach (byte[] fragment in fragments)
            router.Receive("lan", fragment);
        IReadOnlyList<byte[]> sent = router.Sent("wan");
        AssertInOrder(sent);
        Assert.Equal(Payload[..4000], AssertPacket.That(Frames.Reassemble(sent)!).FromTo(Outside, Remote).IsUdp(40000, 5000).Payload);
        Assert.Equal($"lan received 3, lan forwarded 3, wan sent {sent.Count}, sessions 1, mappings 1", router.Moved());
    }

    [Fact]
    public void A_checksum_that_was_left_to_the_offload_is_completed_first()
    {
        using TestRouter router = Open();
        byte[] datagram = Frames.Fragmentable(Frames.UdpDatagram(Client, 40000, Remote, 5000, router.Interface("lan").Mac, Payload[..1400]), 77);
        router.ReceiveRaw("lan", Frames.WithoutChecksum(datagram));
        IReadOnlyList<byte[]> sent = router.Sent("wan");
        Assert.Equal(3, sent.Count);
        AssertPacket.That(Frames.Reassemble(sent)!).FromTo(Outside, Remote).IsUdp(40000, 5000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_super_frame_is_cut_into_segments_and_those_into_fragments(bool isTcp)
    {
        using TestRouter router = Open();
        MacAddress lan = router.Interface("lan").Mac;
        byte[] super = isTcp
            ? Frames.SuperFrame(Client, 40000, Remote, 443, lan, Payload, 1448, Syn)
            : Frames.UdpSuperFrame(Client, 40000, Remote, 443, lan, Payload, 1448);
        router.ReceiveRaw("lan", [.. super[..VirtioHeader.Size], .. Frames.Fragmentable(super[VirtioHeader.Size..], 77)]);
        IReadOnlyList<byte[]> sent = router.Sent("wan");
        AssertInOrder(sent);
        byte[][] segments = [.. sent.GroupBy(Frames.IdentificationOf).Select(fragments => Frames.Reassemble(fragments)!)];
        Assert.Equal((Payload.Length + 1447) / 1448, segments.Length);
        Assert.Equal(Payload, segments.SelectMany(segment => isTcp
            ? AssertPacket.That(segment).FromTo(Outside, Remote).IsTcp(40000, 443).Payload
            : AssertPacket.That(segment).FromTo(Outside, Remote).IsUdp(40000, 443).Payload));
        Assert.Equal($"lan received 1, lan forwarded 1, wan sent {sent.Count}, sessions 1, mappings 1", router.Moved());
    }

    /// <summary>RFC 791 section 3.1: an option without the copied flag is in the first fragment only.</summary>
    [Fact]
    public void Options_are_in_later_fragments_where_they_ask_for_it()
    {
        byte[] routerAlert = [148, 4, 0, 0], recordRoute = [7, 7, 4, 0, 0, 0, 0, 1];
        using TestRouter router = Open();
        byte[] plain = Frames.Fragmentable(Frames.UdpDatagram(Client, 40000, Remote, 5000, router.Interface("lan").Mac, Payload[..1200]), 77);
        router.Receive("lan", Frames.WithOptions(plain, [.. recordRoute, .. routerAlert]));
        IReadOnlyList<byte[]> sent = router.Sent("wan");
        Assert.Equal([.. recordRoute, .. routerAlert], sent[0][34..46]);
        Assert.All(sent.Skip(1), frame => Assert.Equal((0x46, "94040000"), (frame[14], Convert.ToHexString(frame[34..38]))));
        Assert.All(sent, frame => AssertPacket.That(frame));
        AssertPacket.That(Frames.Reassemble(sent)!).IsUdp(40000, 5000);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Fragments_that_do_not_all_have_room_are_not_sent_at_all(int room)
    {
        using TestRouter router = Open(new MemoryDeviceOptions { QueueLimit = room });
        router.Receive("lan", Frames.Fragmentable(Frames.UdpDatagram(Client, 40000, Remote, 5000, router.Interface("lan").Mac, Payload[..1472]), 77));
        Assert.Equal(room == 3 ? 3 : 0, router.Sent("wan").Count);
        Assert.Equal(room == 3 ? 0 : 1, router.Dropped("lan", DropReason.EgressQueueFull));
    }

    /// <summary>RFC 1812 section 4.3.2.7: about the first fragment, never about a later one.</summary>
    [Fact]
    public void Fragments_with_DF_that_are_too_large_are_answered_once()
    {
        using TestRouter router = Open();
        byte[][] fragments = [.. Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, router.Interface("lan").Mac, Payload[..2800]), 77, 175)
            .Select(frame => Frames.WithHeader(frame, header => header[6] |= 0x40))];
        router.Receive("lan", fragments[0]);
        router.Receive("lan", fragments[1]);
        AssertPacket.That(router.SentOne("lan")).FromTo("192.168.25.1", Client).IsIcmp(3, 4, nextHopMtu: Mtu).Quotes(fragments[0]);
        Assert.Empty(router.Sent("wan"));
        Assert.Equal("lan received 2, lan dropped PacketTooBig 2, lan generated 1, lan sent 1", router.Moved());
    }

    private static TestRouter Open(MemoryDeviceOptions? devices = null)
    {
        RouterConfiguration narrow = TestConfiguration.Default with
        {
            Interfaces = [.. TestConfiguration.Default.Interfaces.Select(entry => entry.Name == "wan" ? entry with { Mtu = Mtu } : entry)],
        };
        var router = new TestRouter(narrow, devices);
        router.Host("lan", Client);
        router.Host("wan", Remote);
        return router;
    }

    private static void AssertInOrder(IReadOnlyList<byte[]> sent)
    {
        int next = 0;
        Assert.All(sent, frame =>
        {
            AssertPacket.That(frame);
            int word = frame[20] << 8 | frame[21];
            Assert.InRange(frame.Length - EthernetHeader.Size, 20, Mtu);
            Assert.Equal(next, (word & 0x1FFF) * 8);
            next = (word & 0x2000) != 0 ? next + frame.Length - 34 : 0;
        });
        Assert.Equal(0, next);
    }
}
