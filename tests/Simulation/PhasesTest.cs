using System.Net;
using Router.Configuration;
using Router.Packets;
using Router.Telemetry;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>F16 and F17 on the wire: what a phase limits, whom and where it is about, and what becomes of open sessions when it begins.</summary>
public sealed class PhasesTest
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Fixed = "192.168.25.200", Own = "198.51.100.25",
        Remote = "203.0.113.25", Carrier = "203.0.113.26", Outside = "203.0.113.2";

    private static readonly DateTimeOffset CutOver = TestRouter.Start + TimeSpan.FromSeconds(10);

    private static readonly PhaseConfiguration Limit = TestConfiguration.Phase(PhaseMode.Limit) with { SessionsPerMinute = 3 };

    /// <summary>F16: so many new sessions a minute of each host pass, and the others get the phase's action. Nothing else takes a token.</summary>
    [Fact]
    public void A_limit_lets_so_many_new_sessions_of_each_host_pass()
    {
        using TestRouter router = Open(Limit);
        foreach (ushort port in new ushort[] { 40000, 40001, 40002 })
            AssertPasses(router, Client, port);
        Assert.Equal("lan received 3, lan forwarded 3, wan sent 3, op25b dynamic monitored 3, sessions 3, mappings 3", router.Moved());

        // A SYN again, and what no session has, are no new sessions; the latter is refused, for it may belong to one that was.
        Syn25(router, Client, 40000);
        Assert.Single(router.Sent("wan"));
        router.Receive("lan", Frames.TcpSegment(Client, 40009, Remote, 25, router.Interface("lan").Mac, Ack));
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 13);
        Assert.Equal("lan received 2, lan forwarded 1, lan dropped Op25bLimited 1, lan generated 1, lan sent 1, wan sent 1, op25b dynamic limited 1", router.Moved());

        byte[] segment = Syn25(router, Client, 40003);
        AssertPacket.That(router.SentOne("lan")).FromTo("192.168.25.1", Client).IsIcmp(3, 13).Quotes(segment);
        Assert.Equal("lan received 1, lan dropped Op25bLimited 1, lan generated 1, lan sent 1, op25b dynamic limited 1", router.Moved());

        AssertPasses(router, Home, 40000);
        router.Wait(TimeSpan.FromSeconds(20));
        AssertPasses(router, Client, 40003);
        Syn25(router, Client, 40004);
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 13);
    }

    /// <summary>F16: a session that is over and opened anew, from the same port, is a new one.</summary>
    [Fact]
    public void A_session_opened_anew_counts_against_the_limit()
    {
        using TestRouter router = Open(Limit with { SessionsPerMinute = 1 });
        OpenSession(router, "established");
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac, Fin | Ack, sequence: 1001, acknowledgment: 5001));
        router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 40000, router.Interface("wan").Mac, Fin | Ack, sequence: 5001, acknowledgment: 1002));
        router.Sent("wan");
        router.Sent("lan");
        Assert.Equal(Router.Sessions.SessionState.Closed, router.Path.Sessions[0].State);
        router.Moved();
        Syn25(router, Client, 40000);
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 13);
        Assert.Equal("lan received 1, lan dropped Op25bLimited 1, lan generated 1, lan sent 1, op25b dynamic limited 1, sessions -1, mappings -1", router.Moved());
    }

    /// <summary>F7, F16: the limit and the accounts of port 25 go by the subscriber's prefix that the configuration names.</summary>
    [Theory]
    [InlineData(64, 1, "2001:db8:25:1::/64")]
    [InlineData(128, 2, "2001:db8:25:1::10", "2001:db8:25:1::20")]
    public void A_subscriber_in_IPv6_is_a_prefix(int length, int passed, params string[] subscribers)
    {
        RouterConfiguration configuration = TestConfiguration.WithPhases(Limit with { SessionsPerMinute = 1 });
        using var router = new TestRouter(configuration with
        {
            Sessions = configuration.Sessions with { PerSubscriber = configuration.Sessions.PerSubscriber with { Ipv6PrefixLength = length } },
        });
        router.Host("wan", Family.Ipv6.Remote);
        foreach (string host in new[] { Family.Ipv6.Client, Family.Ipv6.Home })
        {
            router.Host("lan", host);
            router.Receive("lan", Frames.TcpSegment(host, 40000, Family.Ipv6.Remote, 25, router.Interface("lan").Mac));
        }

        Assert.Equal(passed, router.Sent("wan").Count);
        Assert.Equal(subscribers, router.Attempts().Hosts.Select(entry => entry.Host).Order(StringComparer.Ordinal));
    }

    /// <summary>F2, F16: the limit is not for own servers, nor for who is exempt.</summary>
    [Fact]
    public void A_limit_is_not_for_own_servers_and_exempt_sources()
    {
        using TestRouter router = Open(Limit with { SessionsPerMinute = 1 });
        for (ushort port = 40000; port < 40010; port++)
        {
            AssertPasses(router, Fixed, port);
            Syn25(router, Client, port, Own);
            Assert.Single(router.Sent("servers"));
        }

        Assert.Equal("lan received 20, lan forwarded 20, servers sent 10, wan sent 10, op25b dynamic allowed_own 10, op25b fixed-ip allowed_exempt 10, sessions 20, mappings 10", router.Moved());
    }

    [Theory]
    [InlineData("Reset")]
    [InlineData("Drop")]
    public void What_is_over_the_limit_gets_the_phases_action(string action)
    {
        using TestRouter router = Open(Limit with { SessionsPerMinute = 1, Action = Enum.Parse<PhaseAction>(action) });
        AssertPasses(router, Client, 40000);
        Syn25(router, Client, 40001);
        if (action == "Reset")
            AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(25, 40001, Rst | Ack);
        Assert.Empty(router.Sent("lan"));
        Assert.Empty(router.Sent("wan"));
    }

    /// <summary>F16: staged by destination, mobile carriers first.</summary>
    [Theory]
    [InlineData("Block", "Op25bBlocked")]
    [InlineData("Limit", "Op25bLimited")]
    public void A_phase_may_be_about_a_destination_set_alone(string mode, string reason)
    {
        PhaseConfiguration phase = TestConfiguration.Phase(Enum.Parse<PhaseMode>(mode)) with { Only = ["mobile-carriers"], SessionsPerMinute = 1 };
        using TestRouter router = Open(phase);
        AssertPasses(router, Client, 40000);
        AssertPasses(router, Client, 40001);
        Assert.Equal("lan received 2, lan forwarded 2, wan sent 2, sessions 2, mappings 2", router.Moved());
        if (mode == "Limit")
        {
            Syn25(router, Client, 40002, Carrier);
            Assert.Single(router.Sent("wan"));
            router.Moved();
        }

        Syn25(router, Client, 40003, Carrier);
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 13);
        Assert.Contains($"lan dropped {reason} 1", router.Moved());

        // F5: neither is a reply from elsewhere than the set any of its business.
        router.Receive("wan", Frames.TcpSegment(Carrier, 25, Outside, 50000, router.Interface("wan").Mac, Syn | Ack));
        Assert.Equal("wan received 1, wan dropped Op25bFromPort25 1", router.Moved());
        router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 50000, router.Interface("wan").Mac, Syn | Ack));
        Assert.DoesNotContain("Op25b", router.Moved());
    }

    /// <summary>F16: staged by contract.</summary>
    [Fact]
    public void A_phase_may_be_about_some_groups_alone()
    {
        PhaseConfiguration phase = TestConfiguration.Phase(PhaseMode.Block) with { Groups = ["ungrouped"] };
        using TestRouter router = Open(phase);
        AssertPasses(router, Client, 40000);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1, mappings 1", router.Moved());
        router.Receive("servers", Frames.TcpSegment("198.51.100.80", 40000, Remote, 25, router.Interface("servers").Mac));
        AssertPacket.That(router.SentOne("servers")).IsIcmp(3, 13);
        Assert.Equal("servers received 1, servers dropped Op25bBlocked 1, servers generated 1, servers sent 1, op25b ungrouped blocked 1", router.Moved());
    }

    /// <summary>F17, Kill: at T−1 ms the session lives, at T its inside end is told, whatever it is in; the outside learns nothing.</summary>
    [Theory]
    [InlineData("opening", 0u, 1001u)]
    [InlineData("established", 5001u, 1001u)]
    [InlineData("used", 5005u, 1004u)]
    public void Kill_ends_an_open_session_with_a_RST_that_its_inside_end_believes(string stage, uint sequence, uint acknowledgment)
    {
        using TestRouter router = OpenBeforeCutOver(OpenSessions.Kill);
        OpenSession(router, stage);
        router.Wait(TimeSpan.FromSeconds(9.75));
        router.Time.Advance(TimeSpan.FromMilliseconds(249));
        router.Turn();
        Assert.Equal("", router.Moved());

        router.Wait(TimeSpan.FromMilliseconds(1));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(25, 40000, Rst | Ack, sequence, acknowledgment);
        Assert.Equal("lan generated 1, lan sent 1, sessions -1, mappings -1", router.Moved());
        Assert.Empty(router.Sent("wan"));
    }

    /// <summary>F2, F4, F17: what the phase would let begin goes on.</summary>
    [Fact]
    public void Kill_leaves_alone_what_the_phase_allows()
    {
        using TestRouter router = OpenBeforeCutOver(OpenSessions.Kill);
        Syn25(router, Client, 40000, Own);
        Syn25(router, Fixed, 40000);
        router.Receive("lan", Frames.TcpSegment(Client, 40001, Remote, 587, router.Interface("lan").Mac));
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 25, router.Interface("wan").Mac));
        router.Receive("servers", Frames.TcpSegment(Own, 40000, Remote, 25, router.Interface("servers").Mac));
        router.Wait(TimeSpan.FromSeconds(9));
        router.Moved();
        router.Wait(TimeSpan.FromSeconds(2));
        Assert.Equal("", router.Moved());
        Assert.Equal(("op25b", 5), (router.Snapshot().Op25b.Phase, router.Path.Sessions.Count));
    }

    /// <summary>F5, F17: a session that somebody opened from his port 25 while nothing was blocked ends too.</summary>
    [Fact]
    public void Kill_ends_what_a_stranger_opened_from_his_port_25()
    {
        using TestRouter router = OpenBeforeCutOver(OpenSessions.Kill);
        router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 25, router.Interface("wan").Mac, Syn, sequence: 77));
        router.Receive("lan", Frames.TcpSegment(Home, 25, Remote, 25, router.Interface("lan").Mac, Syn | Ack, sequence: 900, acknowledgment: 78));
        router.Sent("lan");
        router.Wait(TimeSpan.FromSeconds(10));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Home).IsTcp(25, 25, Rst | Ack, 78, 901);
        Assert.Equal(0, router.Path.Sessions.Count);
    }

    /// <summary>F16, F17, Drain: open sessions go on until the deadline, nothing new begins, and then they end.</summary>
    [Fact]
    public void Drain_lets_open_sessions_go_on_until_the_deadline()
    {
        using TestRouter router = OpenBeforeCutOver(OpenSessions.Drain);
        OpenSession(router, "established");
        router.Wait(TimeSpan.FromSeconds(10));
        Assert.Equal(("op25b", CutOver + TimeSpan.FromSeconds(60)), (router.Snapshot().Op25b.Phase, router.Snapshot().Op25b.DrainsUntil));
        router.Moved();

        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac, Ack, sequence: 1001, acknowledgment: 5001));
        router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 40000, router.Interface("wan").Mac, Ack, sequence: 5001, acknowledgment: 1001));
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1", router.Moved());
        Syn25(router, Client, 40001);
        AssertPacket.That(router.Sent("lan")[^1]).IsIcmp(3, 13);
        Assert.Equal("lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, op25b dynamic blocked 1", router.Moved());

        // F1: not even on a session's own ports.
        Syn25(router, Client, 40000);
        Assert.Contains("lan dropped Op25bBlocked 1", router.Moved());

        router.Sent("lan");
        router.Wait(TimeSpan.FromSeconds(59.75));
        Assert.Equal("", router.Moved());
        router.Wait(TimeSpan.FromMilliseconds(250));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(25, 40000, Rst | Ack, 5001, 1001);
        Assert.Equal("lan generated 1, lan sent 1, sessions -1, mappings -1", router.Moved());
        Assert.Null(router.Snapshot().Op25b.DrainsUntil);
    }

    /// <summary>F17, F20: a turn looks at a bounded number of sessions, and the filter stops the others meanwhile.</summary>
    [Fact]
    public void Many_open_sessions_are_ended_over_several_turns()
    {
        using TestRouter router = OpenBeforeCutOver(OpenSessions.Kill);
        for (ushort i = 0; i < 3000; i++)
        {
            Syn25(router, Client, (ushort)(40000 + i));
            router.Sent("wan");
        }

        router.Time.Advance(TimeSpan.FromSeconds(10));
        router.Turn();
        Assert.Equal(0, router.Path.Sessions.Count);
    }

    private static TestRouter OpenBeforeCutOver(OpenSessions openSessions) => Open(
        TestConfiguration.Phase(PhaseMode.Monitor, name: "notice"),
        TestConfiguration.Phase(PhaseMode.Block, PhaseAction.Icmp, CutOver, "op25b") with { OpenSessions = openSessions, DrainSeconds = 60 });

    private static TestRouter Open(params PhaseConfiguration[] phases)
    {
        RouterConfiguration configuration = TestConfiguration.WithPhases(phases);
        var router = new TestRouter(configuration with
        {
            Op25b = configuration.Op25b with
            {
                DestinationSets = new Dictionary<string, IReadOnlyList<IPNetwork>>(StringComparer.Ordinal) { ["mobile-carriers"] = [IPNetwork.Parse($"{Carrier}/32")] },
            },
        });
        foreach (string address in new[] { Client, Home, Fixed })
            router.Host("lan", address);
        router.Host("servers", Own);
        router.Host("servers", "198.51.100.80");
        router.Host("wan", Remote);
        router.Host("wan", Carrier);
        return router;
    }

    private static byte[] Syn25(TestRouter router, string source, ushort port, string destination = Remote)
    {
        byte[] segment = Frames.TcpSegment(source, port, destination, 25, router.Interface("lan").Mac);
        router.Receive("lan", segment);
        return segment;
    }

    private static void AssertPasses(TestRouter router, string source, ushort port)
    {
        Syn25(router, source, port);
        AssertPacket.That(router.SentOne("wan")).IsTcp(destinationPort: 25);
    }

    /// <summary>One from the client's port 40000, so far: its SYN is number 1000, the answer's 5000.</summary>
    private static void OpenSession(TestRouter router, string stage)
    {
        var (lan, wan) = (router.Interface("lan").Mac, router.Interface("wan").Mac);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, lan, Syn, sequence: 1000));
        if (stage != "opening")
        {
            router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 40000, wan, Syn | Ack, sequence: 5000, acknowledgment: 1001));
            router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, lan, Ack, sequence: 1001, acknowledgment: 5001));
        }

        if (stage == "used")
        {
            router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 40000, wan, Ack | Psh, [1, 2, 3, 4], sequence: 5001, acknowledgment: 1001));
            router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, lan, Ack | Psh, [1, 2, 3], sequence: 1001, acknowledgment: 5005));
        }

        router.Sent("lan");
        router.Sent("wan");
        router.Moved();
    }
}
