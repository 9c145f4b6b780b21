using Router.Configuration;
using Router.Packets;
using Router.Sessions;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>Fragments follow their first one, in whatever order they come (RFC 4787 REQ-14, OP25B.md F12 and F14).</summary>
public sealed class FragmentsTest : IDisposable
{
    private const string Client = "192.168.25.10", Other = "192.168.25.11", Remote = "203.0.113.25", Outside = "203.0.113.2";

    private static readonly byte[] Payload = [.. Enumerable.Range(0, 4000).Select(i => (byte)(i * 7 >> 3))];

    private readonly TestRouter _router = new();

    public FragmentsTest()
    {
        _router.Host("lan", Client);
        _router.Host("lan", Other);
        _router.Host("wan", Remote);
    }

    public void Dispose() => _router.Dispose();

    private MacAddress Lan => _router.Interface("lan").Mac;

    private MacAddress Wan => _router.Interface("wan").Mac;

    [Theory]
    [InlineData("0 1 2")]
    [InlineData("0 2 1")]
    [InlineData("1 0 2")]
    [InlineData("1 2 0")]
    [InlineData("2 0 1")]
    [InlineData("2 1 0")]
    public void A_datagram_in_fragments_is_translated_whatever_their_order(string order)
    {
        byte[][] fragments = Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan, Payload), 77, 185, 370);
        foreach (string number in order.Split(' '))
            _router.Receive("lan", fragments[int.Parse(number)]);
        IReadOnlyList<byte[]> sent = _router.Sent("wan");
        Assert.Equal([0x2000, 0x2000 + 185, 370], sent.OrderBy(Units).Select(frame => frame[20] << 8 | frame[21]));
        Assert.Single(sent.Select(Frames.IdentificationOf).Distinct());
        AssertPacket whole = AssertPacket.That(Frames.Reassemble(sent)!).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsUdp(40000, 5000);
        Assert.Equal(Payload, whole.Payload);
        Assert.Equal("lan received 3, lan forwarded 3, wan sent 3, sessions 1, mappings 1", _router.Moved());
        Assert.Equal(0, _router.Path.Fragments.Count);
    }

    [Fact]
    public void Those_that_wait_are_held_and_leave_in_the_order_of_their_arrival()
    {
        byte[][] fragments = Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan, Payload), 77, 100, 200, 350);
        _router.Receive("lan", fragments[2]);
        _router.Receive("lan", fragments[3]);
        Assert.Equal("lan received 2, lan held 2", _router.Moved());
        _router.Receive("lan", fragments[0]);
        Assert.Equal([0, 200, 350], _router.Sent("wan").Select(Units));
        Assert.Equal("lan received 1, lan forwarded 3, lan held -2, wan sent 3, sessions 1, mappings 1", _router.Moved());
    }

    [Fact]
    public void TCP_and_echo_in_fragments_are_translated_both_ways()
    {
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, Lan));
        _router.Receive("wan", Frames.TcpSegment(Remote, 443, Outside, 40000, Wan, Syn | Ack));
        _router.Receive("lan", Frames.Echo(Client, Remote, 9, Lan));
        _router.Sent("lan");
        _router.Sent("wan");
        _router.Moved();
        Send("lan", Frames.TcpSegment(Client, 40000, Remote, 443, Lan, Ack, Payload));
        AssertPacket.That(Frames.Reassemble(_router.Sent("wan"))!).FromTo(Outside, Remote).IsTcp(40000, 443, Ack);
        Send("wan", Frames.TcpSegment(Remote, 443, Outside, 40000, Wan, Ack, Payload));
        AssertPacket.That(Frames.Reassemble(_router.Sent("lan"))!).FromTo(Remote, Client).IsTcp(443, 40000, Ack);
        Send("lan", Frames.Echo(Client, Remote, 9, Lan, payload: Payload));
        AssertPacket.That(Frames.Reassemble(_router.Sent("wan"))!).FromTo(Outside, Remote).IsEcho(8);
        Send("wan", Frames.Echo(Remote, Outside, 9, Wan, isReply: true, payload: Payload));
        AssertPacket.That(Frames.Reassemble(_router.Sent("lan"))!).FromTo(Remote, Client).IsEcho(0, 9);
        Assert.Equal("lan received 6, lan forwarded 6, lan sent 6, wan received 6, wan forwarded 6, wan sent 6", _router.Moved());
    }

    [Fact]
    public void UDP_without_a_checksum_stays_without()
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan, Payload);
        datagram[40] = datagram[41] = 0;
        Send("lan", datagram);
        byte[] whole = Frames.Reassemble(_router.Sent("wan"))!;
        Assert.Equal([0, 0], whole[40..42]);
    }

    [Fact]
    public void Fragments_wait_for_a_neighbour_like_any_frame()
    {
        using var router = new TestRouter();
        router.Host("lan", Client);
        router.AddSilentHost("wan", Remote);
        byte[][] fragments = Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, router.Interface("lan").Mac, Payload), 77, 185, 370);
        router.Receive("lan", fragments[2]);
        router.Receive("lan", fragments[0]);
        router.Receive("lan", fragments[1]);
        AssertPacket.That(Frames.Reassemble(router.Sent("wan"))!).FromTo(Outside, Remote).IsUdp(40000, 5000);
    }

    /// <summary>The bytes of one datagram arrive in one batch, so that all of them meet the neighbour before it answers.</summary>
    [Fact]
    public void Fragments_in_one_batch_wait_for_the_neighbour_together()
    {
        using var router = new TestRouter();
        router.Host("lan", Client);
        router.AddSilentHost("wan", Remote);
        byte[][] fragments = Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, router.Interface("lan").Mac, Payload), 77, 185, 370);
        router.Device("lan").Inject(fragments[2]);
        router.Device("lan").Inject(fragments[0]);
        router.Receive("lan", fragments[1]);
        AssertPacket.That(Frames.Reassemble(router.Sent("wan"))!).FromTo(Outside, Remote).IsUdp(40000, 5000);
        Assert.Equal("lan received 3, lan forwarded 3, wan received 1, wan delivered 1, wan generated 1, wan sent 4, sessions 1, mappings 1", router.Moved());
    }

    [Fact]
    public void Later_fragments_follow_the_verdict_of_the_first_and_the_sender_is_told_once()
    {
        byte[] segment = Frames.TcpSegment(Client, 40000, Remote, 25, Lan, Syn, Payload);
        byte[][] fragments = Frames.Fragments(segment, 77, 185, 370);
        _router.Receive("lan", fragments[1]);
        _router.Receive("lan", fragments[0]);
        _router.Receive("lan", fragments[2]);
        AssertPacket.That(_router.SentOne("lan")).FromTo("192.168.25.1", Client).IsIcmp(3, 13).Quotes(fragments[0]);
        Assert.Empty(_router.Sent("wan"));
        Assert.Equal("lan received 3, lan dropped Op25bBlocked 3, lan generated 1, lan sent 1, op25b dynamic blocked 1", _router.Moved());
        Assert.Equal(0, _router.Path.Fragments.Count);
    }

    [Fact]
    public void Without_their_first_one_they_are_dropped_in_silence_after_a_while()
    {
        _router.Receive("lan", Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan, Payload), 77, 185)[1]);
        _router.Wait(TimeSpan.FromMilliseconds(FragmentTracker.Lifetime - 250));
        Assert.Equal("lan received 1, lan held 1", _router.Moved());
        _router.Wait(TimeSpan.FromMilliseconds(500));
        Assert.Equal("lan held -1, lan dropped FragmentTimedOut 1", _router.Moved());
        Assert.Empty(_router.Sent("lan"));
        Assert.Equal(0, _router.Path.Fragments.Count);
    }

    [Fact]
    public void A_datagram_that_stays_incomplete_is_forgotten()
    {
        _router.Receive("lan", Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan, Payload), 77, 185)[0]);
        Assert.Equal(1, _router.Path.Fragments.Count);
        _router.Wait(TimeSpan.FromMilliseconds(FragmentTracker.Lifetime + 500));
        Assert.Equal(0, _router.Path.Fragments.Count);
    }

    [Fact]
    public void An_identification_can_be_used_again_once_its_datagram_is_complete()
    {
        byte[][] fragments = Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan, Payload), 77, 185, 370);
        foreach (byte[] fragment in fragments.Concat(fragments))
            _router.Receive("lan", fragment);
        IReadOnlyList<byte[]> sent = _router.Sent("wan");
        Assert.Equal(6, sent.Count);
        Assert.Equal(2, sent.Select(Frames.IdentificationOf).Distinct().Count());
    }

    /// <summary>RFC 1858, RFC 3128, RFC 5722, OP25B.md F12: one of these, and nothing more of its datagram passes.</summary>
    [Theory]
    [InlineData("a second first one", "OverlappingFragment", 1)]
    [InlineData("an overlap by one unit", "OverlappingFragment", 1)]
    [InlineData("a second last one", "OverlappingFragment", 2)]
    [InlineData("beyond the last one", "OverlappingFragment", 2)]
    [InlineData("an end before what came", "OverlappingFragment", 1)]
    [InlineData("a broken length", "InvalidFragment", 1)]
    [InlineData("nothing", "InvalidFragment", 1)]
    [InlineData("beyond the largest datagram", "InvalidFragment", 1)]
    [InlineData("over the flags", "TinyFragment", 1)]
    public void A_fragment_that_no_stack_makes_poisons_its_datagram(string what, string reason, int passed)
    {
        byte[] segment = Frames.TcpSegment(Client, 40000, Remote, 443, Lan, Syn, Payload[..600]);
        byte[][] good = Frames.Fragments(segment, 77, 10, 20);
        _router.Receive("lan", good[0]);
        if (passed == 2)
            _router.Receive("lan", good[2]);
        _router.Moved();
        Assert.Equal(passed, _router.Sent("wan").Count);
        _router.Receive("lan", what switch
        {
            "a second first one" => good[0],
            "an overlap by one unit" => Frames.Piece(segment, 77, 9, new byte[80], more: true),
            "a second last one" => Frames.Piece(segment, 77, 10, new byte[10], more: false),
            "beyond the last one" => Frames.Piece(segment, 77, 600, new byte[16], more: true),
            "an end before what came" => Frames.Piece(segment, 77, 5, new byte[16], more: false),
            "a broken length" => Frames.Piece(segment, 77, 10, new byte[81], more: true),
            "nothing" => Frames.Piece(segment, 77, 10, [], more: true),
            "beyond the largest datagram" => Frames.Piece(segment, 77, 8191, new byte[16], more: false),
            _ => Frames.Piece(segment, 77, 1, new byte[16], more: true),
        });
        _router.Receive("lan", good[1]);
        Assert.Empty(_router.Sent("wan"));
        Assert.Empty(_router.Sent("lan"));
        Assert.Equal($"lan received 2, lan dropped {reason} 2", _router.Moved());
    }

    [Fact]
    public void A_first_fragment_without_its_whole_header_poisons_its_datagram()
    {
        byte[] segment = Frames.TcpSegment(Client, 40000, Remote, 443, Lan, Syn, Payload);
        _router.Receive("lan", Frames.Piece(segment, 77, 2, new byte[16], more: true));
        _router.Receive("lan", Frames.Piece(segment, 77, 0, segment[34..50], more: true));
        _router.Receive("lan", Frames.Piece(segment, 77, 0, segment[34..58], more: true));
        Assert.Empty(_router.Sent("wan"));
        Assert.Equal("lan received 3, lan dropped TinyFragment 3", _router.Moved());
    }

    /// <summary>RFC 1812 section 4.3.2.7.</summary>
    [Fact]
    public void No_error_is_ever_about_a_later_fragment()
    {
        byte[][] fragments = Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan, Payload), 77, 185, 370);
        _router.Receive("lan", fragments[0]);
        _router.Receive("lan", Frames.WithHeader(fragments[1], header => header[8] = 1));
        Assert.Empty(_router.Sent("lan"));
        Assert.Equal("lan received 2, lan forwarded 1, lan dropped TtlExpired 1, wan sent 1, sessions 1, mappings 1", _router.Moved());
    }

    [Fact]
    public void The_router_itself_puts_nothing_together()
    {
        Send("lan", Frames.Echo(Client, "192.168.25.1", 9, Lan, payload: Payload));
        Assert.Empty(_router.Sent("lan"));
        Assert.Equal("lan received 3, lan dropped FragmentForRouter 3", _router.Moved());
    }

    /// <summary>RFC 4787 REQ-14: a flood of fragments by one host takes nothing from the others, nor does one from outside.</summary>
    [Theory]
    [InlineData("lan", Client)]
    [InlineData("wan", Remote)]
    public void A_flood_of_fragments_does_not_hurt_others(string name, string source)
    {
        MacAddress station = _router.Interface(name).Mac;
        string destination = name == "lan" ? Remote : Outside;
        byte[] datagram = Frames.UdpDatagram(source, 1, destination, 2, station, Payload);
        for (int i = 0; i < 5000; i++)
            _router.Receive(name, Frames.Piece(datagram, (ushort)i, 1 + i % 3, new byte[64], more: true));
        Assert.Equal(FragmentTracker.WaitingPerHost, _router.Path.Fragments.Count);
        Assert.Equal(FragmentTracker.WaitingPerHost, _router.Interface(name).Counters.WaitingFrames);
        _router.Moved();
        byte[][] fragments = Frames.Fragments(Frames.UdpDatagram(Other, 40000, Remote, 5000, Lan, Payload), 77, 185, 370);
        foreach (byte[] fragment in fragments.Reverse())
            _router.Receive("lan", fragment);
        AssertPacket.That(Frames.Reassemble(_router.Sent("wan"))!).FromTo(Outside, Remote).IsUdp(40000, 5000);
    }

    /// <summary>Addresses that somebody forges outside may be any, so a bound for each host bounds nothing there: the inside has budgets of its own.</summary>
    [Fact]
    public void A_flood_of_fragments_from_forged_addresses_outside_does_not_hurt_the_inside_nor_answers_that_come_in_order()
    {
        Send("lan", Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan, Payload));
        for (int i = 0; i < 5000; i++)
        {
            byte[] forged = Frames.UdpDatagram($"8.8.{i / 250}.{1 + i % 250}", 1, Outside, 2, Wan, Payload);
            _router.Receive("wan", Frames.Piece(forged, 1, i % 2 * 5, forged[34..98], more: true));
        }

        _router.Sent("wan");
        foreach (byte[] fragment in Frames.Fragments(Frames.UdpDatagram(Other, 40000, Remote, 5000, Lan, Payload), 77, 185, 370).Reverse())
            _router.Receive("lan", fragment);
        AssertPacket.That(Frames.Reassemble(_router.Sent("wan"))!).FromTo(Outside, Remote);
        Send("wan", Frames.UdpDatagram(Remote, 5000, Outside, 40000, Wan, Payload));
        AssertPacket.That(Frames.Reassemble(_router.Sent("lan"))!).FromTo(Remote, Client).IsUdp(5000, 40000);
    }

    [Fact]
    public void Too_many_fragments_of_one_datagram_lose_it_and_give_their_room_back()
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan, Payload);
        for (int i = 0; i <= HeldFragments.SmallPerHost; i++)
            _router.Receive("lan", Frames.Piece(datagram, 77, 10 + i, new byte[8], more: true));
        Assert.Equal($"lan received {HeldFragments.SmallPerHost + 1}, lan dropped FragmentQueueFull {HeldFragments.SmallPerHost + 1}", _router.Moved());
    }

    /// <summary>RFC 7857 section 10, RFC 6864: what is translated and not atomic gets an identification of the router's.</summary>
    [Fact]
    public void Identifications_of_translated_datagrams_are_the_routers_own()
    {
        byte[] fromClient = Frames.Fragmentable(Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan), 77);
        byte[] fromOther = Frames.Fragmentable(Frames.UdpDatagram(Other, 40000, Remote, 5000, Lan), 77);
        for (int i = 0; i < 10; i++)
        {
            _router.Receive("lan", fromClient);
            _router.Receive("lan", fromOther);
        }

        IReadOnlyList<byte[]> sent = _router.Sent("wan");
        Assert.Equal(20, sent.Select(Frames.IdentificationOf).Distinct().Count());
        Assert.All(sent, frame => AssertPacket.That(frame).FromTo(Outside, Remote).IsUdp(destinationPort: 5000));
    }

    [Fact]
    public void Atomic_datagrams_and_untranslated_ones_keep_their_identification()
    {
        const string Server = "198.51.100.80";
        _router.Host("servers", Server);
        _router.Receive("lan", Frames.WithHeader(Frames.UdpDatagram(Client, 40000, Remote, 5000, Lan), header => header[5] = 77));
        _router.Receive("servers", Frames.Fragmentable(Frames.UdpDatagram(Server, 40000, Remote, 5000, _router.Interface("servers").Mac), 77));
        Assert.Equal([77, 77], _router.Sent("wan").Select(frame => (int)Frames.IdentificationOf(frame)));
    }

    private static int Units(byte[] frame) => (frame[20] << 8 | frame[21]) & 0x1FFF;

    private void Send(string name, byte[] frame)
    {
        foreach (byte[] fragment in Frames.Fragments(frame, 77, 185, 370))
            _router.Receive(name, fragment);
    }

    /// <summary>Records that lost their budget while their first fragment waited in vain are finished with it: whatever a stranger sends, there are no more than the budgets have.</summary>
    [Fact]
    public void First_fragments_that_wait_in_vain_leave_no_records_behind()
    {
        using var router = new TestRouter();
        MacAddress mac = router.Interface("wan").Mac;
        uint identification = 0;
        byte[] Fragment(string source, string destination, int units)
        {
            byte[] whole = Ipv6.Packet(source, destination, 50, new byte[64], mac);
            return Ipv6.Piece(whole, ++identification, units, whole[54..86], more: true);
        }

        for (int i = 0; i < 300; i++)
            router.Receive("wan", Fragment($"2001:db8:ff::{i / 8 + 1:x}", "2001:db8:25:2::9999", units: 2));
        for (int round = 0; round < 9; round++)
        {
            for (int i = 0; i < 258; i++)
                router.Receive("wan", Fragment($"2001:db8:fe::{i % 40 + 1:x}", $"2001:db8:25:2::{0x1000 + round * 86 + i / 3:x}", units: 0));
            router.Wait(TimeSpan.FromSeconds(3.25));
            Assert.InRange(router.Path.Fragments.Count, 1, 1024);
        }
    }
}
