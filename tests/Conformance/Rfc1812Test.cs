using PacketDotNet;
using Router.Packets;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>RFC 1812: what an IPv4 router forwards, and what it does not.</summary>
public sealed class Rfc1812Test : Scenario
{
    /// <summary>A header that is cut, of another version, too short, longer or shorter than the packet, or with a wrong checksum.</summary>
    [Theory]
    [InlineData(0, 0x65, "InvalidIpv4Header")]
    [InlineData(0, 0x55, "InvalidIpv4Header")]
    [InlineData(0, 0x44, "InvalidIpv4Header")]
    [InlineData(0, 0x4F, "InvalidIpv4Header")]
    [InlineData(2, 0xFF, "InvalidIpv4Header")]
    [InlineData(3, 19, "InvalidIpv4Header")]
    [InlineData(3, 27, "TruncatedTransportHeader")]
    [InlineData(10, 0, "InvalidIpv4Checksum")]
    [Requirement("RFC 1812", "5.2.2", Level.Must)]
    public void A_bad_header_is_dropped_in_silence(int at, byte value, string reason)
    {
        byte[] frame = at == 10 ? Udp(Client, 40000, Remote, 53) : Frames.WithHeader(Udp(Client, 40000, Remote, 53), header => header[at] = value);
        if (at == 10)
            frame[14 + 10] ^= 0x10;
        Router.Receive("lan", frame);
        AssertSilence();
        Assert.Equal($"lan received 1, lan dropped {reason} 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 1812", "5.2.2", Level.Must)]
    public void A_packet_that_ends_early_is_dropped_in_silence()
    {
        byte[] frame = Udp(Client, 40000, Remote, 53);
        Router.Receive("lan", frame[..(14 + 19)]);
        Router.Receive("lan", frame[..^1]);
        AssertSilence();
        Assert.Equal("lan received 2, lan dropped InvalidIpv4Header 2", Router.Moved());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [Requirement("RFC 1812", "5.3.1", Level.Must)]
    [Requirement("RFC 5508", "REQ-10", Level.Must)]
    public void A_TTL_that_runs_out_here_is_answered(int ttl)
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, ttl: ttl);
        Router.Receive("lan", datagram);
        AssertPacket.That(Router.SentOne("lan")).IsIpv4(ttl: 64).FromTo(LanGateway, Client).IsIcmp(11, 0).Quotes(datagram);
        Router.Receive("lan", Frames.UdpDatagram(Client, 5353, "224.0.0.251", 5353, new MacAddress(0x01_00_5E_00_00_FB), ttl: ttl));
        AssertSilence();
        Assert.Equal("lan received 2, lan dropped MulticastNotRouted 1, lan dropped TtlExpired 1, lan generated 1, lan sent 1", Router.Moved());
    }

    [Theory]
    [InlineData(255)]
    [InlineData(64)]
    [InlineData(2)]
    [Requirement("RFC 1812", "5.3.1", Level.Must)]
    [Requirement("RFC 1812", "5.3.1 next hop", Level.MustNot)]
    public void One_hop_costs_one_even_where_the_next_will_be_the_last(int ttl)
    {
        AssertPacket.That(Out(Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, ttl: ttl))).IsIpv4(ttl - 1).FromTo(Outside, Remote).IsUdp(40000, 33434);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1, mappings 1", Router.Moved());
    }

    [Theory]
    [InlineData(8)]
    [InlineData(520)]
    [InlineData(521)]
    [InlineData(1400)]
    [Requirement("RFC 1812", "4.3.2.3", Level.Should)]
    public void An_error_quotes_what_fits_into_576_bytes(int payload)
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, new byte[payload], ttl: 1);
        Router.Receive("lan", datagram);
        byte[] error = Router.SentOne("lan");
        AssertPacket.That(error).IsIcmp(11, 0).Quotes(datagram);
        Assert.Equal(Math.Min(576, 20 + 8 + 28 + payload), error.Length - 14);
    }

    [Theory]
    [InlineData("lan", Client, LanGateway)]
    [InlineData("servers", Server, ServersGateway)]
    [InlineData("wan", Remote, Outside)]
    [Requirement("RFC 1812", "4.3.2.4", Level.Must)]
    public void An_error_comes_from_the_interface_that_it_leaves_by(string ingress, string sender, string gateway)
    {
        byte[] syn = Frames.TcpSegment(sender, 40000, ingress == "wan" ? Outside : Remote, 8080, Router.Interface(ingress).Mac, ttl: 1);
        Router.Receive(ingress, syn);
        AssertPacket.That(Router.SentOne(ingress)).FromTo(gateway, sender).IsIcmp(11, 0).Quotes(syn);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(11)]
    [InlineData(12)]
    [Requirement("RFC 1812", "4.3.2.7", Level.MustNot)]
    public void No_error_is_about_an_error(byte type)
    {
        byte[] error = Error(Client, Remote, type, 0, Udp(Remote, 53, Client, 40000));
        Router.Receive("lan", Frames.WithHeader(error, header => header[8] = 1));
        AssertSilence();
    }

    [Fact]
    [Requirement("RFC 1812", "4.3.2.7", Level.MustNot)]
    public void No_error_is_about_what_is_not_for_one_host_or_from_one()
    {
        var broadcast = MacAddress.Broadcast;
        foreach (byte[] frame in new[]
        {
            Frames.UdpDatagram(Client, 68, "192.168.25.255", 67, Lan, ttl: 1), Frames.UdpDatagram(Client, 68, "255.255.255.255", 67, broadcast, ttl: 1),
            Frames.UdpDatagram(Client, 68, "224.0.0.1", 67, Lan, ttl: 1), Frames.UdpDatagram(Client, 68, Remote, 67, broadcast, ttl: 1),
            Frames.UdpDatagram(Client, 68, Remote, 67, Lan, ttl: 1, from: broadcast), Frames.UdpDatagram("0.0.0.0", 68, Remote, 67, Lan, ttl: 1),
            Frames.UdpDatagram("127.0.0.1", 68, Remote, 67, Lan, ttl: 1), Frames.UdpDatagram("224.0.0.1", 68, Remote, 67, Lan, ttl: 1),
            Frames.UdpDatagram("192.168.25.255", 68, Remote, 67, Lan, ttl: 1), Frames.Fragment(Frames.UdpDatagram(Client, 68, Remote, 67, Lan, ttl: 1), 100, more: false),
        })
            Router.Receive("lan", frame);
        AssertSilence();
    }

    [Fact]
    [Requirement("RFC 1812", "4.3.2.8", Level.Should)]
    public void Errors_are_limited_for_each_addressee_and_the_bucket_fills_again()
    {
        byte[] Expired(string source) => Frames.UdpDatagram(source, 40000, Remote, 33434, Lan, ttl: 1);
        for (int i = 0; i < 500; i++)
            Router.Receive("lan", Expired(Client));
        Assert.Equal(50, Router.Sent("lan").Count);
        Router.Receive("lan", Expired(Other));
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Other).IsIcmp(11, 0);
        Router.Time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 500; i++)
            Router.Receive("lan", Expired(Client));
        Assert.Equal(50, Router.Sent("lan").Count);
        Assert.Equal(1001, Router.Dropped("lan", DropReason.TtlExpired));
    }

    [Fact]
    [Requirement("RFC 1812", "4.3.3.1 code 0", Level.Must)]
    public void Without_a_route_the_network_is_unreachable()
    {
        using var router = new TestRouter(Default with { Routes = [] });
        byte[] datagram = Frames.UdpDatagram(Client, 40000, "192.0.2.1", 53, router.Interface("lan").Mac);
        router.Receive("lan", datagram);
        AssertPacket.That(router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(3, 0).Quotes(datagram);
        Assert.Equal("lan received 1, lan dropped NoRoute 1, lan generated 1, lan sent 1", router.Moved());
    }

    [Fact]
    [Requirement("RFC 1812", "4.3.3.1 code 1", Level.Must)]
    public void A_next_hop_that_does_not_answer_makes_the_host_unreachable()
    {
        byte[] datagram = Udp(Client, 40000, "203.0.113.99", 53);
        Router.Receive("lan", datagram);
        Router.Wait(TimeSpan.FromSeconds(3));
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(3, 1).Quotes(datagram);
        Assert.Equal(1, Router.Dropped("lan", DropReason.NeighborUnreachable));
    }

    [Fact]
    [Requirement("RFC 1812", "5.3.4", Level.MustNot)]
    [Requirement("RFC 1812", "RFC 2644", Level.MustNot)]
    public void Broadcasts_stay_on_their_link()
    {
        Router.Receive("lan", Frames.UdpDatagram(Client, 68, Remote, 67, MacAddress.Broadcast));
        Router.Receive("lan", Frames.UdpDatagram(Client, 68, "198.51.100.255", 67, Lan));
        Router.Receive("lan", Frames.UdpDatagram(Client, 68, "198.51.100.0", 67, Lan));
        Router.Receive("lan", Frames.UdpDatagram(Client, 68, "255.255.255.255", 67, MacAddress.Broadcast));
        Router.Receive("wan", Frames.Echo(Remote, "198.51.100.255", 1, Wan));
        Router.Receive("wan", Frames.Echo(Remote, "192.168.25.255", 1, Wan));
        AssertSilence();
        Assert.Equal("lan received 4, lan dropped BroadcastNotRouted 4, wan received 2, wan dropped BroadcastNotRouted 2", Router.Moved());
    }

    [Theory]
    [InlineData("0.1.2.3", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("169.254.7.7", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("239.255.255.255", false)]
    [InlineData("240.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("10.1.2.3", true)]
    [InlineData("172.16.0.1", true)]
    [InlineData("192.168.99.1", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("192.0.2.1", true)]
    [InlineData("198.18.0.1", true)]
    [InlineData("223.255.255.1", true)]
    [Requirement("RFC 1812", "5.3.7", Level.Should)]
    public void Martians_are_dropped_and_documentation_private_and_shared_addresses_are_none(string source, bool passes)
    {
        Router.Receive("wan", Tcp(source, 50000, Outside, 8080));
        if (passes)
            AssertPacket.That(Router.SentOne("lan")).FromTo(source, Home).IsTcp(50000, 80, Syn);
        AssertSilence();
        Assert.Equal(passes ? "lan sent 1, wan received 1, wan forwarded 1, sessions 1" : "wan received 1, wan dropped MartianSource 1", Router.Moved());
    }

    [Theory]
    [InlineData(131)]
    [InlineData(137)]
    [Requirement("RFC 1812", "5.3.13.4", Level.Expected)]
    public void Source_routes_are_dropped_in_silence(byte option)
    {
        Router.Receive("lan", Frames.WithOptions(Tcp(Client, 40000, Remote, 443), [option, 7, 4, 198, 51, 100, 25, 0]));
        AssertSilence();
        Assert.Equal("lan received 1, lan dropped SourceRouted 1", Router.Moved());
    }

    /// <summary>Record route, timestamp, router alert, one that nobody knows.</summary>
    [Theory]
    [InlineData(7, 7, 4, 0)]
    [InlineData(68, 8, 5, 0)]
    [InlineData(148, 4, 0, 0)]
    [InlineData(30, 8, 1, 2)]
    [Requirement("RFC 1812", "5.3.13 others", Level.Must)]
    public void Other_options_pass(byte first, byte second, byte third, byte fourth)
    {
        byte[] sent = Out(Frames.WithOptions(Tcp(Client, 40000, Remote, 443), [first, second, third, fourth, 0, 0, 0, 0]));
        AssertPacket.That(sent).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsTcp(40000, 443, Syn);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1, mappings 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 1812", "RFC 1027", Level.Expected)]
    public void ARP_is_answered_for_the_routers_own_addresses_only()
    {
        foreach (string target in new[] { "192.168.25.77", Home, Remote, Server, Outside, ServersGateway, "8.8.8.8" })
            Router.Receive("lan", Frames.Arp(ArpOperation.Request, Frames.Host, Client, default, target));
        Assert.Equal("lan received 7, lan dropped ArpNotForUs 7", Router.Moved());
        Router.Receive("lan", Frames.Arp(ArpOperation.Request, Frames.Host, Client, default, LanGateway));
        Assert.Equal("lan received 1, lan delivered 1, lan generated 1, lan sent 1", Router.Moved());
    }
}
