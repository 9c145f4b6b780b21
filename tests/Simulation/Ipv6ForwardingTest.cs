using Router.Packets;
using Router.Wire;
using Support;
using TapDev;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>IPv6 across the router, without translation: who may open what, hops, echo, super-frames.</summary>
public sealed class Ipv6ForwardingTest : IDisposable
{
    private const string Client = "2001:db8:25:1::10", Server = "2001:db8:25:2::80", Own = "2001:db8:25:2::25", Remote = "2001:db8:25:3::25", Far = "2001:db8:ffff::1",
        Gateway = "2001:db8:25:3::1";

    private static readonly byte[] Payload = [.. Enumerable.Range(0, 60_001).Select(i => (byte)(i * 7))];

    private readonly TestRouter _router;

    public Ipv6ForwardingTest()
    {
        _router = new TestRouter();
        AddHosts(_router);
    }

    public void Dispose() => _router.Dispose();

    [Theory]
    [InlineData("lan", Client, Remote, "wan")]
    [InlineData("lan", Client, Server, "servers")]
    [InlineData("lan", Client, Far, "wan")]
    [InlineData("servers", Server, Remote, "wan")]
    public void A_connection_opens_and_its_answers_come_back(string ingress, string source, string destination, string egress)
    {
        _router.Receive(ingress, Frames.TcpSegment(source, 40000, destination, 443, Mac(ingress)));
        AssertPacket.That(_router.SentOne(egress)).IsIpv6(hopLimit: 63).FromTo(source, destination).IsTcp(40000, 443, Syn);
        Assert.Equal(Moves(ingress, egress) + ", sessions 1", _router.Moved());
        _router.Receive(egress, Frames.TcpSegment(destination, 443, source, 40000, Mac(egress), Syn | Ack));
        AssertPacket.That(_router.SentOne(ingress)).IsIpv6(hopLimit: 63).FromTo(destination, source).IsTcp(443, 40000, Syn | Ack);
        Assert.Equal(Moves(egress, ingress), _router.Moved());
        _router.Receive(ingress, Frames.TcpSegment(source, 40000, destination, 443, Mac(ingress), Ack));
        AssertPacket.That(_router.SentOne(egress)).IsIpv6(hopLimit: 63).FromTo(source, destination).IsTcp(40000, 443, Ack);
    }

