using System.Buffers.Binary;
using System.Net;
using Router;
using Router.Configuration;
using Router.Packets;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>Another configuration between two batches (F18): what it lets in no more ends, all else goes on, and what was counted stays counted.</summary>
public sealed class ReloadTest
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Remote = "203.0.113.25", Gateway = "203.0.113.1", Second = "203.0.113.3", Outside = "203.0.113.2", Far = "192.0.2.7";

    private static readonly RouterConfiguration Monitoring = TestConfiguration.With(PhaseMode.Monitor), Blocking = TestConfiguration.With(PhaseMode.Block);

    [Fact]
    public void A_policy_that_blocks_ends_sessions_to_port_25_and_no_other()
    {
        using TestRouter router = Open(Monitoring);
        Establish(router, Client, 40000, 25);
        Establish(router, Client, 40001, 587);

        EndedSessions ended = router.Reload(Blocking);

        Assert.Equal(1, ended.Count);
        Assert.Equal("tcp 192.168.25.10:40000 > 203.0.113.25:25", $"{Assert.Single(ended.Examples)}");
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(25, 40000, Rst | Ack);
        router.Moved();
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac, Ack, sequence: 1001, acknowledgment: 5001));
        Assert.Empty(router.Sent("wan"));
        router.Receive("lan", Frames.TcpSegment(Client, 40001, Remote, 587, router.Interface("lan").Mac, Ack, sequence: 1001, acknowledgment: 5001));
        Assert.Single(router.Sent("wan"));
    }

    [Fact]
    public void A_group_that_gains_an_address_keeps_its_session_where_the_others_end()
    {
        using TestRouter router = Open(Monitoring);
        Establish(router, Client, 40000, 25);
        Establish(router, Home, 40000, 25);
        GroupConfiguration[] groups = [Blocking.Op25b.Groups[0], Blocking.Op25b.Groups[1] with { Sources = [.. Blocking.Op25b.Groups[1].Sources, IPNetwork.Parse("192.168.25.20/32")] }];

        EndedSessions ended = router.Reload(Blocking with { Op25b = Blocking.Op25b with { Groups = groups } });

        Assert.Equal("tcp 192.168.25.10:40000 > 203.0.113.25:25", $"{Assert.Single(ended.Examples)}");
        router.Sent("lan");
        router.Receive("lan", Frames.TcpSegment(Home, 40000, Remote, 25, router.Interface("lan").Mac, Ack, sequence: 1001, acknowledgment: 5001));
        Assert.Single(router.Sent("wan"));
    }

    [Fact]
    public void A_port_forward_that_is_gone_ends_its_sessions_and_a_new_one_leads_in()
    {
        using TestRouter router = Open(Monitoring);
        Enter(router, 50000, 25);
        Assert.Single(router.Sent("lan"));
        NatConfiguration nat = Monitoring.Nat! with { PortForwards = [new PortForwardConfiguration { Protocol = TransportProtocol.Tcp, Port = 8080, To = IPEndPoint.Parse("192.168.25.20:80") }] };

        EndedSessions ended = router.Reload(Monitoring with { Nat = nat });

        Assert.Equal(1, ended.Count);
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Home).IsTcp(50000, 25, Rst | Ack);
        Enter(router, 50001, 8080);
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Home).IsTcp(50001, 80, Syn);
        Enter(router, 50002, 25);
        Assert.Empty(router.Sent("lan"));
    }

    /// <summary>RFC 4787 REQ-1 gives way: the operator's word leads the port elsewhere, and a mapping that had it is not given to it again.</summary>
    [Fact]
    public void A_forward_that_takes_a_mappings_port_ends_the_mappings_sessions()
    {
        using TestRouter router = Open(Monitoring);
        Establish(router, Client, 40000, 587);
        ushort port = router.Path.Translator.Mappings![0].OutsidePort;
        NatConfiguration nat = Monitoring.Nat! with { PortForwards = [new PortForwardConfiguration { Protocol = TransportProtocol.Tcp, Port = port, To = IPEndPoint.Parse("192.168.25.20:80") }] };

        Assert.Equal(1, router.Reload(Monitoring with { Nat = nat }).Count);

        router.Sent("lan");
        Enter(router, 50001, port);
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Home).IsTcp(50001, 80, Syn);
        Establish(router, Client, 40000, 587);
        Assert.NotEqual(port, router.Path.Translator.Mappings[0].OutsidePort);
    }

    [Fact]
    public void An_inbound_rule_that_is_gone_ends_what_it_let_in_and_not_what_began_inside()
    {
        using TestRouter router = Open(Monitoring);
        router.Host("servers", "198.51.100.25");
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, "198.51.100.25", 25, router.Interface("wan").Mac, Syn));
        router.Receive("servers", Frames.TcpSegment("198.51.100.25", 50001, Remote, 25, router.Interface("servers").Mac, Syn));
        router.Sent("servers");
        router.Sent("wan");

        EndedSessions ended = router.Reload(Monitoring with { Firewall = new FirewallConfiguration() });

        Assert.Equal("tcp 203.0.113.25:50000 > 198.51.100.25:25", $"{Assert.Single(ended.Examples)}");
    }

    [Fact]
    public void Sessions_take_the_new_route_and_keep_their_translation()
    {
        using TestRouter router = Open(Monitoring);
        router.Host("wan", Gateway);
        var second = router.Host("wan", Second);
        Establish(router, Client, 40000, 587, Far);

        router.Reload(Monitoring with { Routes = [new RouteConfiguration { Destination = IPNetwork.Parse("0.0.0.0/0"), Via = IPAddress.Parse(Second) }] });

        router.Receive("lan", Frames.TcpSegment(Client, 40000, Far, 587, router.Interface("lan").Mac, Ack, sequence: 1001, acknowledgment: 5001));
        byte[] sent = router.SentOne("wan");
        Assert.Equal(second, new Router.Wire.EthernetHeader(sent).Destination);
        AssertPacket.That(sent).FromTo(Outside, Far);
    }

    /// <summary>What a lease from outside changes: the old address and what was translated to it go, the new one is announced, and all else goes on.</summary>
    [Fact]
    public void Another_outside_address_ends_what_was_translated_to_the_old_one()
    {
        using TestRouter router = Open(Monitoring);
        Establish(router, Client, 40000, 587);
        router.Host("servers", "198.51.100.25");
        router.Receive("lan", Frames.TcpSegment(Client, 40001, "198.51.100.25", 587, router.Interface("lan").Mac, Syn));
        router.Sent("servers");
        IReadOnlyList<InterfaceConfiguration> interfaces = Monitoring.Interfaces;
        RouterConfiguration moved = Monitoring with
        {
            Interfaces = [interfaces[0], interfaces[1], interfaces[2] with { Addresses = [new InterfaceAddress(IPAddress.Parse("203.0.113.99"), 24), interfaces[2].Addresses[1]] }],
            Nat = Monitoring.Nat! with { Addresses = [IPAddress.Parse("203.0.113.99")] },
        };

        EndedSessions ended = router.Reload(moved);

        Assert.Equal("tcp 192.168.25.10:40000 > 203.0.113.25:587", $"{Assert.Single(ended.Examples)}");
        router.Sent("lan");
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 587, router.Interface("lan").Mac, Syn));
        AssertPacket.That(router.SentOne("wan")).FromTo("203.0.113.99", Remote);
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, "203.0.113.99", 25, router.Interface("wan").Mac, Syn));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Home).IsTcp(50000, 25, Syn);
        Enter(router, 50001, 25);
        Assert.Empty(router.Sent("lan"));
        router.Receive("lan", Frames.TcpSegment(Client, 40001, "198.51.100.25", 587, router.Interface("lan").Mac, Ack, sequence: 1001, acknowledgment: 5001));
        Assert.Single(router.Sent("servers"));

        // And back again: the place of the old address was free.
        Assert.Equal(2, router.Reload(Monitoring).Count);
        router.Sent("lan");
        Establish(router, Client, 40000, 587);
    }

    [Fact]
    public void Attempts_are_counted_on_by_the_names_of_groups_and_phases()
    {
        using TestRouter router = Open(Monitoring);
        Establish(router, Client, 40000, 25);
        GroupConfiguration first = new() { Name = "campus", Sources = [IPNetwork.Parse("192.168.25.128/25")] };
        router.Reload(Monitoring with { Op25b = Monitoring.Op25b with { Groups = [first, .. Monitoring.Op25b.Groups] } });
        router.Moved();
        Establish(router, Client, 40001, 25);
        Assert.Contains(router.Snapshot().Op25b.Attempts, attempt => attempt is { Group: "dynamic", Outcome: "monitored", Count: 2 });
        Assert.Equal("dynamic", Assert.Single(router.Attempts().Hosts).Group);
    }

    /// <summary>RFC 4787 REQ-1: new ones would be under either address, but these are there.</summary>
    [Fact]
    public void A_mapping_keeps_its_outside_address_where_another_one_comes_to_it()
    {
        using TestRouter router = Open(Monitoring);
        router.Host("wan", Gateway);
        string[] hosts = [.. Enumerable.Range(30, 8).Select(last => $"192.168.25.{last}")];
        foreach (string host in hosts)
        {
            router.Host("lan", host);
            Establish(router, host, 40000, 587);
        }

        router.Reload(Monitoring with { Nat = Monitoring.Nat! with { Addresses = [IPAddress.Parse(Outside), IPAddress.Parse(Second)] } });
        foreach (string host in hosts)
        {
            router.Receive("lan", Frames.TcpSegment(host, 40000, Gateway, 587, router.Interface("lan").Mac, Syn));
            AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Gateway);
        }
    }

    [Fact]
    public void What_a_name_that_stays_has_taught_stays()
    {
        using TestRouter router = Open(TestConfiguration.WithNames("*.seikyou.example", "*.other.example"));
        Assert.True(router.Path.OwnNames.TryLearn(Router.Wire.IpAddress.From(IPAddress.Parse(Remote)), Router.Wire.DnsName.Of("mail.seikyou.example"), 0, 300_000, router.Now));
        Assert.True(router.Path.OwnNames.TryLearn(Router.Wire.IpAddress.From(IPAddress.Parse(Far)), Router.Wire.DnsName.Of("mail.other.example"), 1, 300_000, router.Now));
        router.Reload(TestConfiguration.WithNames("mail.third.example", "*.seikyou.example"));
        Assert.Equal(["mail.seikyou.example"], router.Path.OwnNames.Learnt.All().Select(entry => entry.Name));
        Establish(router, Client, 40000, 25);
    }

    private static TestRouter Open(RouterConfiguration configuration)
    {
        var router = new TestRouter(configuration);
        router.Host("lan", Client);
        router.Host("lan", Home);
        router.Host("wan", Remote);
        return router;
    }

    private static void Establish(TestRouter router, string source, ushort sourcePort, ushort port, string remote = Remote)
    {
        router.Receive("lan", Frames.TcpSegment(source, sourcePort, remote, port, router.Interface("lan").Mac, Syn));
        ushort translated = BinaryPrimitives.ReadUInt16BigEndian(router.SentOne("wan").AsSpan(34));
        router.Receive("wan", Frames.TcpSegment(remote, port, Outside, translated, router.Interface("wan").Mac, Syn | Ack, sequence: 5000, acknowledgment: 1001));
        router.Receive("lan", Frames.TcpSegment(source, sourcePort, remote, port, router.Interface("lan").Mac, Ack, sequence: 1001, acknowledgment: 5001));
        router.Sent("wan");
        router.Sent("lan");
    }

    private static void Enter(TestRouter router, ushort sourcePort, ushort port) =>
        router.Receive("wan", Frames.TcpSegment(Remote, sourcePort, Outside, port, router.Interface("wan").Mac, Syn));
}
