using Router.Configuration;
using Router.Packets;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>ICMPv6 errors: those that the router sends (RFC 4443) and those that cross it by their quote (RFC 4890, RFC 6092).</summary>
public sealed class Icmpv6ErrorsTest : IDisposable
{
    private const string Client = "2001:db8:25:1::10", Server = "2001:db8:25:2::80", Remote = "2001:db8:25:3::25", Hop = "2001:db8:ffff::7", Gateway = "2001:db8:25:3::1",
        LanAddress = "2001:db8:25:1::1", WanAddress = "2001:db8:25:3::2";

    private readonly TestRouter _router = Open(TestConfiguration.Default);

    private MacAddress Lan => _router.Interface("lan").Mac;

    private MacAddress Wan => _router.Interface("wan").Mac;

    public void Dispose() => _router.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_hop_limit_that_runs_out_is_answered_with_3_0(int hopLimit)
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, ttl: hopLimit);
        _router.Receive("lan", datagram);
        AssertPacket.That(_router.SentOne("lan")).IsTo(Frames.Host).IsIpv6(hopLimit: 64).FromTo(LanAddress, Client).IsIcmp(3, 0).Quotes(datagram);
        Assert.Equal("lan received 1, lan dropped TtlExpired 1, lan generated 1, lan sent 1", _router.Moved());
    }

    [Fact]
    public void No_route_is_answered_with_1_0()
    {
        using TestRouter router = Open(TestConfiguration.Default with { Routes = [] });
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Hop, 53, router.Interface("lan").Mac);
        router.Receive("lan", datagram);
        AssertPacket.That(router.SentOne("lan")).FromTo(LanAddress, Client).IsIcmp(1, 0).Quotes(datagram);
    }

    [Theory]
    [InlineData(1332)]
    [InlineData(1400)]
    public void What_is_too_big_is_answered_with_2_0_and_the_MTU(int payload)
    {
        using TestRouter router = Open(WithMtu("wan", 1379));
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 53, router.Interface("lan").Mac, new byte[payload]);
        router.Receive("lan", datagram);
        AssertPacket.That(router.SentOne("lan")).FromTo(LanAddress, Client).IsIcmp(2, 0, nextHopMtu: 1379).Quotes(datagram);
        Assert.Equal("lan received 1, lan dropped PacketTooBig 1, lan generated 1, lan sent 1", router.Moved());
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, router.Interface("lan").Mac, new byte[1331]));
        AssertPacket.That(router.SentOne("wan")).IsUdp(40000, 53);
    }

    [Fact]
    public void A_super_frame_whose_segments_are_too_big_is_answered_too()
    {
        using TestRouter router = Open(WithMtu("wan", 1400));
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        router.Sent("wan");
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, new byte[9000], 1428);
        router.ReceiveRaw("lan", super);
        AssertPacket.That(router.SentOne("lan")).IsIcmp(2, 0, nextHopMtu: 1400);
        router.ReceiveRaw("lan", Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, new byte[9000], 1340));
        Assert.Single(router.Sent("wan"));
    }

    [Theory]
    [InlineData(1400, 1500, 1440, 1340)]
    [InlineData(1500, 1400, 1440, 1340)]
    [InlineData(1500, 1400, 1220, 1220)]
    [InlineData(1500, 9000, 8940, 1440)]
    public void The_segment_size_is_lowered_to_the_path(int lanMtu, int wanMtu, int announced, int expected)
    {
        using TestRouter router = Open(WithMtu("wan", wanMtu, "lan", lanMtu));
        byte[] option = [2, 4, (byte)(announced >> 8), (byte)announced];
        router.Receive("lan", Frames.WithTcpOptions(Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac), option));
        byte[] syn = router.SentOne("wan");
        AssertPacket.That(syn).FromTo(Client, Remote).IsTcp(40000, 443, Syn);
        router.Receive("wan", Frames.WithTcpOptions(Frames.TcpSegment(Remote, 443, Client, 40000, router.Interface("wan").Mac, Syn | Ack), option));
        byte[] answer = router.SentOne("lan");
        AssertPacket.That(answer).FromTo(Remote, Client).IsTcp(443, 40000, Syn | Ack);
        Assert.Equal((expected, expected), (syn[76] << 8 | syn[77], answer[76] << 8 | answer[77]));
    }

    [Fact]
    public void The_segment_size_of_what_is_authenticated_is_left_alone()
    {
        using TestRouter router = Open(WithMtu("wan", 1400));
        byte[] syn = Frames.WithTcpOptions(Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac), [2, 4, 5, 160]);
        byte[] frame = Ipv6.WithExtensions(syn, Ipv6.Authentication());
        router.Receive("lan", frame);
        Assert.Equal(frame[54..], router.SentOne("wan")[54..]);
    }

    /// <summary>RFC 6092 REC-34: after six seconds, and not where an inside host has sent its own SYN by then.</summary>
    [Fact]
    public void A_SYN_that_nobody_asked_for_is_refused_six_seconds_later()
    {
        byte[] syn = Frames.TcpSegment(Remote, 40000, Client, 80, Wan);
        _router.Receive("wan", syn);
        _router.Receive("wan", Frames.TcpSegment(Remote, 443, Client, 40001, Wan));
        _router.Receive("lan", Frames.TcpSegment(Client, 40001, Remote, 443, Lan));
        Assert.Equal("lan received 1, lan forwarded 1, wan received 2, wan dropped UnsolicitedInboundSyn 2, wan sent 1, sessions 1", _router.Moved());
        _router.Sent("wan");
        _router.Wait(TimeSpan.FromSeconds(5.75));
        Assert.Equal("", _router.Moved());
        _router.Wait(TimeSpan.FromSeconds(0.5));
        AssertPacket.That(_router.SentOne("wan")).IsIpv6(hopLimit: 64).FromTo(WanAddress, Remote).IsIcmp(1, 1).Quotes(syn);
        _router.Receive("wan", Frames.TcpSegment(Remote, 443, Client, 40001, Wan));
        AssertPacket.That(_router.SentOne("lan")).IsTcp(443, 40001, Syn);
    }

    [Fact]
    public void An_inside_server_that_opens_to_the_LAN_is_told()
    {
        byte[] syn = Frames.TcpSegment(Server, 40000, Client, 80, _router.Interface("servers").Mac);
        _router.Receive("servers", syn);
        AssertPacket.That(_router.SentOne("servers")).FromTo("2001:db8:25:2::1", Server).IsIcmp(1, 1).Quotes(syn);
    }

    /// <summary>RFC 4443 section 2.4 (e).</summary>
    [Fact]
    public void Nothing_is_said_about_an_error_a_redirect_a_group_or_no_source()
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 53, Lan);
        foreach (byte type in new byte[] { 1, 2, 3, 4, 5, 100, 127, 137 })
            _router.Receive("lan", Ipv6.Icmp(Client, Remote, [type, 0, 0, 0, 0, 0, 0, 0, .. Frames.Network(datagram)], Lan, hopLimit: 1));
        _router.Receive("lan", Ipv6.Packet("::", Remote, 17, [1, 2, 3, 4, 0, 8, 0, 0], Lan, hopLimit: 1));
        _router.Receive("lan", Ipv6.Packet(Client, "ff0e::1", 17, [1, 2, 3, 4, 0, 8, 0, 0], Lan, hopLimit: 1));
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, new MacAddress(0x3333_0000_0001), ttl: 1));
        _router.Receive("lan", Ipv6.Packet(Client, "ff0e::1", 200, new byte[8], Lan));
        AssertSilence();
    }

    [Fact]
    public void A_flood_is_answered_at_a_bounded_rate_by_prefix()
    {
        for (int i = 0; i < 500; i++)
            _router.Receive("lan", Frames.UdpDatagram($"2001:db8:25:1::{i + 0x1000:x}", 40000, Remote, 53, Lan, ttl: 1));
        Assert.Equal(50, _router.Sent("lan").Count);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 4)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(4, 0)]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    public void An_error_about_a_session_crosses_as_it_is(byte type, byte code)
    {
        byte[] sent = OpenUdp();
        byte[] error = Frames.IcmpError(Hop, Client, type, code, sent, Wan);
        _router.Receive("wan", error);
        byte[] crossed = _router.SentOne("lan");
        AssertPacket.That(crossed).IsIpv6(hopLimit: 63).FromTo(Hop, Client).IsIcmp(type, code);
        Assert.Equal(error[54..], crossed[54..]);
        Assert.Equal("lan sent 1, wan received 1, wan forwarded 1", _router.Moved());
    }

    [Fact]
    public void Errors_about_TCP_echo_ESP_and_answers_cross_too()
    {
        byte[] syn = Frames.TcpSegment(Client, 40000, Remote, 443, Lan), echo = Frames.Echo(Client, Remote, 7, Lan), esp = Ipv6.Packet(Client, Remote, 50, new byte[40], Lan);
        byte[] behindOptions = Ipv6.WithExtensions(Frames.UdpDatagram(Client, 40009, Remote, 53, Lan), Ipv6.Options());
        foreach (byte[] frame in new[] { syn, echo, esp, behindOptions })
        {
            _router.Receive("lan", frame);
            byte[] left = _router.SentOne("wan");
            _router.Receive("wan", Frames.IcmpError(Hop, Client, 2, 0, left, Wan));
            AssertPacket.That(_router.SentOne("lan")).FromTo(Hop, Client).IsIcmp(2, 0);
        }

        // From inside, about what came in as an answer.
        byte[] answer = Frames.TcpSegment(Remote, 443, Client, 40000, Wan, Syn | Ack);
        _router.Receive("wan", answer);
        _router.Sent("lan");
        _router.Receive("lan", Frames.IcmpError(Client, Remote, 1, 4, answer, Lan));
        AssertPacket.That(_router.SentOne("wan")).FromTo(Client, Remote).IsIcmp(1, 4);
    }

    [Theory]
    [InlineData("other session", "IcmpErrorWithoutSession")]
    [InlineData("other host", "InvalidIcmpQuote")]
    [InlineData("checksum", "InvalidIcmpChecksum")]
    [InlineData("cut in the header", "InvalidIcmpQuote")]
    [InlineData("cut in the ports", "InvalidIcmpQuote")]
    [InlineData("IPv4", "InvalidIcmpQuote")]
    [InlineData("later fragment", "InvalidIcmpQuote")]
    [InlineData("mapped address", "InvalidIcmpQuote")]
    [InlineData("type 5", "UnsolicitedInbound")]
    public void An_error_that_fits_no_session_is_dropped_in_silence(string what, string reason)
    {
        byte[] sent = OpenUdp(), other = Frames.UdpDatagram(Client, 40007, Remote, 53, Wan);
        byte[] error = what switch
        {
            "other session" => Frames.IcmpError(Hop, Client, 1, 0, other, Wan),
            "other host" => Frames.IcmpError(Hop, "2001:db8:25:1::11", 1, 0, sent, Wan),
            "checksum" => [.. Frames.IcmpError(Hop, Client, 1, 0, sent, Wan)[..^1], 0x77],
            "cut in the header" => Frames.IcmpError(Hop, Client, 1, 0, sent, Wan, quoted: 39),
            "cut in the ports" => Frames.IcmpError(Hop, Client, 1, 0, sent, Wan, quoted: 47),
            "IPv4" => Frames.IcmpError(Hop, Client, 1, 0, Frames.UdpDatagram("192.168.25.10", 40000, "203.0.113.25", 53, Wan), Wan),
            "later fragment" => Frames.IcmpError(Hop, Client, 1, 0, Ipv6.WithExtensions(sent, Ipv6.FragmentHeader(1, 8, more: false)), Wan),
            "mapped address" => Frames.IcmpError(Hop, Client, 1, 0, Ipv6.Packet(Client, "::ffff:203.0.113.25", 17, new byte[16], Wan), Wan),
            _ => Frames.IcmpError(Hop, Client, 5, 0, sent, Wan),
        };
        _router.Receive("wan", error);
        AssertSilence();
        Assert.Equal($"wan received 1, wan dropped {reason} 1", _router.Moved());
    }

    /// <summary>RFC 6092 REC-19, REC-37.</summary>
    [Fact]
    public void An_error_neither_refreshes_nor_ends_a_session()
    {
        byte[] sent = OpenUdp();
        _router.Time.Advance(TimeSpan.FromSeconds(299));
        _router.Host("lan", Client);
        _router.Receive("wan", Frames.IcmpError(Hop, Client, 1, 0, sent, Wan));
        Assert.Single(_router.Sent("lan"));
        _router.Time.Advance(TimeSpan.FromSeconds(1));
        _router.Receive("wan", Frames.UdpDatagram(Remote, 123, Client, 40000, Wan));
        Assert.Empty(_router.Sent("lan"));
    }

    /// <summary>RFC 4890 section 4.3.4 and 4.3.5: what is for neighbours, and what nobody needs, does not cross.</summary>
    [Theory]
    [InlineData(130)]
    [InlineData(133)]
    [InlineData(134)]
    [InlineData(135)]
    [InlineData(136)]
    [InlineData(137)]
    [InlineData(138)]
    [InlineData(139)]
    [InlineData(144)]
    [InlineData(200)]
    public void Other_types_do_not_cross(byte type)
    {
        // An echo session with the identifier zero has no port that is not zero.
        _router.Receive("lan", Frames.Echo(Client, Remote, 0, Lan));
        Assert.Single(_router.Sent("wan"));
        _router.Receive("lan", Ipv6.Icmp(Client, Remote, [type, 0, 0, 0, .. new byte[36]], Lan));
        _router.Receive("wan", Ipv6.Icmp(Remote, Client, [type, 0, 0, 0, .. new byte[36]], Wan, hopLimit: 255));
        AssertSilence();
    }

    private byte[] OpenUdp()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 123, Lan));
        byte[] sent = _router.SentOne("wan");
        _router.Moved();
        return sent;
    }

    private void AssertSilence()
    {
        foreach (string name in new[] { "lan", "servers", "wan" })
            Assert.Empty(_router.Sent(name));
    }

    private static TestRouter Open(RouterConfiguration configuration)
    {
        var router = new TestRouter(configuration);
        router.Host("lan", Client);
        router.Host("servers", Server);
        router.Host("wan", Remote);
        router.Host("wan", Gateway);
        return router;
    }

    private static RouterConfiguration WithMtu(string name, int mtu, string? other = null, int otherMtu = 0) => TestConfiguration.Default with
    {
        Interfaces = [.. TestConfiguration.Default.Interfaces.Select(entry => entry.Name == name ? entry with { Mtu = mtu } : entry.Name == other ? entry with { Mtu = otherMtu } : entry)],
    };
}