    [Fact]
    public void Datagrams_and_echoes_pass_and_so_do_their_answers()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, Mac("lan")));
        AssertPacket.That(_router.SentOne("wan")).IsIpv6(hopLimit: 63).FromTo(Client, Remote).IsUdp(40000, 53);
        _router.Receive("wan", Frames.UdpDatagram(Remote, 53, Client, 40000, Mac("wan")));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Remote, Client).IsUdp(53, 40000);
        _router.Receive("lan", Frames.Echo(Client, Remote, 7, Mac("lan")));
        AssertPacket.That(_router.SentOne("wan")).IsIpv6(hopLimit: 63).FromTo(Client, Remote).IsEcho(128, 7);
        _router.Receive("wan", Frames.Echo(Remote, Client, 7, Mac("wan"), isReply: true));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Remote, Client).IsEcho(129, 7);
        Assert.Equal("lan received 2, lan forwarded 2, lan sent 2, wan received 2, wan forwarded 2, wan sent 2, sessions 2", _router.Moved());
        Assert.Equal(["ipv6 udp 1", "ipv6 icmp 1"], _router.Snapshot().Sessions.Where(entry => entry.Count > 0).Select(entry => $"{entry.Family} {entry.Protocol} {entry.Count}"));
    }

    [Theory]
    [InlineData("wan", Remote, Client, "UnsolicitedInbound")]
    [InlineData("wan", Remote, Server, "UnsolicitedInbound")]
    [InlineData("wan", Remote, Far, "UnsolicitedInbound")]
    [InlineData("servers", Server, Client, "ServersToLan")]
    public void What_nobody_inside_asked_for_is_refused(string ingress, string source, string destination, string reason)
    {
        _router.Receive(ingress, Frames.UdpDatagram(source, 40000, destination, 5000, Mac(ingress)));
        bool isTold = reason == "ServersToLan";
        Assert.Equal($"{ingress} received 1, {ingress} dropped {reason} 1{(isTold ? ", servers generated 1, servers sent 1" : "")}", _router.Moved());
    }

    [Fact]
    public void A_pinhole_lets_in_what_the_configuration_names()
    {
        _router.Receive("wan", Frames.TcpSegment(Remote, 40000, Own, 587, Mac("wan")));
        AssertPacket.That(_router.SentOne("servers")).IsIpv6(hopLimit: 63).FromTo(Remote, Own).IsTcp(40000, 587, Syn);
        _router.Receive("wan", Frames.TcpSegment(Remote, 40000, Own, 22, Mac("wan")));
        Assert.Equal("servers sent 1, wan received 2, wan forwarded 1, wan dropped UnsolicitedInboundSyn 1, sessions 1", _router.Moved());
    }

    /// <summary>RFC 4890 section 4.3.1, RFC 6092 REC-21 to REC-26.</summary>
    [Fact]
    public void Echo_requests_IPsec_and_IKE_come_in_without_a_rule()
    {
        _router.Receive("wan", Frames.Echo(Remote, Client, 9, Mac("wan")));
        AssertPacket.That(_router.SentOne("lan")).IsIpv6(hopLimit: 63).FromTo(Remote, Client).IsEcho(128, 9);
        _router.Receive("wan", Ipv6.Packet(Remote, Client, 50, new byte[40], Mac("wan")));
        _router.Receive("wan", Frames.UdpDatagram(Remote, 500, Client, 500, Mac("wan")));
        _router.Receive("wan", Ipv6.WithExtensions(Frames.UdpDatagram(Remote, 501, Client, 501, Mac("wan")), Ipv6.Authentication()));
        Assert.Equal(3, _router.Sent("lan").Count);
        Assert.Equal("lan sent 4, wan received 4, wan forwarded 4, sessions 4", _router.Moved());
    }

    [Fact]
    public void The_router_answers_an_echo_with_a_hop_limit_of_its_own()
    {
        _router.Receive("lan", Frames.Echo(Client, "2001:db8:25:1::1", 7, Mac("lan"), ttl: 1));
        AssertPacket.That(_router.SentOne("lan")).IsIpv6(hopLimit: 64).FromTo("2001:db8:25:1::1", Client).IsEcho(129, 7);
        byte[] broken = Frames.Echo(Client, "2001:db8:25:1::1", 7, Mac("lan"));
        broken[^1] ^= 1;
        _router.Receive("lan", broken);
        Assert.Equal("lan received 2, lan delivered 2, lan generated 1, lan sent 1", _router.Moved());
    }

    [Fact]
    public void A_closed_port_of_the_router_says_so()
    {
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, "2001:db8:25:1::1", 22, Mac("lan"), sequence: 7));
        AssertPacket.That(_router.SentOne("lan")).FromTo("2001:db8:25:1::1", Client).IsTcp(22, 40000, Rst | Ack, sequence: 0, acknowledgment: 8);
        byte[] datagram = Frames.UdpDatagram(Client, 40000, "2001:db8:25:1::1", 53, Mac("lan")), unknown = Ipv6.Packet(Client, "2001:db8:25:1::1", 132, new byte[16], Mac("lan"));
        _router.Receive("lan", datagram);
        AssertPacket.That(_router.SentOne("lan")).FromTo("2001:db8:25:1::1", Client).IsIcmp(1, 4).Quotes(datagram);
        _router.Receive("lan", unknown);
        AssertPacket.That(_router.SentOne("lan")).IsIcmp(4, 1, nextHopMtu: 6).Quotes(unknown);
    }

    [Theory]
    [InlineData("192.0.2.1", "SpoofedInsideSource")]
    [InlineData("2001:db8:25:2::9", "SpoofedInsideSource")]
    [InlineData("2001:db8:ffff::9", "SpoofedInsideSource")]
    [InlineData("::1", "MartianSource")]
    [InlineData("::", "MartianSource")]
    [InlineData("::ffff:192.168.25.10", "MartianSource")]
    [InlineData("::192.168.25.10", "MartianSource")]
    [InlineData("ff02::1", "MartianSource")]
    [InlineData("2001:db8:25:1::1", "SpoofedInsideSource")]
    public void A_source_that_cannot_be_a_hosts_or_not_this_ones_is_dropped(string source, string reason)
    {
        if (Frames.IsIpv6(source))
            _router.Receive("lan", Ipv6.Packet(source, Remote, 17, [1, 2, 3, 4, 0, 8, 0, 0], Mac("lan")));
        else
            _router.Receive("lan", Frames.UdpDatagram(source, 1, "203.0.113.25", 2, Mac("lan")));
        Assert.Equal($"lan received 1, lan dropped {reason} 1", _router.Moved());
    }

    [Theory]
    [InlineData("::", "MartianDestination")]
    [InlineData("::ffff:203.0.113.25", "MartianDestination")]
    [InlineData("ff0e::1", "MulticastNotRouted")]
    public void A_destination_that_is_no_hosts_is_dropped(string destination, string reason)
    {
        _router.Receive("lan", Ipv6.Packet(Client, destination, 17, [1, 2, 3, 4, 0, 8, 0, 0], Mac("lan")));
        Assert.Equal($"lan received 1, lan dropped {reason} 1", _router.Moved());
    }

    [Fact]
    public void An_outside_packet_with_an_inside_source_is_dropped()
    {
        _router.Receive("wan", Frames.UdpDatagram(Client, 1, Server, 2, Mac("wan")));
        Assert.Equal("wan received 1, wan dropped SpoofedOutsideSource 1", _router.Moved());
    }

    /// <summary>RFC 4443 section 3.1: a link-local address does not leave its link.</summary>
    [Fact]
    public void What_is_link_local_is_not_forwarded()
    {
        byte[] packet = Frames.UdpDatagram("fe80::9", 1, Remote, 2, Mac("lan"));
        _router.Receive("lan", packet);
        _router.Receive("lan", Frames.UdpDatagram(Client, 1, "fe80::9", 2, Mac("lan")));
        byte[][] errors = [.. _router.Sent("lan")];
        Assert.Equal(2, errors.Length);
        AssertPacket.That(errors[0]).FromTo($"{_router.Interface("lan").LinkLocalAddress}", "fe80::9").IsIcmp(1, 2);
        AssertPacket.That(errors[1]).FromTo("2001:db8:25:1::1", Client).IsIcmp(1, 2);
        Assert.Equal("lan received 2, lan dropped BeyondScope 2, lan generated 2, lan sent 2", _router.Moved());
    }

    [Theory]
    [InlineData(0, 0x50)]
    [InlineData(4, 0xFF)]
    public void A_header_that_is_wrong_is_dropped(int offset, byte value)
    {
        byte[] frame = Frames.UdpDatagram(Client, 1, Remote, 2, Mac("lan"));
        frame[EthernetHeader.Size + offset] = value;
        _router.Receive("lan", frame);
        _router.Receive("lan", frame[..50]);
        Assert.Equal("lan received 2, lan dropped InvalidIpv6Header 2", _router.Moved());
    }

    [Fact]
    public void A_RST_that_is_not_of_the_connection_is_dropped()
    {
        Establish(_router);
        _router.Receive("wan", Frames.TcpSegment(Remote, 443, Client, 40000, Mac("wan"), Rst, sequence: Frames.InitialSequence + 0x8000_0000));
        Assert.Equal("wan received 1, wan dropped TcpResetOutOfWindow 1", _router.Moved());
        _router.Receive("wan", Frames.TcpSegment(Remote, 443, Client, 40000, Mac("wan"), Rst, sequence: Frames.InitialSequence + 1));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Remote, Client).IsTcp(443, 40000, Rst);
        _router.Wait(TimeSpan.FromSeconds(241));
        Assert.Equal(0, _router.Path.Sessions.Count);
    }

    [Fact]
    public void A_TCP_super_frame_crosses_whole()
    {
        using TestRouter router = Open(Offloads.All);
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, Payload, 1428);
        (super[2], super[3]) = (0xFF, 0xFF);
        router.ReceiveRaw("lan", super);
        byte[] sent = Assert.Single(router.SentRaw("wan"));
        Assert.Equal([VirtioHeader.NeedsChecksum, VirtioHeader.GsoTcp6, 74, 0], sent[..4]);
        Assert.Equal(super[4..VirtioHeader.Size], sent[4..VirtioHeader.Size]);
        Assert.Equal(63, sent[Packet.NetworkOffset + 7]);
        Assert.Equal(super[(Packet.NetworkOffset + 8)..], sent[(Packet.NetworkOffset + 8)..]);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1", router.Moved());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_super_frame_is_cut_up_where_the_egress_takes_none_or_refuses_it(bool isRefused)
    {
        using TestRouter router = Open(isRefused ? Offloads.All : Offloads.Checksum | Offloads.Tso4);
        router.Device("wan").RefuseSuperFrames = isRefused;
        router.ReceiveRaw("lan", Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, Payload, 1428, Fin | Ack | Psh));
        router.Turn();
        router.Receive("servers", Frames.Arp(PacketDotNet.ArpOperation.Request, Frames.Host, "198.51.100.9", default, "198.51.100.77"));
        IReadOnlyList<byte[]> segments = router.Sent("wan");
        for (int i = 0; i < segments.Count; i++)
            AssertPacket.That(segments[i]).IsIpv6(hopLimit: 63).FromTo(Client, Remote)
                .IsTcp(40000, 443, i == segments.Count - 1 ? Fin | Ack | Psh : Ack, sequence: Frames.InitialSequence + 1 + (uint)i * 1428);
        Assert.Equal(Payload, segments.SelectMany(frame => AssertPacket.That(frame).Payload));
    }

    [Fact]
    public void A_checksum_left_to_the_offload_is_completed_where_the_egress_has_none()
    {
        using TestRouter router = Open(Offloads.None);
        router.ReceiveRaw("lan", Frames.WithoutChecksum(Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac, Ack, [1, 2, 3])));
        AssertPacket.That(router.SentOne("wan")).IsIpv6(hopLimit: 63).FromTo(Client, Remote).IsTcp(40000, 443, Ack);
        router.ReceiveRaw("lan", Frames.UdpSuperFrame(Client, 40001, Remote, 443, router.Interface("lan").Mac, Payload[..5001], 1200));
        Assert.Equal([1200, 1200, 1200, 1200, 201], router.Sent("wan").Select(frame => AssertPacket.That(frame).FromTo(Client, Remote).IsUdp(40001, 443).Payload.Length));
    }

    [Fact]
    public void An_IPv4_type_on_an_IPv6_super_frame_is_dropped()
    {
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, Mac("lan"), Payload, 1428);
        super[1] = VirtioHeader.GsoTcp4;
        _router.ReceiveRaw("lan", super);
        Assert.Equal("lan received 1, lan dropped InvalidOffloadHeader 1", _router.Moved());
    }

    private static TestRouter Open(Offloads offloads)
    {
        var router = new TestRouter(devices: new MemoryDeviceOptions { Offloads = offloads });
        AddHosts(router);
        Establish(router);
        return router;
    }

    private static void AddHosts(TestRouter router)
    {
        router.Host("lan", Client);
        router.Host("servers", Server);
        router.Host("servers", Own);
        router.Host("wan", Remote);
        router.Host("wan", Gateway);
    }

    private static void Establish(TestRouter router)
    {
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        router.Receive("wan", Frames.TcpSegment(Remote, 443, Client, 40000, router.Interface("wan").Mac, Syn | Ack));
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac, Ack));
        router.Sent("wan");
        router.Sent("lan");
        router.Moved();
    }

    private MacAddress Mac(string name) => _router.Interface(name).Mac;

    private static string Moves(string ingress, string egress)
    {
        string[] order = ["lan", "servers", "wan"];
        string received = $"{ingress} received 1, {ingress} forwarded 1", sent = $"{egress} sent 1";
        return Array.IndexOf(order, ingress) < Array.IndexOf(order, egress) ? $"{received}, {sent}" : $"{sent}, {received}";
    }
}
