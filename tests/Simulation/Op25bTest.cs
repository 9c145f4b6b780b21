using Router.Configuration;
using Router.Packets;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>The case table of OP25B.md, on the wire: who sends what to port 25 through which interface, under which mode and action. It is the same for both families (F7).</summary>
public abstract class Op25bTest
{
    private readonly Family _family;

    private protected Op25bTest(Family family) => _family = family;

    private string Client => _family.Client;

    private string Home => _family.Home;

    private string Own => _family.Own;

    private string Server => _family.Server;

    private string Remote => _family.Remote;

    private string Outside => _family.HomeOutside;

    private CasePath PathOf(Way way) => CasePath.Of(way, MailHosts.Of(_family));

    private static readonly Frames.Tcp[] AllFlags = [Syn, Ack, Ack | Psh, Fin | Ack, Syn | Ack, Rst, Rst | Ack, None, Syn | Fin];

    public static TheoryData<Way, string, string> Cases()
    {
        var cases = new TheoryData<Way, string, string>();
        foreach (Way way in Enum.GetValues<Way>())
            foreach ((PhaseMode mode, PhaseAction action) in Policies)
                cases.Add(way, mode.ToString(), action.ToString());
        return cases;
    }

    private static readonly (PhaseMode, PhaseAction)[] Policies =
    [
        (PhaseMode.Off, PhaseAction.Drop), (PhaseMode.Monitor, PhaseAction.Icmp), (PhaseMode.Limit, PhaseAction.Icmp), (PhaseMode.Limit, PhaseAction.SmtpReply), (PhaseMode.Block, PhaseAction.Drop),
        (PhaseMode.Block, PhaseAction.Icmp), (PhaseMode.Block, PhaseAction.Reset),
        (PhaseMode.Block, PhaseAction.SmtpReply),
    ];

    /// <summary>F1, F2, F8, F10, F15, F16: every kind of segment, on every way.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_segment_to_port_25_gets_what_the_table_says(Way way, string mode, string action)
    {
        foreach (Frames.Tcp flags in AllFlags)
        {
            using TestRouter router = Open(Enum.Parse<PhaseMode>(mode), Enum.Parse<PhaseAction>(action));
            CasePath path = PathOf(way);
            byte[] segment = Segment(router, path, 25, flags);
            router.Receive(path.Ingress, segment);
            bool isLimited = path.Allowed is null && mode == nameof(PhaseMode.Limit) && flags != Syn, isBlocked = isLimited || path.Allowed is null && mode == nameof(PhaseMode.Block);
            string outcome = path.Allowed ?? (isLimited ? "limited" : mode is nameof(PhaseMode.Monitor) or nameof(PhaseMode.Limit) ? "monitored" : isBlocked ? "blocked" : "");
            AssertMoved(router, path, flags, isBlocked ? action : null, outcome);
            if (isBlocked)
                AssertAnswer(router, path, segment, flags, action);
            else if (flags == Syn)
                AssertPassed(router, path, 25);
            AssertNothingElseLeft(router);
        }
    }

    /// <summary>F3: the rule is about port 25 and no other; submission is never touched, in any mode.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Submission_passes_in_every_mode(Way way, string mode, string action)
    {
        foreach (ushort port in new ushort[] { 587, 465, 2525, 24, 26 })
        {
            CasePath path = PathOf(way);
            if (way == Way.Hairpin)
                continue;
            using TestRouter router = Open(Enum.Parse<PhaseMode>(mode), Enum.Parse<PhaseAction>(action));
            router.Receive(path.Ingress, Segment(router, path, port, Syn));
            AssertMoved(router, path, Syn, blockedBy: null, outcome: "");
            AssertPassed(router, path, port);
            AssertNothingElseLeft(router);
        }
    }

