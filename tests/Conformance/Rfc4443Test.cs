using Router.Wire;
using Support;

namespace Conformance;

/// <summary>RFC 4443: the ICMPv6 that the router itself sends.</summary>
public sealed class Rfc4443Test : Ipv6Scenario
{
    [Fact]
    [Requirement("RFC 4443", "2.2", Level.Must)]
    [Requirement("RFC 4443", "3.3", Level.Must)]
    [Requirement("RFC 8200", "3", Level.Must)]
    public void A_hop_limit_that_runs_out_is_told_by_the_interface_that_it_came_in_by()
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, ttl: 1);
        Router.Receive("lan", datagram);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(3, 0).Quotes(datagram);
        AssertPacket.That(Out(Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, ttl: 2))).IsIpv6(hopLimit: 1);
    }

    [Theory]
    [InlineData(1183)]
    [InlineData(1184)]
    [InlineData(1400)]
    [Requirement("RFC 4443", "2.4 (c)", Level.Must)]
    public void An_error_is_no_larger_than_the_least_MTU(int payload)
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 33434, Lan, new byte[payload], ttl: 1);
        Router.Receive("lan", datagram);
        byte[] error = Router.SentOne("lan");
        Assert.Equal(Math.Min(1280, payload + 96), error.Length - 14);
        AssertPacket.That(error).IsIcmp(3, 0).Quotes(datagram);
    }

    [Theory]
    [InlineData("error")]
    [InlineData("unknown error")]
    [InlineData("redirect")]
    [InlineData("group")]
    [InlineData("group of stations")]
    [InlineData("no source")]
    [InlineData("multicast source")]
    [Requirement("RFC 4443", "2.4 (e)", Level.MustNot)]
    public void Nothing_is_said_where_it_may_not(string what)
    {
        byte[] message = [1, 0, 0, 0, .. new byte[60]], datagram = [0x9C, 0x40, 0, 53, 0, 8, 0, 0];
        Router.Receive("lan", what switch
        {
            "error" => Ipv6.Icmp(Client, Remote, message, Lan, hopLimit: 1),
            "unknown error" => Ipv6.Icmp(Client, Remote, [100, .. message[1..]], Lan, hopLimit: 1),
            "redirect" => Ipv6.Icmp(Client, Remote, [137, .. message[1..]], Lan, hopLimit: 1),
            "group" => Ipv6.Packet(Client, "ff0e::1", 17, datagram, Lan, hopLimit: 1),
            "group of stations" => Ipv6.Packet(Client, Remote, 17, datagram, new MacAddress(0x3333_0000_0001), hopLimit: 1),
            "no source" => Ipv6.Packet("::", Remote, 17, datagram, Lan, hopLimit: 1),
            _ => Ipv6.Packet("ff02::5", Remote, 17, datagram, Lan, hopLimit: 1),
        });
        AssertSilence();
    }

    [Fact]
    [Requirement("RFC 4443", "2.4 (f)", Level.Must)]
    public void Errors_come_at_a_bounded_rate()
    {
        for (ushort i = 0; i < 500; i++)
            Router.Receive("lan", Frames.UdpDatagram(Client, i, Remote, 33434, Lan, ttl: 1));
        Assert.Equal(50, Router.Sent("lan").Count);
        Router.Time.Advance(TimeSpan.FromMilliseconds(100));
        for (ushort i = 0; i < 500; i++)
            Router.Receive("lan", Frames.UdpDatagram(Client, i, Remote, 33434, Lan, ttl: 1));
        Assert.Equal(5, Router.Sent("lan").Count);
    }

    [Fact]
    [Requirement("RFC 4443", "3.1 code 0", Level.Should)]
    public void No_route()
    {
        using var router = new TestRouter(Default with { Routes = [] });
        byte[] datagram = Udp(Client, 40000, Hop, 53);
        router.Interface("lan").Mac.Write(datagram);
        router.Receive("lan", datagram);
        AssertPacket.That(router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(1, 0).Quotes(datagram);
    }

    [Fact]
    [Requirement("RFC 4443", "3.1 code 1", Level.Should)]
    public void Prohibited()
    {
        byte[] syn = Tcp(Server, 40000, Client, 80);
        Router.Receive("servers", syn);
        AssertPacket.That(Router.SentOne("servers")).FromTo("2001:db8:25:2::1", Server).IsIcmp(1, 1).Quotes(syn);
    }

    [Fact]
    [Requirement("RFC 4443", "3.1 code 2", Level.Should)]
    public void Beyond_the_scope()
    {
        byte[] datagram = Udp(Client, 40000, "fe80::99", 53);
        Router.Receive("lan", datagram);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(1, 2).Quotes(datagram);
    }

    [Fact]
    [Requirement("RFC 4443", "3.1 code 3", Level.Should)]
    [Requirement("RFC 4861", "7.2.2 failure", Level.Must)]
    public void Nobody_answers_for_the_next_hop()
    {
        byte[] first = Udp(Client, 40000, "2001:db8:25:3::99", 53), second = Udp(Client, 40001, "2001:db8:25:3::99", 53);
        Router.Receive("lan", first);
        Router.Receive("lan", second);
        Router.Wait(TimeSpan.FromSeconds(3.5));
        byte[][] errors = [.. Router.Sent("lan")];
        Assert.Equal(2, errors.Length);
        AssertPacket.That(errors[0]).FromTo(LanGateway, Client).IsIcmp(1, 3).Quotes(first);
        AssertPacket.That(errors[1]).FromTo(LanGateway, Client).IsIcmp(1, 3).Quotes(second);
    }

    [Fact]
    [Requirement("RFC 4443", "2.2", Level.Must)]
    [Requirement("RFC 4443", "3.1 code 4", Level.Should)]
    public void A_port_of_the_router()
    {
        foreach (string address in new[] { LanGateway, WanGateway })
        {
            byte[] datagram = Udp(Client, 40000, address, 53);
            Router.Receive("lan", datagram);
            AssertPacket.That(Router.SentOne("lan")).FromTo(address, Client).IsIcmp(1, 4).Quotes(datagram);
        }
    }

    [Fact]
    [Requirement("RFC 4443", "3.4", Level.Must)]
    public void A_next_header_that_the_router_does_not_know()
    {
        byte[] packet = Packet(Client, LanGateway, 132, new byte[20]), behind = Ipv6.WithExtensions(packet, Ipv6.Options(60, 16));
        Router.Receive("lan", packet);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(4, 1, nextHopMtu: 6).Quotes(packet);
        Router.Receive("lan", behind);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(4, 1, nextHopMtu: 40).Quotes(behind);
    }

    [Fact]
    [Requirement("RFC 4443", "4.2", Level.Must)]
    [Requirement("RFC 4890", "4.4.1", Level.MustNot)]
    [Requirement("RFC 8200", "8.1", Level.Must)]
    public void An_echo_request_for_the_router()
    {
        byte[] payload = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        foreach (string address in new[] { LanGateway, WanGateway })
        {
            Router.Receive("lan", Frames.Echo(Client, address, 7, Lan, payload: payload));
            byte[] reply = Router.SentOne("lan");
            AssertPacket.That(reply).IsIpv6(hopLimit: 64).FromTo(address, Client).IsEcho(129, 7);
            Assert.Equal(payload, reply[^payload.Length..]);
        }

        byte[] broken = Echo(Client, LanGateway, 7);
        broken[^1] ^= 1;
        Router.Receive("lan", broken);
        AssertSilence();
    }
}
