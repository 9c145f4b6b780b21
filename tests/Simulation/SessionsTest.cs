using Router.Packets;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>What <c>sessions</c> and <c>drops</c> show of real traffic, and what ending a session does on the wire.</summary>
public sealed class SessionsTest
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Remote = "203.0.113.25", Outside = "203.0.113.2", Client6 = "2001:db8:25:1::10", Remote6 = "2001:db8:25:3::25";

    [Fact]
    public void A_connection_is_shown_as_it_arrives_and_as_it_leaves()
    {
        using TestRouter router = Open();
        OpenConnection(router);
        router.Wait(TimeSpan.FromSeconds(3));

        SessionSnapshot session = Assert.Single(router.Sessions(new SessionQuery()).Sessions);

        Assert.Equal(("tcp", "ipv4", "Established", false), (session.Protocol, session.Family, session.State, session.IsFromOutside));
        Assert.Equal(new FlowSnapshot(Client, 40000, Remote, 587), session.Flow);
        Assert.Equal((Outside, Remote, 587), (session.Translated!.Source, session.Translated.Destination, session.Translated.DestinationPort));
        Assert.Equal((3, 7440 - 3), (session.IdleSeconds, session.SecondsLeft));
    }

    [Fact]
    public void The_last_used_is_first_and_the_list_has_a_bound()
    {
        using TestRouter router = Open();
        for (ushort port = 1; port <= 100; port++)
        {
            router.Receive("lan", Frames.UdpDatagram(Client, (ushort)(40000 + port), Remote, port, router.Interface("lan").Mac));
            router.Wait(TimeSpan.FromMilliseconds(250));
        }

        SessionsSnapshot sessions = router.Sessions(new SessionQuery { Top = 3 });
        Assert.Equal((100, 100), (sessions.Live, sessions.Matched));
        Assert.Equal([100, 99, 98], sessions.Sessions.Select(session => session.Flow.DestinationPort));
        Assert.Equal([100, 99, 98], Ports(router, new SessionQuery { Top = 3, Order = SessionOrder.Port, IsReversed = true }));
        Assert.Equal([1, 2], Ports(router, new SessionQuery { Top = 2, Order = SessionOrder.Source }));
        Assert.Equal([1, 2], Ports(router, new SessionQuery { Top = 2, Order = SessionOrder.Expires }));
        Assert.Equal([7], Ports(router, new SessionQuery { Filter = new() { Port = 7 } }));
        Assert.Equal([7], Ports(router, new SessionQuery { Filter = new() { Port = 40007, Protocol = SessionProtocol.Udp, IsIpv6 = false, State = SessionState.Udp } }));
        Assert.Empty(Ports(router, new SessionQuery { Filter = new() { IsIpv6 = true } }));
        Assert.Equal(100, Ports(router, new SessionQuery { Filter = new() { Address = Prefix("203.0.113.2/32") } }).Count());
    }

    /// <summary>A session whose time is over and that no sweep has met yet is not there for anybody.</summary>
    [Fact]
    public void What_is_over_is_not_shown()
    {
        using TestRouter router = Open();
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 9, router.Interface("lan").Mac));
        router.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(router.Sessions(new SessionQuery()).Sessions);
    }

    /// <summary>However many sessions there are, a turn copies no more than a page.</summary>
    [Fact]
    public void A_walk_takes_as_many_turns_as_pages()
    {
        var sessions = new SessionTable(10_000, new SessionTimeouts(), new KeyedHash(new SeededRandom(25)));
        for (int i = 0; i < 10_000; i++)
        {
            var key = new FlowKey(IpAddress.FromIpv4((uint)i), 1, IpAddress.FromIpv4(0xCB007119), 9, Ipv4Header.Udp, zone: 0);
            Assert.True(sessions.TryAdd(key, key.Reversed, SessionState.Udp, now: 0, out _));
        }

        var walk = new SessionWalk(sessions, new SessionQuery { Top = 5, Order = SessionOrder.Source, IsReversed = true });
        int turns = 1;
        for (; walk.Copy(now: 1000); turns++)
            walk.Select();
        walk.Select();

        Assert.Equal((10_000 + SessionWalk.RecordsPerTurn - 1) / SessionWalk.RecordsPerTurn, turns);
        Assert.Equal(["0.0.39.15", "0.0.39.14", "0.0.39.13", "0.0.39.12", "0.0.39.11"], walk.Result().Sessions.Select(session => session.Flow.Source));
        Assert.Equal(10_000, walk.Result().Matched);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_connection_that_is_ended_by_hand_is_reset_at_both_ends(bool isIpv6)
    {
        using TestRouter router = Open();
        ushort outside = OpenConnection(router, isIpv6);

        Assert.Equal(1, router.EndSessions(new SessionFilter { Port = 587, IsIpv6 = isIpv6 }));

        (string client, string remote, string seen) = isIpv6 ? (Client6, Remote6, Client6) : (Client, Remote, Outside);
        AssertPacket.That(router.SentOne("lan")).FromTo(remote, client).IsTcp(587, 40000, Rst | Ack, sequence: 5001, acknowledgment: 1001);
        AssertPacket.That(router.SentOne("wan")).FromTo(seen, remote).IsTcp(outside, 587, Rst | Ack, sequence: 1001, acknowledgment: 5001);
        Assert.Empty(router.Sessions(new SessionQuery()).Sessions);
        Assert.Equal(0, router.Snapshot().Nat.Sum(count => count.Mappings));
    }

    [Fact]
    public void Only_what_the_filter_means_is_ended()
    {
        using TestRouter router = Open();
        foreach (string host in new[] { Client, Home })
            router.Receive("lan", Frames.UdpDatagram(host, 40000, Remote, 9, router.Interface("lan").Mac));
        router.Sent("wan");
        Assert.Equal(1, router.EndSessions(new SessionFilter { Address = Prefix("192.168.25.20/32") }));
        Assert.Equal(Client, Assert.Single(router.Sessions(new SessionQuery()).Sessions).Flow.Source);
        Assert.Empty(router.Sent("lan"));
        Assert.Empty(router.Sent("wan"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_last_packet_that_was_dropped_is_remembered(bool isIpv6)
    {
        using TestRouter router = Open();
        (string client, string remote) = isIpv6 ? (Client6, Remote6) : (Client, Remote);
        router.Receive("lan", Frames.TcpSegment(client, 40000, remote, 25, router.Interface("lan").Mac));
        router.Receive("lan", Frames.TcpSegment(client, 40001, remote, 25, router.Interface("lan").Mac, from: new MacAddress(0x02_00_00_00_00_77)));
        DateTimeOffset at = router.Time.GetUtcNow();
        router.Wait(TimeSpan.FromSeconds(2));

        DropSnapshot drop = Assert.Single(router.DropSamples().Drops);

        Assert.Equal(("lan", "Op25bBlocked", "Op25b", 2), (drop.Interface, drop.Reason, drop.Stage, drop.Frames));
        Assert.Equal(new DropSampleSnapshot { Time = at, Protocol = "tcp", Flow = new FlowSnapshot(client, 40001, remote, 25), Station = "02:00:00:00:00:77" }, drop.Last);
    }

    /// <summary>What is no IP, or ends too soon, has a sample as far as it was read.</summary>
    [Fact]
    public void A_frame_that_cannot_be_read_is_remembered_by_its_station()
    {
        using TestRouter router = Open();
        byte[] lldp = [0x01, 0x80, 0xC2, 0, 0, 0x0E, 0x02, 0, 0, 0, 0, 0x77, 0x88, 0xCC, 1, 2, 3, 4];
        router.Receive("lan", lldp);
        router.Receive("lan", lldp[..5]);

        Assert.Contains(router.DropSamples().Drops, drop => drop.Last is { Flow: null, Protocol: "ethernet 0x88cc", Station: "02:00:00:00:00:77" });
        Assert.All(router.DropSamples().Drops, drop => Assert.NotNull(drop.Last));
    }

    private static IpPrefix Prefix(string text) => IpPrefix.From(System.Net.IPNetwork.Parse(text));

    private static IEnumerable<int> Ports(TestRouter router, SessionQuery query) => router.Sessions(query).Sessions.Select(session => session.Flow.DestinationPort);

    private static TestRouter Open()
    {
        var router = new TestRouter();
        foreach (string host in new[] { Client, Home, Client6 })
            router.Host("lan", host);
        router.Host("wan", Remote);
        router.Host("wan", Remote6);
        return router;
    }

    /// <summary>To port 587, with its handshake. Gives the port that it has outside.</summary>
    private static ushort OpenConnection(TestRouter router, bool isIpv6 = false)
    {
        (string client, string remote, string seen) = isIpv6 ? (Client6, Remote6, Client6) : (Client, Remote, Outside);
        (MacAddress lan, MacAddress wan) = (router.Interface("lan").Mac, router.Interface("wan").Mac);
        router.Receive("lan", Frames.TcpSegment(client, 40000, remote, 587, lan, Syn, sequence: 1000));
        ushort outside = router.Path.Sessions[0].Rewritten(Direction.Original).SourcePort;
        router.Receive("wan", Frames.TcpSegment(remote, 587, seen, outside, wan, Syn | Ack, sequence: 5000, acknowledgment: 1001));
        router.Receive("lan", Frames.TcpSegment(client, 40000, remote, 587, lan, Ack, sequence: 1001, acknowledgment: 5001));
        router.Sent("lan");
        router.Sent("wan");
        return outside;
    }
}
