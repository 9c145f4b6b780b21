using System.Net;
using Router.Configuration;
using Router.Packets;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>What subscribers may take and how outside addresses and ports are shared among them: quotas, pairing, ranges, exemptions, rest, VPNs.</summary>
public sealed class SubscribersTest : IDisposable
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Remote = "203.0.113.25", Other = "203.0.113.26", Outside = "203.0.113.2";
    private const byte Gre = 47, Esp = 50, Ah = 51;

    private readonly List<TestRouter> _routers = [];

    public void Dispose() => _routers.ForEach(router => router.Dispose());

    /// <summary>RFC 6888 REQ-4, REQ-5, REQ-11: dropped, the sender is told, the others and what lives are not touched.</summary>
    [Theory]
    [InlineData(2, 100, 0, "PortQuotaExceeded")]
    [InlineData(100, 2, 0, "SessionQuotaExceeded")]
    [InlineData(100, 100, 2, "CreationRateExceeded")]
    public void A_subscriber_over_a_quota_gets_no_more_and_loses_nothing(int ports, int sessions, int perSecond, string reason)
    {
        TestRouter router = Open(sessions: new() { Ports = ports, Sessions = sessions, CreationsPerSecond = perSecond });
        Send(router, Client, 40000);
        Send(router, Client, 40001);
        Assert.Equal("lan received 2, lan forwarded 2, wan sent 2, sessions 2, mappings 2", router.Moved());
        router.Sent("wan");
        byte[] third = Frames.UdpDatagram(Client, 40002, Remote, 53, router.Interface("lan").Mac);
        router.Receive("lan", third);
        AssertPacket.That(router.SentOne("lan")).FromTo("192.168.25.1", Client).IsIcmp(3, 1).Quotes(third);
        Assert.Equal($"lan received 1, lan dropped {reason} 1, lan generated 1, lan sent 1", router.Moved());
        Send(router, Client, 40000);
        Send(router, Home, 40000);
        Assert.Equal("lan received 2, lan forwarded 2, wan sent 2, sessions 1, mappings 1", router.Moved());
    }

    /// <summary>A host of IPv6 has as many addresses as it likes; how many bits make a subscriber is configured.</summary>
    [Theory]
    [InlineData(64, false)]
    [InlineData(128, true)]
    public void In_IPv6_a_subscriber_is_a_prefix(int length, bool passes)
    {
        TestRouter router = Open(sessions: new() { Sessions = 2, Ipv6PrefixLength = length });
        router.Host("wan", "2001:db8:25:3::25");
        for (ushort port = 1; port <= 2; port++)
            router.Receive("lan", Frames.UdpDatagram("2001:db8:25:1::10", port, "2001:db8:25:3::25", 53, router.Interface("lan").Mac));
        router.Moved();
        router.Receive("lan", Frames.UdpDatagram("2001:db8:25:1::11", 3, "2001:db8:25:3::25", 53, router.Interface("lan").Mac));
        Assert.Equal(passes ? "lan received 1, lan forwarded 1, wan sent 1, sessions 1" : "lan received 1, lan dropped SessionQuotaExceeded 1, lan generated 1, lan sent 1", router.Moved());
    }

    [Fact]
    public void What_ended_no_longer_counts()
    {
        TestRouter router = Open(sessions: new() { Ports = 1, Sessions = 2 });
        Send(router, Client, 40000);
        router.Wait(TimeSpan.FromSeconds(305));
        router.Moved();
        AddHosts(router);
        Send(router, Client, 40001);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1, mappings 1", router.Moved());
    }

    /// <summary>A port is taken once, however many sessions go by it.</summary>
    [Fact]
    public void One_mapping_is_one_port()
    {
        TestRouter router = Open(sessions: new() { Ports = 1, Sessions = 100 });
        for (ushort port = 1; port <= 3; port++)
            router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, port, router.Interface("lan").Mac));
        Assert.Equal("lan received 3, lan forwarded 3, wan sent 3, sessions 3, mappings 1", router.Moved());
    }

    /// <summary>Strangers take half of a subscriber's sessions at most, so that he goes on.</summary>
    [Fact]
    public void Strangers_cannot_use_up_a_subscribers_sessions()
    {
        TestRouter router = Open(sessions: new() { Sessions = 4 });
        Send(router, Client, 40000);
        router.Sent("wan");
        router.Moved();
        for (ushort port = 1; port <= 3; port++)
            router.Receive("wan", Frames.UdpDatagram(Other, port, Outside, 40000, router.Interface("wan").Mac));
        AssertPacket.That(router.Sent("wan")[0]).IsIcmp(3, 1);
        Assert.Equal("lan sent 1, wan received 3, wan forwarded 1, wan dropped SessionQuotaExceeded 2, wan generated 2, wan sent 2, sessions 1", router.Moved());
        Send(router, Client, 40001);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1, mappings 1", router.Moved());
    }

    /// <summary>RFC 4787 REQ-2, RFC 6888 REQ-2: TCP, UDP, echo and protocols without ports.</summary>
    [Fact]
    public void A_host_keeps_one_outside_address_whatever_it_speaks()
    {
        string[] outside = [Outside, "203.0.113.3", "203.0.113.4"];
        TestRouter router = Open(nat => nat with { Addresses = [.. outside.Select(IPAddress.Parse)], PortForwards = [] });
        MacAddress lan = router.Interface("lan").Mac;
        var used = new HashSet<string>();
        for (int host = 30; host < 50; host++)
        {
            string inside = $"192.168.25.{host}";
            router.Host("lan", inside);
            router.Receive("lan", Frames.UdpDatagram(inside, 40000, Remote, 53, lan));
            router.Receive("lan", Frames.TcpSegment(inside, 40000, Remote, 443, lan));
            router.Receive("lan", Frames.Echo(inside, Remote, 77, lan));
            router.Receive("lan", Without(Gre, inside, $"203.0.113.{100 + host}", lan));
            string[] sources = [.. router.Sent("wan").Select(frame => $"{new IPAddress(frame.AsSpan(26, 4))}").Distinct()];
            used.Add(Assert.Single(sources));
        }

        Assert.Equal(outside.Order(), used.Order());
    }

    [Fact]
    public void Exempt_destinations_see_the_inside_address()
    {
        TestRouter router = Open(nat => nat with { ExemptDestinations = [IPNetwork.Parse("203.0.113.26/32")] });
        MacAddress lan = router.Interface("lan").Mac;
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Other, 53, lan));
        AssertPacket.That(router.SentOne("wan")).IsIpv4(ttl: 63).FromTo(Client, Other).IsUdp(40000, 53);
        router.Receive("wan", Frames.UdpDatagram(Other, 53, Client, 40000, router.Interface("wan").Mac));
        AssertPacket.That(router.SentOne("lan")).FromTo(Other, Client).IsUdp(53, 40000);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1", router.Moved());
        Send(router, Client, 40000);
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Remote);
    }

    /// <summary>F8: an exempt destination is no way around the filter.</summary>
    [Fact]
    public void Port_25_of_an_exempt_destination_is_blocked()
    {
        TestRouter router = Open(nat => nat with { ExemptDestinations = [IPNetwork.Parse("203.0.113.26/32")] });
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Other, 25, router.Interface("lan").Mac));
        Assert.Equal("lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, op25b dynamic blocked 1", router.Moved());
    }

    [Theory]
    [InlineData(5000, 6000)]
    [InlineData(5010, 6010)]
    public void A_range_is_forwarded_port_by_port_and_the_client_is_seen(ushort port, ushort inside)
    {
        TestRouter router = OpenWithRange();
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, port, router.Interface("wan").Mac));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Home).IsTcp(50000, inside, Syn);
        router.Receive("lan", Frames.TcpSegment(Home, inside, Remote, 50000, router.Interface("lan").Mac, Syn | Ack));
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Remote).IsTcp(port, 50000, Syn | Ack);
        router.Receive("lan", Frames.TcpSegment(Client, 50000, Outside, port, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("lan")).FromTo(Outside, Home).IsTcp(50000, inside, Syn);
    }

    [Theory]
    [InlineData(4999)]
    [InlineData(5011)]
    public void A_port_beside_the_range_is_not_forwarded(ushort port)
    {
        TestRouter router = OpenWithRange();
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, port, router.Interface("wan").Mac));
        Assert.Equal("wan received 1, wan dropped UnsolicitedSyn 1", router.Moved());
    }

    /// <summary>RFC 4787 REQ-1: the endpoint behind a forward is known by one name, whoever speaks first; it takes no port.</summary>
    [Fact]
    public void What_a_forwarded_endpoint_opens_leaves_from_the_forwarded_port()
    {
        TestRouter router = OpenWithRange();
        router.Receive("lan", Frames.TcpSegment(Home, 6003, Remote, 443, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Remote).IsTcp(5003, 443, Syn);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1", router.Moved());
    }

    /// <summary>RFC 6888 REQ-8.</summary>
    [Theory]
    [InlineData(410, false)]
    [InlineData(425, true)]
    public void A_port_is_not_given_to_another_host_before_120_seconds(int seconds, bool isFree)
    {
        TestRouter router = Open();
        Send(router, Client, 40000);
        router.Sent("wan");
        router.Wait(TimeSpan.FromSeconds(seconds));
        AddHosts(router);
        Send(router, Home, 40000);
        byte[] sent = router.SentOne("wan");
        Assert.Equal(isFree, (sent[34] << 8 | sent[35]) == 40000);
    }

    /// <summary>One inside host for each protocol and remote address; what others speak with others passes (RFC 6092 REC-21 to 24: never blocked by default).</summary>
    [Theory]
    [InlineData(Gre)]
    [InlineData(Esp)]
    [InlineData(Ah)]
    public void A_protocol_without_ports_is_one_hosts_at_a_time(byte protocol)
    {
        TestRouter router = Open();
        MacAddress lan = router.Interface("lan").Mac;
        router.Receive("lan", Without(protocol, Client, Remote, lan));
        AssertPacket.That(router.SentOne("wan")).IsIpv4(ttl: 63).FromTo(Outside, Remote);
        router.Receive("wan", Without(protocol, Remote, Outside, router.Interface("wan").Mac));
        AssertPacket.That(router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(Remote, Client);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1", router.Moved());

        byte[] second = Without(protocol, Home, Remote, lan);
        router.Receive("lan", second);
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 1).Quotes(second);
        Assert.Equal("lan received 1, lan dropped ProtocolTaken 1, lan generated 1, lan sent 1", router.Moved());
        router.Receive("lan", Without(protocol, Home, Other, lan));
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Other);

        router.Wait(TimeSpan.FromSeconds(605));
        AddHosts(router);
        router.Receive("lan", second);
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Remote);
    }

    [Theory]
    [InlineData(33)]
    [InlineData(136)]
    public void A_protocol_whose_checksum_covers_the_addresses_is_not_translated(byte protocol)
    {
        TestRouter router = Open();
        byte[] packet = Without(protocol, Client, Remote, router.Interface("lan").Mac);
        router.Receive("lan", packet);
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 13).Quotes(packet);
        Assert.Equal("lan received 1, lan dropped ProtocolNotTranslated 1, lan generated 1, lan sent 1", router.Moved());
    }

    private TestRouter OpenWithRange() => Open(nat => nat with
    {
        PortForwards = [new() { Protocol = TransportProtocol.Tcp, Port = 5000, LastPort = 5010, To = IPEndPoint.Parse("192.168.25.20:6000") }],
    });

    private TestRouter Open(Func<NatConfiguration, NatConfiguration>? nat = null, PerSubscriberConfiguration? sessions = null)
    {
        RouterConfiguration configuration = TestConfiguration.Default;
        var router = new TestRouter(configuration with
        {
            Nat = nat?.Invoke(configuration.Nat!) ?? configuration.Nat,
            Sessions = configuration.Sessions with { PerSubscriber = sessions ?? new() },
        });
        _routers.Add(router);
        AddHosts(router);
        return router;
    }

    private static void AddHosts(TestRouter router)
    {
        router.Host("lan", Client);
        router.Host("lan", Home);
        router.Host("wan", Remote);
        router.Host("wan", Other);
    }

    private static void Send(TestRouter router, string from, ushort port) =>
        router.Receive("lan", Frames.UdpDatagram(from, port, Remote, 53, router.Interface("lan").Mac));

    /// <summary>A packet of a protocol that has no ports.</summary>
    private static byte[] Without(byte protocol, string source, string destination, MacAddress router) =>
        Frames.WithHeader(Frames.UdpDatagram(source, 1, destination, 1, router), header => header[9] = protocol);

    /// <summary>In IPv6 a stranger needs no rule to send ESP to the servers' network: he gets half of the table at most, and the inside can open as before.</summary>
    [Fact]
    public void Strangers_take_half_of_the_session_table_at_most()
    {
        using var router = new TestRouter();
        router.Host("wan", "203.0.113.25");
        router.Host("lan", "192.168.25.10");
        int half = router.Path.Sessions.Capacity / 2;
        for (int i = 0; i < half + 100; i++)
            router.Receive("wan", Ipv6.Packet($"2001:db8:f{i >> 8:x3}:{i & 255:x}::1", "2001:db8:25:2::9999", 50, new byte[8], router.Interface("wan").Mac));
        Assert.Equal(half, router.Path.Sessions.Count);
        Assert.Equal(100, router.Dropped("wan", DropReason.SessionTableFull));
        router.Sent("wan");
        router.Receive("lan", Frames.UdpDatagram("192.168.25.10", 40000, "203.0.113.25", 53, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("wan")).IsUdp(40000, 53);

        // Those that end give their room back.
        router.Wait(TimeSpan.FromSeconds(610));
        router.Receive("wan", Ipv6.Packet("2001:db8:ffff:1::1", "2001:db8:25:2::9999", 50, new byte[8], router.Interface("wan").Mac));
        Assert.Equal(1, router.Path.Sessions.Count);
    }
}
