using CsCheck;
using Router.Configuration;
using Router.Packets;
using Router.Wire;
using Support;
using TapDev;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>Extension headers on the way (RFC 8200 section 4, RFC 5095), the port-25 filter behind them (OP25B.md F7), and fragments of IPv6 (F13).</summary>
public sealed class ExtensionHeadersTest : IDisposable
{
    private const string Client = "2001:db8:25:1::10", Other = "2001:db8:25:1::11", Remote = "2001:db8:25:3::25", LanAddress = "2001:db8:25:1::1";

    private readonly TestRouter _router = Open();

    private MacAddress Lan => _router.Interface("lan").Mac;

    public void Dispose() => _router.Dispose();

    public static TheoryData<string> Chains() => [.. All.Keys];

    private static readonly Dictionary<string, (byte Type, byte[] Content)[]> All = new(StringComparer.Ordinal)
    {
        ["hop-by-hop"] = [Ipv6.Options(0)],
        ["destination options"] = [Ipv6.Options(60, 256)],
        ["mobile routing"] = [Ipv6.Routing(2, 1)],
        ["segment routing at its end"] = [Ipv6.Routing(4, 0)],
        ["authentication"] = [Ipv6.Authentication()],
        ["atomic fragment"] = [Ipv6.FragmentHeader(7, 0, more: false)],
        ["mobility"] = [Ipv6.Options(135)],
        ["host identity"] = [Ipv6.Options(139)],
        ["shim6"] = [Ipv6.Options(140)],
        ["eight"] = [Ipv6.Options(0), .. Enumerable.Repeat(Ipv6.Options(), 7)],
    };

    [Theory]
    [MemberData(nameof(Chains))]
    public void Port_25_is_found_behind_every_chain(string chain)
    {
        byte[] segment = Ipv6.WithExtensions(Frames.TcpSegment(Client, 40000, Remote, 25, Lan), All[chain]);
        _router.Receive("lan", segment);
        Assert.Equal("lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, op25b dynamic blocked 1", _router.Moved());
        AssertPacket.That(_router.SentOne("lan")).FromTo(LanAddress, Client).IsIcmp(1, 1).Quotes(segment);
    }