    [Fact]
    public void The_routers_own_port_25_answers_like_any_closed_port()
    {
        RouterConfiguration configuration = TestConfiguration.Default with { Nat = TestConfiguration.Default.Nat! with { PortForwards = [] } };
        foreach (string address in _family.RouterAddresses)
        {
            using var router = new TestRouter(configuration);
            router.Host("lan", Client);
            router.Receive("lan", Frames.TcpSegment(Client, 40000, address, 25, router.Interface("lan").Mac, sequence: 7));
            AssertPacket.That(router.SentOne("lan")).FromTo(address, Client).IsTcp(25, 40000, Rst | Ack, sequence: 0, acknowledgment: 8);
            Assert.Equal("lan received 1, lan delivered 1, lan generated 1, lan sent 1", router.Moved());
        }
    }

    /// <summary>F4: a home server goes on receiving, and its answers, from port 25, pass.</summary>
    [Fact]
    public void Inbound_mail_to_a_forwarded_port_25_passes_and_so_do_the_answers()
    {
        using TestRouter router = Open(PhaseMode.Block, PhaseAction.Icmp);
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 25, router.Interface("wan").Mac));
        AssertPacket.That(router.SentOne("lan")).HasHops(63).FromTo(Remote, Home).IsTcp(50000, 25, Syn);
        router.Receive("lan", Frames.TcpSegment(Home, 25, Remote, 50000, router.Interface("lan").Mac, Syn | Ack));
        AssertPacket.That(router.SentOne("wan")).HasHops(63).FromTo(Outside, Remote).IsTcp(25, 50000, Syn | Ack);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1", router.Moved());
    }

    [Fact]
    public void Inbound_mail_to_the_own_server_passes_and_so_do_the_answers()
    {
        using TestRouter router = Open(PhaseMode.Block, PhaseAction.Icmp);
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Own, 25, router.Interface("wan").Mac));
        AssertPacket.That(router.SentOne("servers")).FromTo(Remote, Own).IsTcp(50000, 25, Syn);
        router.Receive("servers", Frames.TcpSegment(Own, 25, Remote, 50000, router.Interface("servers").Mac, Syn | Ack));
        AssertPacket.That(router.SentOne("wan")).FromTo(Own, Remote).IsTcp(25, 50000, Syn | Ack);
        Assert.Equal("servers received 1, servers forwarded 1, servers sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1", router.Moved());
    }

    /// <summary>F5: a segment from port 25 that belongs to no allowed session is half of a triangular connection.</summary>
    [Theory]
    [InlineData("Block", Syn)]
    [InlineData("Block", Syn | Ack)]
    [InlineData("Block", Ack)]
    [InlineData("Limit", Syn)]
    [InlineData("Limit", Syn | Ack)]
    [InlineData("Monitor", Syn)]
    [InlineData("Monitor", Syn | Ack)]
    [InlineData("Off", Syn)]
    [InlineData("Off", Ack)]
    internal void A_segment_from_port_25_without_a_session_goes_by_the_mode(string mode, Frames.Tcp flags)
    {
        bool isStopped = mode is "Block" or "Limit";
        foreach ((string destination, ushort port) in new[] { (Outside, (ushort)25), (Outside, (ushort)40000), (Own, (ushort)25), (Server, (ushort)40000) })
        {
            using TestRouter router = Open(Enum.Parse<PhaseMode>(mode), PhaseAction.Icmp);
            router.Receive("wan", Frames.TcpSegment(Remote, 25, destination, port, router.Interface("wan").Mac, flags));
            string moved = router.Moved();
            if (isStopped)
                Assert.Equal("wan received 1, wan dropped Op25bFromPort25 1", moved);
            bool isForSubscriber = destination == Outside && (port == 25 || _family.IsIpv6);
            string group = isForSubscriber ? "dynamic" : "ungrouped";
            Assert.Equal(mode == "Monitor", moved.Contains($"op25b {group} monitored 1"));
            Assert.Equal(!isStopped && flags == Syn && port == 25, moved.Contains("wan forwarded 1"));
            if (isStopped)
                AssertNothingElseLeft(router);
        }
    }

    /// <summary>F6: a forged source is said to be forged, whatever its port, and nobody is told.</summary>
    [Fact]
    public void A_spoofed_source_to_port_25_is_spoofed_first()
    {
        using TestRouter router = Open(PhaseMode.Block, PhaseAction.Reset);
        router.Receive("lan", Frames.TcpSegment(_family.Stranger, 40000, Remote, 25, router.Interface("lan").Mac));
        router.Receive("servers", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("servers").Mac));
        router.Receive("wan", Frames.TcpSegment(Client, 25, Own, 25, router.Interface("wan").Mac));
        Assert.Equal("lan received 1, lan dropped SpoofedInsideSource 1, servers received 1, servers dropped SpoofedInsideSource 1, "
            + "wan received 1, wan dropped SpoofedOutsideSource 1", router.Moved());
        AssertNothingElseLeft(router);
    }

    /// <summary>F9: a mapping that a permitted session opened gives no permission.</summary>
    [Fact]
    public void A_mapping_that_is_open_does_not_open_port_25()
    {
        using TestRouter router = Open(PhaseMode.Block, PhaseAction.Icmp);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("wan")).IsTcp(40000, 443);
        router.Moved();
        router.Receive("lan", Frames.TcpSegment(Client, 40000, _family.OtherRemote, 25, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("lan")).IsIcmp(_family.Prohibited.Type, _family.Prohibited.Code);
        Assert.Equal("lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, op25b dynamic blocked 1", router.Moved());
        router.Receive("wan", Frames.TcpSegment(_family.OtherRemote, 25, _family.Seen(Client), 40000, router.Interface("wan").Mac, Syn | Ack));
        Assert.Equal("wan received 1, wan dropped Op25bFromPort25 1", router.Moved());
        AssertNothingElseLeft(router);
    }

    /// <summary>F16, F17: at the cut-over an open session is asked about again; own and exempt ones go on.</summary>
    [Fact]
    public void At_the_cut_over_an_open_session_is_blocked_and_own_and_exempt_ones_go_on()
    {
        DateTimeOffset cutOver = TestRouter.Start + TimeSpan.FromSeconds(10);
        using var router = new TestRouter(TestConfiguration.WithPhases(
            TestConfiguration.Phase(PhaseMode.Monitor, name: "notice"), TestConfiguration.Phase(PhaseMode.Block, PhaseAction.Icmp, cutOver, "op25b")));
        AddHosts(router);
        CasePath[] paths = [PathOf(Way.SubscriberToWorld), PathOf(Way.SubscriberToOwnServer), PathOf(Way.ExemptToWorld)];
        foreach (CasePath path in paths)
        {
            router.Receive(path.Ingress, Segment(router, path, 25, Syn));
            AssertPassed(router, path, 25);
        }

        router.Wait(cutOver - TestRouter.Start - TimeSpan.FromMilliseconds(250));
        router.Receive("lan", Segment(router, paths[0], 25, Ack));
        AssertPassed(router, paths[0], 25);
        router.Time.Advance(TimeSpan.FromMilliseconds(249));
        router.Receive("lan", Segment(router, paths[0], 25, Ack));
        AssertPassed(router, paths[0], 25);
        router.Moved();

        // The phase begins: the session that it would not allow ends, though nothing is sent in it.
        router.Wait(TimeSpan.FromMilliseconds(1));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(25, 40000, Rst | Ack);
        Assert.Equal($"lan generated 1, lan sent 1, sessions -1{(_family.IsIpv6 ? "" : ", mappings -1")}", router.Moved());
        byte[] segment = Segment(router, paths[0], 25, Ack);
        router.Receive("lan", segment);
        AssertPacket.That(router.SentOne("lan")).FromTo(_family.RouterAddresses[0], Client).IsIcmp(_family.Prohibited.Type, _family.Prohibited.Code).Quotes(segment);
        Assert.Equal("lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, op25b dynamic blocked 1", router.Moved());
        router.Receive("wan", Frames.TcpSegment(Remote, 25, _family.Seen(Client), 40000, router.Interface("wan").Mac, Ack));
        Assert.Equal("wan received 1, wan dropped Op25bFromPort25 1", router.Moved());
        foreach (CasePath path in paths[1..])
        {
            router.Receive(path.Ingress, Segment(router, path, 25, Ack));
            AssertPassed(router, path, 25);
        }

        // F19: the same attempts as before the cut-over.
        Assert.Equal("lan received 2, lan forwarded 2, servers sent 1, wan sent 1", router.Moved());
        AssertNothingElseLeft(router);
    }

    /// <summary>F5, F10: the replies of a server on another inside interface are stopped with the session that they belong to.</summary>
    [Fact]
    public void At_the_cut_over_a_server_inside_may_not_go_on_either()
    {
        DateTimeOffset cutOver = TestRouter.Start + TimeSpan.FromSeconds(10);
        using var router = new TestRouter(TestConfiguration.WithPhases(
            TestConfiguration.Phase(PhaseMode.Monitor, name: "notice"), TestConfiguration.Phase(PhaseMode.Block, PhaseAction.Icmp, cutOver, "op25b")));
        AddHosts(router);
        CasePath other = PathOf(Way.SubscriberToOtherServer), own = PathOf(Way.SubscriberToOwnServer);
        foreach (CasePath path in new[] { other, own })
        {
            router.Receive(path.Ingress, Segment(router, path, 25, Syn));
            AssertPassed(router, path, 25);
            router.Receive("servers", Frames.TcpSegment(path.Destination, 25, Client, 40000, router.Interface("servers").Mac, Syn | Ack));
            AssertPacket.That(router.SentOne("lan")).FromTo(path.Destination, Client).IsTcp(25, 40000);
        }

        router.Wait(cutOver - TestRouter.Start);
        AssertPacket.That(router.SentOne("lan")).FromTo(Server, Client).IsTcp(25, 40000, Rst | Ack);
        router.Moved();
        router.Receive("servers", Frames.TcpSegment(Server, 25, Client, 40000, router.Interface("servers").Mac, Ack));
        Assert.Equal("servers received 1, servers dropped ServersToLan 1, servers generated 1, servers sent 1", router.Moved());
        AssertPacket.That(router.SentOne("servers")).IsIcmp(_family.Prohibited.Type, _family.Prohibited.Code);
        router.Receive("servers", Frames.TcpSegment(Own, 25, Client, 40000, router.Interface("servers").Mac, Ack));
        AssertPacket.That(router.SentOne("lan")).FromTo(Own, Client).IsTcp(25, 40000);
        AssertNothingElseLeft(router);
    }

    /// <summary>F19: seven SYNs of one connection are one attempt.</summary>
    [Fact]
    public void Six_retransmissions_of_a_SYN_are_one_attempt()
    {
        using TestRouter router = Open(PhaseMode.Block, PhaseAction.Drop);
        byte[] syn = Segment(router, PathOf(Way.SubscriberToWorld), 25, Syn);
        foreach (int seconds in new[] { 0, 1, 2, 4, 8, 16, 32 })
        {
            router.Time.Advance(TimeSpan.FromSeconds(seconds));
            router.Receive("lan", syn);
        }

        Assert.Equal("lan received 7, lan dropped Op25bBlocked 7, op25b dynamic blocked 1", router.Moved());
    }

    /// <summary>F20: what a flood provokes is bounded: in ICMP, and in memory.</summary>
    [Theory]
    [InlineData("Icmp")]
    [InlineData("Reset")]
    [InlineData("SmtpReply")]
    public void A_flood_to_port_25_is_answered_at_a_bounded_rate(string action)
    {
        using TestRouter router = Open(PhaseMode.Block, Enum.Parse<PhaseAction>(action));
        for (int i = 0; i < 10_000; i++)
            router.Receive("lan", Frames.TcpSegment(Client, (ushort)(1024 + i), Remote, 25, router.Interface("lan").Mac));
        Assert.Equal(50, router.Sent("lan").Count);
        Assert.Equal(0, router.Path.Sessions.Count);
        router.Wait(TimeSpan.FromSeconds(1));

        // The handshakes that are remembered are asked for once more.
        Assert.Equal(action == "SmtpReply" ? 4 : 0, router.Sent("lan").Count);
        router.Receive("lan", Segment(router, PathOf(Way.SubscriberToWorld), 25, Syn));
        Assert.Single(router.Sent("lan"));
        Assert.Equal(10_001, router.Dropped("lan", DropReason.Op25bBlocked));
    }

    /// <summary>RFC 9293 section 3.10.7.1: the numbers of a RST, and when there is none.</summary>
    [Fact]
    public void A_RST_has_the_numbers_that_its_receiver_will_believe()
    {
        using TestRouter router = Open(PhaseMode.Block, PhaseAction.Reset);
        var mac = router.Interface("lan").Mac;
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, mac, Syn, [1, 2, 3], sequence: 100));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(25, 40000, Rst | Ack, sequence: 0, acknowledgment: 104);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, mac, Ack | Psh, [1, 2, 3], sequence: 100, acknowledgment: 777));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(25, 40000, Rst, sequence: 777);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, mac, Fin, [1, 2, 3], sequence: uint.MaxValue));
        AssertPacket.That(router.SentOne("lan")).IsTcp(25, 40000, Rst | Ack, sequence: 0, acknowledgment: 3);
        router.ReceiveRaw("lan", Frames.WithoutChecksum(Frames.TcpSegment(Client, 40000, Remote, 25, mac, sequence: 9)));
        AssertPacket.That(router.SentOne("lan")).IsTcp(25, 40000, Rst | Ack, acknowledgment: 10);

        byte[] broken = Frames.TcpSegment(Client, 40000, Remote, 25, mac);
        broken[^1] ^= 1;
        router.Receive("lan", broken);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, mac, Rst));
        router.Receive("lan", Frames.Fragment(Frames.TcpSegment(Client, 40000, Remote, 25, mac, Syn, [1, 2, 3, 4]), 0, more: true));
        AssertNothingElseLeft(router);
        Assert.Equal("lan received 7, lan dropped Op25bBlocked 7, lan generated 4, lan sent 4, op25b dynamic blocked 1", router.Moved());
    }

    [Fact]
    public void An_error_is_never_about_a_broadcast_or_a_group()
    {
        using TestRouter icmp = Open(PhaseMode.Block, PhaseAction.Icmp), reset = Open(PhaseMode.Block, PhaseAction.Reset);
        foreach (TestRouter router in new[] { icmp, reset })
        {
            foreach (string destination in _family.NobodysOwn)
                router.Receive("lan", Frames.TcpSegment(Client, 40000, destination, 25, router.Interface("lan").Mac));
            AssertNothingElseLeft(router);
        }
    }

    private TestRouter Open(PhaseMode mode, PhaseAction action)
    {
        RouterConfiguration configuration = TestConfiguration.With(mode, action);
        var router = new TestRouter(configuration with
        {
            Op25b = configuration.Op25b with
            {
                // One host is in none.
                Groups = [.. configuration.Op25b.Groups.Select(group => group.Name == "dynamic"
                    ? group with { Sources = [.. _family.Dynamic.Select(System.Net.IPNetwork.Parse)] }
                    : group)],
            },
        });
        AddHosts(router);
        return router;
    }

    private void AddHosts(TestRouter router)
    {
        foreach (string address in new[] { Client, Home, _family.Fixed, _family.Ungrouped })
            router.Host("lan", address);
        router.Host("servers", Own);
        router.Host("servers", Server);
        router.Host("wan", Remote);
        router.Host("wan", _family.OtherRemote);
    }

    private static byte[] Segment(TestRouter router, CasePath path, ushort port, Frames.Tcp flags) =>
        Frames.TcpSegment(path.Source, 40000, path.Destination, port, router.Interface(path.Ingress).Mac, flags);

    private static void AssertMoved(TestRouter router, CasePath path, Frames.Tcp flags, string? blockedBy, string outcome)
    {
        bool isAnswered = blockedBy == "Icmp" || blockedBy is "Reset" or "SmtpReply" && !flags.HasFlag(Rst), isForwarded = blockedBy is null && flags == Syn;
        string attempt = outcome.Length == 0 ? "" : $", op25b {path.Group} {outcome} 1";
        string moved = router.Moved();
        if (!isForwarded)
        {
            string reason = blockedBy is null ? "TcpWithoutSession" : outcome == "limited" ? "Op25bLimited" : "Op25bBlocked", answer = isAnswered ? $", {path.Ingress} generated 1, {path.Ingress} sent 1" : "";
            Assert.Equal($"{path.Ingress} received 1, {path.Ingress} dropped {reason} 1{answer}{attempt}", moved);
            return;
        }

        string mapping = path.IsTranslated ? ", mappings 1" : "";
        Assert.Equal($"{path.Ingress} received 1, {path.Ingress} forwarded 1, {path.Egress} sent 1{attempt}, sessions 1{mapping}", moved);
    }

    private void AssertPassed(TestRouter router, CasePath path, ushort port) =>
        AssertPacket.That(router.SentOne(path.Egress)).HasHops(63)
            .FromTo(path.IsTranslated ? Outside : path.Source, path.Destination == Outside ? Home : path.Destination).IsTcp(destinationPort: port);

    private void AssertAnswer(TestRouter router, CasePath path, byte[] segment, Frames.Tcp flags, string action)
    {
        string own = _family.RouterAddresses[path.Ingress == "lan" ? 0 : 1];
        if (action == "Icmp")
            AssertPacket.That(router.SentOne(path.Ingress)).FromTo(own, path.Source).IsIcmp(_family.Prohibited.Type, _family.Prohibited.Code).Quotes(segment);
        else if (action == "SmtpReply" && flags == Syn)
            AssertPacket.That(router.SentOne(path.Ingress)).FromTo(path.Destination, path.Source).IsTcp(25, 40000, Syn | Ack, acknowledgment: Frames.InitialSequence + 1);
        else if (action is "Reset" or "SmtpReply" && !flags.HasFlag(Rst))
            AssertPacket.That(router.SentOne(path.Ingress)).FromTo(path.Destination, path.Source).IsTcp(25, 40000, flags.HasFlag(Ack) ? Rst : Rst | Ack);
    }

    private static void AssertNothingElseLeft(TestRouter router)
    {
        foreach (string name in new[] { "lan", "servers", "wan" })
            Assert.Empty(router.Sent(name));
    }
}

public sealed class Op25bIpv4Test() : Op25bTest(Family.Ipv4);

public sealed class Op25bIpv6Test() : Op25bTest(Family.Ipv6)
{
    /// <summary>F19: a host of IPv6 has as many addresses as it likes; its /64 is what is counted.</summary>
    [Fact]
    public void A_subscriber_is_a_prefix_whatever_address_it_sends_from()
    {
        using var router = new TestRouter(TestConfiguration.With(PhaseMode.Block, PhaseAction.Drop));
        for (int i = 0x10; i < 0x20; i++)
            router.Receive("lan", Frames.TcpSegment($"2001:db8:25:1::{i:x}", 40000, "2001:db8:25:3::25", 25, router.Interface("lan").Mac));
        Assert.Equal("lan received 16, lan dropped Op25bBlocked 16, op25b dynamic blocked 1", router.Moved());
        Assert.Equal("ipv6", Assert.Single(router.Snapshot().Op25b.Attempts).Family);
    }
}
