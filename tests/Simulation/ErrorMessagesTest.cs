using Router.Configuration;
using Router.Packets;
using Router.Wire;
using Support;
using TapDev;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>What the router says about packets that go no further, and when it says nothing (RFC 1812 sections 4.3.2 and 5.3.1).</summary>
public sealed class ErrorMessagesTest : IDisposable
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Server = "198.51.100.80", Outside = "203.0.113.2";

    private readonly TestRouter _router = new();

    public ErrorMessagesTest()
    {
        _router.Host("lan", Client);
        _router.Host("servers", Server);
        _router.Host("wan", Remote);
    }

    public void Dispose() => _router.Dispose();

    private MacAddress Lan => _router.Interface("lan").Mac;

    private MacAddress Wan => _router.Interface("wan").Mac;

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void A_TTL_that_runs_out_is_answered_from_the_ingress_address(int ttl)
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, ttl: ttl);
        _router.Receive("lan", datagram);
        AssertPacket.That(_router.SentOne("lan")).IsIpv4(ttl: 64).FromTo("192.168.25.1", Client).IsIcmp(11, 0).Quotes(datagram);
        Assert.Equal("lan received 1, lan dropped TtlExpired 1, lan generated 1, lan sent 1", _router.Moved());
    }

    [Fact]
    public void A_TTL_of_two_reaches_the_next_hop_with_one()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, ttl: 2));
        AssertPacket.That(_router.SentOne("wan")).IsIpv4(ttl: 1).FromTo(Outside, Remote).IsUdp(40000, 33434);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1, mappings 1", _router.Moved());
    }

    /// <summary>RFC 1812 section 5.3.13.4: a source route would lead past the destination that the filter judges.</summary>
    [Theory]
    [InlineData("SourceRouted", 131, 7, 4)]
    [InlineData("SourceRouted", 137, 7, 4)]
    [InlineData("SourceRouted", 1, 131, 7)]
    [InlineData("InvalidIpv4Header", 7, 0, 4)]
    [InlineData("InvalidIpv4Header", 7, 1, 4)]
    [InlineData("InvalidIpv4Header", 7, 9, 4)]
    public void Source_routes_and_broken_options_are_dropped_in_silence(string reason, byte first, byte second, byte third)
    {
        byte[] options = [first, second, third, 198, 51, 100, 25, 0];
        _router.Receive("lan", Frames.WithOptions(Frames.TcpSegment(Client, 40000, Remote, 443, Lan), options));
        Assert.Equal($"lan received 1, lan dropped {reason} 1", _router.Moved());
    }

    [Fact]
    public void Harmless_options_pass()
    {
        _router.Receive("lan", Frames.WithOptions(Frames.TcpSegment(Client, 40000, Remote, 443, Lan), [148, 4, 0, 0, 1, 1, 0, 131]));
        AssertPacket.That(_router.SentOne("wan")).FromTo(Outside, Remote).IsTcp(40000, 443);
    }

    /// <summary>RFC 1812 section 5.3.7.</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.1.2.3")]
    [InlineData("240.0.0.1")]
    public void A_destination_that_is_no_hosts_goes_nowhere(string destination)
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, destination, 53, Lan));
        Assert.Equal("lan received 1, lan dropped MartianDestination 1", _router.Moved());
    }

    [Fact]
    public void Without_a_route_the_network_is_unreachable()
    {
        using var router = new TestRouter(TestConfiguration.Default with { Routes = [] });
        byte[] datagram = Frames.UdpDatagram(Client, 40000, "192.0.2.1", 53, router.Interface("lan").Mac);
        router.Receive("lan", datagram);
        AssertPacket.That(router.SentOne("lan")).FromTo("192.168.25.1", Client).IsIcmp(3, 0).Quotes(datagram);
        Assert.Equal("lan received 1, lan dropped NoRoute 1, lan generated 1, lan sent 1", router.Moved());
    }

    [Fact]
    public void A_server_may_not_open_a_session_to_the_LAN()
    {
        byte[] syn = Frames.TcpSegment(Server, 40000, Client, 22, _router.Interface("servers").Mac);
        _router.Receive("servers", syn);
        AssertPacket.That(_router.SentOne("servers")).FromTo("198.51.100.1", Server).IsIcmp(3, 13).Quotes(syn);
        Assert.Equal("servers received 1, servers dropped ServersToLan 1, servers generated 1, servers sent 1", _router.Moved());
    }

    [Fact]
    public void The_world_may_not_open_a_session_inside_and_is_told_nothing()
    {
        _router.Receive("wan", Frames.TcpSegment(Remote, 40000, Server, 22, Wan));
        _router.Receive("wan", Frames.UdpDatagram(Remote, 40000, Server, 53, Wan));
        _router.Receive("wan", Frames.TcpSegment(Remote, 40000, "192.168.25.10", 22, Wan));
        Assert.Equal("wan received 3, wan dropped UnsolicitedInbound 3", _router.Moved());
        AssertSilence();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_packet_larger_than_the_next_link_is_answered_with_its_MTU(bool isSuperFrame)
    {
        RouterConfiguration narrow = TestConfiguration.Default with
        {
            Interfaces = [.. TestConfiguration.Default.Interfaces.Select(entry => entry.Name == "wan" ? entry with { Mtu = 1400 } : entry)],
        };
        using var router = new TestRouter(narrow);
        router.Host("wan", Remote);
        MacAddress mac = router.Interface("lan").Mac;
        byte[] big = isSuperFrame
            ? Frames.SuperFrame(Client, 40000, Remote, 443, mac, new byte[20_000], 1361)
            : Frames.Raw(Frames.TcpSegment(Client, 40000, Remote, 443, mac, Syn, new byte[1361]));
        router.ReceiveRaw("lan", big);
        AssertPacket.That(router.SentOne("lan")).FromTo("192.168.25.1", Client).IsIcmp(3, 4, nextHopMtu: 1400).Quotes(big[VirtioHeader.Size..]);
        Assert.Equal("lan received 1, lan dropped PacketTooBig 1, lan generated 1, lan sent 1", router.Moved());

        router.ReceiveRaw("lan", isSuperFrame
            ? Frames.SuperFrame(Client, 40000, Remote, 443, mac, new byte[20_000], 1360, Syn)
            : Frames.Raw(Frames.TcpSegment(Client, 40000, Remote, 443, mac, Syn, new byte[1360])));
        Assert.Single(router.Sent("wan"));
    }

    [Fact]
    public void The_router_answers_an_echo_request_to_any_of_its_addresses()
    {
        foreach (string address in new[] { "192.168.25.1", "198.51.100.1", Outside })
        {
            _router.Receive("lan", Frames.Echo(Client, address, 77, Lan, payload: new byte[1001], ttl: 1));
            AssertPacket.That(_router.SentOne("lan")).IsIpv4(ttl: 64).FromTo(address, Client).IsEcho(0, 77);
        }

        Assert.Equal("lan received 3, lan delivered 3, lan generated 3, lan sent 3", _router.Moved());
    }

    [Fact]
    public void A_closed_UDP_port_of_the_router_is_unreachable()
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, "192.168.25.1", 161, Lan, new byte[1200]);
        _router.Receive("lan", datagram);
        AssertPacket.That(_router.SentOne("lan")).FromTo("192.168.25.1", Client).IsIcmp(3, 3).Quotes(datagram);
        Assert.Equal("lan received 1, lan delivered 1, lan generated 1, lan sent 1", _router.Moved());
    }

    [Fact]
    public void A_closed_TCP_port_of_the_router_is_reset()
    {
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, Outside, 22, Lan, sequence: 41));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Outside, Client).IsTcp(22, 40000, Rst | Ack, sequence: 0, acknowledgment: 42);
        Assert.Equal("lan received 1, lan delivered 1, lan generated 1, lan sent 1", _router.Moved());
    }

    [Fact]
    public void A_protocol_that_the_router_does_not_speak_is_unreachable()
    {
        _router.Receive("lan", Frames.WithHeader(Frames.UdpDatagram(Client, 1, "192.168.25.1", 1, Lan), header => header[9] = 132));
        AssertPacket.That(_router.SentOne("lan")).IsIcmp(3, 2);
        Assert.Equal("lan received 1, lan delivered 1, lan generated 1, lan sent 1", _router.Moved());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(11)]
    [InlineData(12)]
    public void An_error_is_never_about_an_error(byte type)
    {
        byte[] about = Frames.UdpDatagram(Remote, 53, Client, 40000, Lan);
        _router.Receive("lan", Frames.WithHeader(Frames.IcmpError(Client, Remote, type, 0, about, Lan), header => header[8] = 1));
        _router.Receive("lan", Frames.IcmpError(Client, "192.168.25.1", type, 0, about, Lan));
        AssertSilence();
        Assert.Equal("lan received 2, lan dropped IcmpErrorWithoutSession 2", _router.Moved());
    }

    [Theory]
    [InlineData(4, "TtlExpired")]
    [InlineData(5, "TtlExpired")]
    public void An_error_is_never_about_a_redirect_or_a_source_quench(byte type, string reason)
    {
        byte[] redirect = Frames.IcmpError(Client, Remote, type, 1, Frames.UdpDatagram(Client, 1, Remote, 2, Lan), Lan);
        _router.Receive("lan", Frames.WithHeader(redirect, header => header[8] = 1));
        AssertSilence();
        Assert.Equal($"lan received 1, lan dropped {reason} 1", _router.Moved());
    }

    [Fact]
    public void An_error_is_never_about_a_broadcast()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 68, "203.0.113.255", 67, Lan, ttl: 1));
        _router.Receive("lan", Frames.UdpDatagram(Client, 68, "192.168.25.255", 67, Lan));
        _router.Receive("lan", Frames.UdpDatagram(Client, 68, "255.255.255.255", 67, MacAddress.Broadcast));
        _router.Receive("lan", Frames.UdpDatagram(Client, 68, "192.168.25.1", 161, MacAddress.Broadcast));
        _router.Receive("lan", Frames.UdpDatagram(Client, 68, Remote, 161, MacAddress.Broadcast));
        AssertSilence();
        Assert.Equal("lan received 5, lan dropped TtlExpired 1, lan dropped BroadcastNotRouted 4", _router.Moved());
    }

    [Fact]
    public void An_error_is_never_sent_to_a_group_of_stations()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, ttl: 1, from: MacAddress.Broadcast));
        AssertSilence();
        Assert.Equal("lan received 1, lan dropped TtlExpired 1", _router.Moved());
    }

    [Fact]
    public void A_super_frame_that_claims_to_be_a_fragment_is_dropped()
    {
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, Lan, new byte[9000], 1448);
        _router.ReceiveRaw("lan", [.. super[..VirtioHeader.Size], .. Frames.Fragment(super[VirtioHeader.Size..], 0, more: true)]);
        AssertSilence();
        Assert.Equal("lan received 1, lan dropped OffloadedFragment 1", _router.Moved());
    }

    [Fact]
    public void Frames_that_are_no_business_of_the_router_have_reasons_of_their_own()
    {
        byte[] syn = Frames.TcpSegment(Client, 40000, Remote, 443, Lan);
        byte[] WithType(ushort type) => [.. syn[..12], (byte)(type >> 8), (byte)type, .. syn[14..]];
        _router.Receive("lan", WithType(0x86DD));
        _router.Receive("lan", WithType(0x8100));
        _router.Receive("lan", WithType(0x88A8));
        _router.Receive("lan", WithType(0x88CC));
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, Frames.Host));
        _router.Receive("lan", syn[..13]);
        _router.Receive("lan", syn[..20]);
        _router.Receive("lan", syn[..40]);
        _router.Receive("lan", Frames.UdpDatagram(Client, 5353, "224.0.0.251", 5353, new MacAddress(0x01_00_5E_00_00_FB)));
        _router.Receive("lan", Frames.TcpSegment("127.0.0.1", 40000, Remote, 443, Lan));
        byte[] broken = [.. syn];
        broken[14 + 11] ^= 1;
        _router.Receive("lan", broken);
        byte[] cut = Frames.WithHeader(syn, header => header[3] = 30);
        _router.Receive("lan", cut);
        AssertSilence();
        Assert.Equal("lan received 12, lan dropped TruncatedFrame 1, lan dropped NotForUs 1, lan dropped VlanTagged 2, lan dropped UnknownEtherType 1, "
            + "lan dropped InvalidIpv4Header 2, lan dropped InvalidIpv4Checksum 1, lan dropped InvalidIpv6Header 1, lan dropped MartianSource 1, "
            + "lan dropped MulticastNotRouted 1, lan dropped TruncatedTransportHeader 1", _router.Moved());
    }

    [Fact]
    public void A_flood_of_errors_to_one_addressee_does_not_use_up_the_others()
    {
        for (int i = 0; i < 1000; i++)
            _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, ttl: 1));
        Assert.Equal(50, _router.Sent("lan").Count);
        _router.Receive("lan", Frames.UdpDatagram("192.168.25.11", 40000, Remote, 33434, Lan, ttl: 1));
        Assert.Single(_router.Sent("lan"));
        Assert.Equal(1001, _router.Dropped("lan", DropReason.TtlExpired));
    }

    private void AssertSilence()
    {
        foreach (string name in new[] { "lan", "servers", "wan" })
            Assert.Empty(_router.Sent(name));
    }
}
