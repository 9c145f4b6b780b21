using Router.Configuration;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>What comes in through a mapping: filtering (RFC 4787 REQ-8, RFC 5382 REQ-3, RFC 6888 REQ-7), hairpin, and what of it OP25B lets through.</summary>
public sealed class FilteringTest : IDisposable
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Own = "198.51.100.25", Remote = "203.0.113.25", Stranger = "203.0.113.26", Outside = "203.0.113.2";

    private readonly List<TestRouter> _routers = [];

    public void Dispose() => _routers.ForEach(router => router.Dispose());

    public static TheoryData<string, bool, bool> Kinds() => new()
    {
        { "EndpointIndependent", true, true }, { "AddressDependent", true, false }, { "AddressAndPortDependent", false, false },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_datagram_to_a_mapping_comes_in_as_the_filtering_says(string filtering, bool sameHost, bool stranger)
    {
        TestRouter router = Open(filtering);
        foreach ((string from, ushort port, bool passes) in new[] { (Remote, (ushort)54, sameHost), (Stranger, (ushort)54, stranger) })
        {
            router.Receive("wan", Frames.UdpDatagram(from, port, Outside, 40000, router.Interface("wan").Mac));
            if (!passes)
            {
                Assert.Equal("wan received 1, wan dropped FilteredInbound 1", router.Moved());
                continue;
            }

            AssertPacket.That(router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(from, Client).IsUdp(port, 40000);
            Assert.Equal("lan sent 1, wan received 1, wan forwarded 1, sessions 1", router.Moved());
            router.Receive("lan", Frames.UdpDatagram(Client, 40000, from, port, router.Interface("lan").Mac));
            AssertPacket.That(router.SentOne("wan")).FromTo(Outside, from).IsUdp(40000, port);
            Assert.Equal("lan received 1, lan forwarded 1, wan sent 1", router.Moved());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_SYN_to_a_mapping_comes_in_as_the_filtering_says(string filtering, bool sameHost, bool stranger)
    {
        TestRouter router = Open(filtering);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        router.Sent("wan");
        router.Moved();
        foreach ((string from, bool passes) in new[] { (Remote, sameHost), (Stranger, stranger) })
        {
            router.Receive("wan", Frames.TcpSegment(from, 50000, Outside, 40000, router.Interface("wan").Mac));
            if (passes)
                AssertPacket.That(router.SentOne("lan")).FromTo(from, Client).IsTcp(50000, 40000, Syn);
            Assert.Equal(passes ? "lan sent 1, wan received 1, wan forwarded 1, sessions 1" : "wan received 1, wan dropped FilteredInbound 1", router.Moved());
            router.Receive("wan", Frames.TcpSegment(from, 50001, Outside, 40000, router.Interface("wan").Mac, Ack));
            Assert.Equal($"wan received 1, wan dropped {(passes ? "TcpWithoutSession" : "FilteredInbound")} 1", router.Moved());
        }

        router.Wait(TimeSpan.FromSeconds(7));
        Assert.Empty(router.Sent("wan"));
    }

    /// <summary>RFC 4787 REQ-6, RFC 7857 section 7: what is dropped refreshes nothing; what goes out does, to the millisecond (REQ-5).</summary>
    [Fact]
    public void Dropped_inbound_does_not_refresh_a_mapping_and_outbound_does()
    {
        TestRouter router = Open("AddressDependent");
        router.Time.Advance(TimeSpan.FromSeconds(299));
        router.Receive("wan", Frames.UdpDatagram(Stranger, 9, Outside, 40000, router.Interface("wan").Mac));
        AddHosts(router);
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, router.Interface("lan").Mac));
        router.Sent("wan");
        router.Time.Advance(TimeSpan.FromSeconds(298));
        AddHosts(router);
        router.Moved();
        router.Receive("wan", Frames.UdpDatagram(Stranger, 9, Outside, 40000, router.Interface("wan").Mac));
        Assert.Equal("wan received 1, wan dropped FilteredInbound 1", router.Moved());
        router.Wait(TimeSpan.FromSeconds(4));
        Assert.Equal("sessions -1, mappings -1", router.Moved());
    }

    /// <summary>A mapping lives as long as anything that came in through it, though what opened it is over.</summary>
    [Fact]
    public void A_mapping_lives_while_a_session_goes_through_it()
    {
        TestRouter router = Open("EndpointIndependent");
        router.Time.Advance(TimeSpan.FromSeconds(200));
        AddHosts(router);
        router.Receive("wan", Frames.UdpDatagram(Stranger, 9, Outside, 40000, router.Interface("wan").Mac));
        router.Moved();
        router.Wait(TimeSpan.FromSeconds(200));
        Assert.Equal("sessions -1", router.Moved());
        router.Wait(TimeSpan.FromSeconds(105));
        Assert.Equal("sessions -1, mappings -1", router.Moved());
        Assert.Equal(0, router.Path.Subscribers.Count);
    }

    /// <summary>F5, F9: a mapping that lets everybody in lets nobody in from port 25, and nothing out to it.</summary>
    [Theory]
    [InlineData(Syn)]
    [InlineData(Syn | Ack)]
    [InlineData(Ack)]
    internal void Port_25_is_blocked_through_a_mapping_that_is_open_to_everybody(Frames.Tcp flags)
    {
        TestRouter router = Open("EndpointIndependent");
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        router.Sent("wan");
        router.Moved();
        foreach (string from in new[] { Remote, Stranger })
        {
            router.Receive("wan", Frames.TcpSegment(from, 25, Outside, 40000, router.Interface("wan").Mac, flags));
            Assert.Equal("wan received 1, wan dropped Op25bFromPort25 1", router.Moved());
        }

        router.Receive("lan", Frames.TcpSegment(Client, 40000, Stranger, 25, router.Interface("lan").Mac, flags));
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 13);
        Assert.Equal("lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, op25b dynamic blocked 1", router.Moved());
        Assert.Empty(router.Sent("wan"));
    }

    /// <summary>F1: an outside port stands for an inside port 25; by that name it is port 25 still.</summary>
    [Fact]
    public void A_hairpin_to_a_mapping_of_an_inside_port_25_is_to_port_25()
    {
        TestRouter router = Open("EndpointIndependent");
        router.Receive("lan", Frames.TcpSegment(Home, 25, Remote, 443, router.Interface("lan").Mac));
        byte[] sent = router.SentOne("wan");
        router.Moved();
        router.Receive("lan", Frames.TcpSegment(Client, 40001, Outside, (ushort)(sent[34] << 8 | sent[35]), router.Interface("lan").Mac));
        Assert.Equal("lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, op25b dynamic blocked 1", router.Moved());
    }

    /// <summary>RFC 4787 REQ-9a, RFC 5382 REQ-8: whatever the filtering, and both ends see outside endpoints only.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Two_inside_hosts_meet_by_their_outside_endpoints(string filtering, bool sameHost, bool stranger)
    {
        Assert.True(sameHost || !stranger);
        TestRouter router = Open(filtering);
        MacAddress lan = router.Interface("lan").Mac;
        router.Receive("lan", Frames.UdpDatagram(Home, 50000, Outside, 40000, lan));
        AssertPacket.That(router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(Outside, Client).IsUdp(50000, 40000);
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Outside, 50000, lan));
        AssertPacket.That(router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(Outside, Home).IsUdp(40000, 50000);
        Assert.Equal("lan received 2, lan forwarded 2, lan sent 2, sessions 1, mappings 1", router.Moved());

        // The session holds both mappings: neither port is given away while it lives.
        router.Wait(TimeSpan.FromSeconds(100));
        AddHosts(router);
        router.Receive("lan", Frames.UdpDatagram(Home, 50000, Outside, 40000, lan));
        router.Sent("lan");
        router.Moved();
        router.Wait(TimeSpan.FromSeconds(205));
        Assert.Equal("sessions -1", router.Moved());
        router.Wait(TimeSpan.FromSeconds(100));
        Assert.Equal("sessions -1, mappings -2", router.Moved());
        Assert.Equal(0, router.Path.Subscribers.Count);
    }

    [Fact]
    public void A_host_meets_itself_by_its_outside_endpoint()
    {
        TestRouter router = Open("EndpointIndependent");
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Outside, 40000, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("lan")).FromTo(Outside, Client).IsUdp(40000, 40000);
        router.Moved();
        router.Wait(TimeSpan.FromSeconds(305));
        Assert.Equal("sessions -2, mappings -1", router.Moved());
        Assert.Equal(0, router.Path.Subscribers.Count);
    }

    /// <summary>A server is not translated, and meets a LAN host as a host outside would.</summary>
    [Theory]
    [InlineData("EndpointIndependent", true)]
    [InlineData("AddressDependent", false)]
    public void A_server_comes_in_through_a_mapping_as_strangers_do(string filtering, bool passes)
    {
        TestRouter router = Open(filtering);
        router.Receive("servers", Frames.UdpDatagram(Own, 7, Outside, 40000, router.Interface("servers").Mac));
        if (!passes)
        {
            Assert.Equal("servers received 1, servers dropped FilteredInbound 1", router.Moved());
            return;
        }

        AssertPacket.That(router.SentOne("lan")).FromTo(Own, Client).IsUdp(7, 40000);
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Own, 7, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("servers")).FromTo(Outside, Own).IsUdp(40000, 7);
    }

    /// <summary>RFC 5508 REQ-7: each end is told in its own terms, and sees outside addresses only.</summary>
    [Fact]
    public void An_error_about_a_hairpin_is_a_hairpin()
    {
        TestRouter router = Open("EndpointIndependent");
        MacAddress lan = router.Interface("lan").Mac;
        byte[] asked = Frames.UdpDatagram(Home, 50000, Outside, 40000, lan);
        router.Receive("lan", asked);
        byte[] arrived = router.SentOne("lan");
        router.Moved();
        router.Receive("lan", Frames.IcmpError(Client, Outside, 3, 3, arrived, lan));
        AssertPacket error = AssertPacket.That(router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(Outside, Home).IsIcmp(3, 3);
        Assert.Equal(Frames.Network(Frames.WithHeader(asked, header => header[8]--)), error.Quote);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1", router.Moved());
    }

    /// <summary>RFC 5382 REQ-4: silence for six seconds, then port unreachable.</summary>
    [Fact]
    public void An_unsolicited_SYN_is_answered_after_six_seconds()
    {
        TestRouter router = Open("EndpointIndependent");
        byte[] syn = Frames.TcpSegment(Remote, 50000, Outside, 41000, router.Interface("wan").Mac);
        router.Receive("wan", syn);
        Assert.Equal("wan received 1, wan dropped UnsolicitedSyn 1", router.Moved());
        router.Wait(TimeSpan.FromMilliseconds(5750));
        router.Time.Advance(TimeSpan.FromMilliseconds(249));
        router.Turn();
        Assert.Equal("", router.Moved());
        router.Wait(TimeSpan.FromMilliseconds(1));
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Remote).IsIcmp(3, 3).Quotes(syn);
        Assert.Equal("wan generated 1, wan sent 1", router.Moved());
    }

    [Fact]
    public void An_outbound_SYN_meanwhile_wins_and_the_unsolicited_one_is_forgotten()
    {
        TestRouter router = Open("EndpointIndependent");
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 41000, router.Interface("wan").Mac));
        router.Wait(TimeSpan.FromSeconds(3));
        router.Receive("lan", Frames.TcpSegment(Client, 41000, Remote, 50000, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Remote).IsTcp(41000, 50000, Syn);
        router.Wait(TimeSpan.FromSeconds(4));
        Assert.Empty(router.Sent("wan"));
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 41000, router.Interface("wan").Mac));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(50000, 41000, Syn);
    }

    [Fact]
    public void A_flood_of_unsolicited_SYNs_is_held_up_to_a_bound_and_its_answers_are_limited()
    {
        TestRouter router = Open("EndpointIndependent");
        for (ushort port = 1; port <= 1000; port++)
            router.Receive("wan", Frames.TcpSegment(Remote, (ushort)(50000 + port), Outside, 41000, router.Interface("wan").Mac));
        router.Wait(TimeSpan.FromSeconds(10));
        Assert.Equal("wan received 1000, wan dropped UnsolicitedSyn 1000, wan generated 50, wan sent 50", router.Moved());
    }

    /// <summary>A router whose client has spoken to port 53 of <see cref="Remote"/> from its port 40000.</summary>
    private TestRouter Open(string filtering)
    {
        var router = new TestRouter(TestConfiguration.Default with
        {
            Nat = TestConfiguration.Default.Nat! with { Filtering = Enum.Parse<FilteringMode>(filtering) },
        });
        _routers.Add(router);
        AddHosts(router);
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Remote).IsUdp(40000, 53);
        router.Moved();
        return router;
    }

    private static void AddHosts(TestRouter router)
    {
        router.Host("lan", Client);
        router.Host("lan", Home);
        router.Host("servers", Own);
        router.Host("wan", Remote);
        router.Host("wan", Stranger);
    }
}