    [Theory]
    [MemberData(nameof(Chains))]
    public void A_chain_crosses_as_it_is(string chain)
    {
        byte[] segment = Ipv6.WithExtensions(Frames.TcpSegment(Client, 40000, Remote, 443, Lan), All[chain]);
        _router.Receive("lan", segment);
        byte[] sent = _router.SentOne("wan");
        Assert.Equal(segment[54..], sent[54..]);
        AssertPacket.That(sent).IsIpv6(hopLimit: 63).FromTo(Client, Remote);
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, Lan, Ack));
        Assert.Single(_router.Sent("wan"));
        Assert.Equal("lan received 2, lan forwarded 2, wan sent 2, sessions 1", _router.Moved());
    }

    [Theory]
    [InlineData("nine headers", "HeaderChainTooLong", 0, 0)]
    [InlineData("experiment", "UnknownNextHeader", 4, 6)]
    [InlineData("unassigned", "UnknownNextHeader", 4, 40)]
    [InlineData("routing type 0", "RoutingHeaderType0", 4, 42)]
    [InlineData("routing type 0 at its end", "RoutingHeaderType0", 4, 42)]
    [InlineData("routing type 0 behind options", "RoutingHeaderType0", 4, 50)]
    [InlineData("segment routing on its way", "SourceRouted", 0, 0)]
    [InlineData("hop-by-hop behind another", "InvalidExtensionHeader", 0, 0)]
    [InlineData("two fragment headers", "InvalidExtensionHeader", 0, 0)]
    [InlineData("cut", "InvalidExtensionHeader", 0, 0)]
    [InlineData("beyond the packet", "InvalidExtensionHeader", 0, 0)]
    internal void A_chain_that_leads_nowhere_has_a_reason(string what, string reason, int type, int pointer)
    {
        byte[] segment = Frames.TcpSegment(Client, 40000, Remote, 443, Lan);
        byte[] frame = what switch
        {
            "nine headers" => Ipv6.WithExtensions(segment, [.. Enumerable.Repeat(Ipv6.Options(), 9)]),
            "experiment" => Ipv6.Packet(Client, Remote, 253, new byte[40], Lan),
            "unassigned" => Ipv6.WithExtensions(Ipv6.Packet(Client, Remote, 200, new byte[40], Lan), Ipv6.Options()),
            "routing type 0" => Ipv6.WithExtensions(segment, Ipv6.Routing(0, 1)),
            "routing type 0 at its end" => Ipv6.WithExtensions(segment, Ipv6.Routing(0, 0)),
            "routing type 0 behind options" => Ipv6.WithExtensions(segment, Ipv6.Options(), Ipv6.Routing(0, 1)),
            "segment routing on its way" => Ipv6.WithExtensions(segment, Ipv6.Routing(4, 1)),
            "hop-by-hop behind another" => Ipv6.WithExtensions(segment, Ipv6.Options(), Ipv6.Options(0)),
            "two fragment headers" => Ipv6.WithExtensions(segment, Ipv6.FragmentHeader(1, 0, more: false), Ipv6.FragmentHeader(2, 0, more: true)),
            "cut" => Ipv6.Packet(Client, Remote, 60, new byte[4], Lan),
            _ => Ipv6.Packet(Client, Remote, 60, [6, 9, .. new byte[38]], Lan),
        };
        _router.Receive("lan", frame);
        string answer = type == 0 ? "" : ", lan generated 1, lan sent 1";
        Assert.Equal($"lan received 1, lan dropped {reason} 1{answer}", _router.Moved());
        if (type != 0)
            AssertPacket.That(_router.SentOne("lan")).FromTo(LanAddress, Client).IsIcmp((byte)type, (byte)(reason == "UnknownNextHeader" ? 1 : 0), nextHopMtu: pointer).Quotes(frame);
    }

    /// <summary>RFC 4443 section 2.4 (e.1): an error behind a routing header is an error still.</summary>
    [Fact]
    public void Nothing_is_said_about_an_error_behind_a_routing_header_of_type_0()
    {
        byte[] error = Ipv6.Icmp(Client, Remote, [1, 0, 0, 0, 0, 0, 0, 0, .. new byte[40]], Lan);
        _router.Receive("lan", Ipv6.WithExtensions(error, Ipv6.Routing(0, 1)));
        Assert.Equal("lan received 1, lan dropped RoutingHeaderType0 1", _router.Moved());
    }

    [Fact]
    public void Fragments_cross_in_any_order_and_none_is_translated()
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 53, Lan, [.. Enumerable.Range(0, 100).Select(i => (byte)i)]);
        byte[][] fragments = Ipv6.Fragments(datagram, 0x01020304, 5, 9);
        foreach (int i in new[] { 2, 0, 1 })
            _router.Receive("lan", fragments[i]);
        byte[][] sent = [.. _router.Sent("wan")];
        Assert.Equal(3, sent.Length);
        Assert.Equal(new[] { 0, 2, 1 }.Select(i => Convert.ToHexString(fragments[i][54..])), sent.Select(frame => Convert.ToHexString(frame[54..])));
        Assert.All(sent, frame => Assert.Equal(63, frame[14 + 7]));
        Assert.Equal("lan received 3, lan forwarded 3, wan sent 3, sessions 1", _router.Moved());
        Assert.Equal(0, _router.Path.Fragments.Count);
    }

    /// <summary>The protocol of later fragments is known from the first one only (RFC 8200 section 4.5).</summary>
    [Fact]
    public void Fragments_of_a_packet_with_options_behind_the_fragment_header_cross()
    {
        byte[] datagram = Ipv6.WithExtensions(Frames.UdpDatagram(Client, 40000, Remote, 53, Lan, new byte[100]), Ipv6.Options());
        foreach (byte[] fragment in Ipv6.Fragments(datagram, 9, 5, 9))
            _router.Receive("lan", fragment);
        Assert.Equal("lan received 3, lan forwarded 3, wan sent 3, sessions 1", _router.Moved());
    }

    [Fact]
    public void Fragments_to_port_25_are_blocked_with_their_first_one_and_only_that_is_answered()
    {
        byte[][] fragments = Ipv6.Fragments(Frames.TcpSegment(Client, 40000, Remote, 25, Lan, Syn, new byte[100]), 7, 5, 9);
        foreach (int i in new[] { 2, 0, 1 })
            _router.Receive("lan", fragments[i]);
        Assert.Equal("lan received 3, lan dropped Op25bBlocked 3, lan generated 1, lan sent 1, op25b dynamic blocked 1", _router.Moved());
    }

    /// <summary>RFC 7112, RFC 5722: such a datagram is lost as a whole.</summary>
    [Theory]
    [InlineData("chain is cut", "IncompleteHeaderChain")]
    [InlineData("transport header is cut", "IncompleteHeaderChain")]
    [InlineData("overlap", "OverlappingFragment")]
    [InlineData("second first", "OverlappingFragment")]
    [InlineData("no multiple of eight", "InvalidFragment")]
    [InlineData("empty", "InvalidFragment")]
    [InlineData("too long", "InvalidFragment")]
    public void A_fragment_that_no_stack_makes_takes_its_datagram_with_it(string what, string reason)
    {
        byte[] segment = Frames.TcpSegment(Client, 40000, Remote, 443, Lan, Syn, new byte[100]), behind = Ipv6.WithExtensions(segment, Ipv6.Options(60, 64));
        byte[] transport = segment[54..];
        byte[][] fragments = what switch
        {
            "chain is cut" => [Ipv6.Piece(behind, 7, 0, behind[54..(54 + 32)], more: true)],
            "transport header is cut" => [Ipv6.Piece(segment, 7, 0, transport[..16], more: true)],
            "overlap" => [Ipv6.Piece(segment, 7, 5, transport[40..80], more: true), Ipv6.Piece(segment, 7, 0, transport[..48], more: true)],
            "second first" => [Ipv6.Piece(segment, 7, 5, transport[40..80], more: true), Ipv6.Piece(segment, 7, 5, transport[40..80], more: true)],
            "no multiple of eight" => [Ipv6.Piece(segment, 7, 0, transport[..43], more: true)],
            "empty" => [Ipv6.Piece(segment, 7, 5, [], more: false)],
            _ => [Ipv6.Piece(segment, 7, 8191, transport[..16], more: false)],
        };
        foreach (byte[] fragment in fragments)
            _router.Receive("lan", fragment);
        _router.Receive("lan", Ipv6.Piece(segment, 7, 20, new byte[8], more: false));
        Assert.Empty(_router.Sent("wan"));
        Assert.Contains($"lan dropped {reason}", _router.Moved());
        _router.Wait(TimeSpan.FromSeconds(31));
        Assert.Empty(_router.Sent("wan"));
        Assert.Equal(0, _router.Path.Fragments.Count);
    }

    /// <summary>RFC 6946: an atomic fragment has nothing to do with fragments of the same identification.</summary>
    [Fact]
    public void An_atomic_fragment_stands_alone()
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 53, Lan, new byte[100]);
        byte[][] fragments = Ipv6.Fragments(datagram, 7, 5, 9);
        _router.Receive("lan", fragments[0]);
        _router.Receive("lan", Ipv6.WithExtensions(datagram, Ipv6.FragmentHeader(7, 0, more: false)));
        _router.Receive("lan", fragments[1]);
        _router.Receive("lan", fragments[2]);
        Assert.Equal(4, _router.Sent("wan").Count);
        Assert.Equal("lan received 4, lan forwarded 4, wan sent 4, sessions 1", _router.Moved());
    }

    [Fact]
    public void A_fragment_for_the_router_itself_is_dropped()
    {
        foreach (byte[] fragment in Ipv6.Fragments(Frames.Echo(Client, LanAddress, 7, Lan, payload: new byte[100]), 7, 5))
            _router.Receive("lan", fragment);
        Assert.Equal("lan received 2, lan dropped FragmentForRouter 2", _router.Moved());
    }

    [Fact]
    public void A_super_frame_behind_options_is_cut_up_with_them()
    {
        using TestRouter router = Open(new TapDev.MemoryDeviceOptions { Offloads = TapDev.Offloads.None });
        MacAddress lan = router.Interface("lan").Mac;
        byte[] segment = Ipv6.WithExtensions(Frames.TcpSegment(Client, 40000, Remote, 443, lan, Ack, new byte[3000]), Ipv6.Options(60, 16));
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, lan));
        router.Sent("wan");
        byte[] super = Frames.Raw(segment);
        TapDev.VirtioHeader.Write(super, TapDev.VirtioHeader.NeedsChecksum, TapDev.VirtioHeader.GsoTcp6, 14 + 56 + 20, 1000, 14 + 56, 16);
        router.ReceiveRaw("lan", super);
        IReadOnlyList<byte[]> sent = router.Sent("wan");
        Assert.Equal([1090, 1090, 1090], sent.Select(frame => frame.Length));
        Assert.All(sent, frame => Assert.Equal(segment[54..70], frame[54..70]));
        Assert.All(sent, frame => Assert.True(InternetSum.IsWhole([.. frame[22..54], (byte)(1020 >> 8), 1020 & 0xFF, 0, 6, .. frame[70..]])));
    }

    /// <summary>Whatever chain a blocked subscriber builds, no segment to port 25 leaves.</summary>
    [Fact]
    public void No_chain_hides_port_25() =>
        Gen.Select(Gen.Int[0, 11], Gen.Int[1, 4]).Array[0, 12].Sample(headers =>
        {
            using TestRouter router = Open();
            (byte, byte[])[] chain = [.. headers.Select(header => header.Item1 switch
            {
                0 => Ipv6.Options(0, header.Item2 * 8),
                1 => Ipv6.Routing((byte)header.Item2, (byte)(header.Item2 & 1)),
                2 => Ipv6.FragmentHeader((uint)header.Item2, 0, more: false),
                3 => Ipv6.Authentication(),
                4 => Ipv6.Options(135),
                5 => Ipv6.Options(139),
                _ => Ipv6.Options(60, header.Item2 * 8),
            })];
            router.Receive("lan", Ipv6.WithExtensions(Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac), chain));
            Assert.Empty(router.Sent("wan"));
            Assert.DoesNotContain("forwarded", router.Moved());
        }, iter: 300);

    private static TestRouter Open(TapDev.MemoryDeviceOptions? devices = null)
    {
        var router = new TestRouter(TestConfiguration.With(PhaseMode.Block), devices);
        router.Host("lan", Client);
        router.Host("lan", Other);
        router.Host("wan", Remote);
        return router;
    }

    /// <summary>A checksum that was left to the offload is completed behind headers of any length: only super-frames have a bound on theirs.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    public void A_checksum_left_to_the_offload_is_completed_behind_long_options(int length)
    {
        using var router = new TestRouter(devices: new MemoryDeviceOptions { Offloads = Offloads.None });
        router.Host("lan", "2001:db8:25:1::10");
        router.Host("servers", "2001:db8:25:2::25");
        byte[] raw = Frames.Raw(Ipv6.WithExtensions(
            Frames.TcpSegment("2001:db8:25:1::10", 40000, "2001:db8:25:2::25", 443, router.Interface("lan").Mac), Ipv6.Options(60, length)));
        int start = 14 + 40 + length;
        (raw[0], raw[6], raw[7], raw[8]) = (1, (byte)start, (byte)(start >> 8), 16);
        router.ReceiveRaw("lan", raw);
        byte[] sent = router.SentOne("servers");
        Assert.Equal(raw.Length - VirtioHeader.Size, sent.Length);
        Assert.Equal("lan received 1, lan forwarded 1, servers sent 1, sessions 1", router.Moved());
    }
}
