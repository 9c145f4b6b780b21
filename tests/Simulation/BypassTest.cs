using System.Net;
using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>Ways round the filter, each as the one who tries it would: what leaves, and the only counters that moved. It is the same for both families (F7).</summary>
public abstract class BypassTest
{

    private const string Blocked = "lan received 1, lan dropped Op25bBlocked 1", Attempt = "op25b dynamic blocked 1";

    private readonly Family _family;

    private protected BypassTest(Family family) => _family = family;

    private string Client => _family.Client;

    private string Remote => _family.Remote;

    private string Second => _family.OtherRemote;

    private string Outside => _family.Seen(Client);

    private string Own => _family.Own;

    /// <summary>F1, F5: two ends that open to each other at once, with a remote end who helps from his port 25.</summary>
    [Fact]
    public void A_simultaneous_open_with_port_25_gets_through_on_neither_way()
    {
        using TestRouter router = Open();
        // The mapping is there, and lets everybody in.
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Second, 443, router.Interface("lan").Mac));
        Assert.Single(router.Sent("wan"));
        router.Moved();

        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac));
        router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 40000, router.Interface("wan").Mac));
        Assert.Equal($"{Blocked}, wan received 1, wan dropped Op25bFromPort25 1, {Attempt}", router.Moved());
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac, Syn | Ack));
        router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 40000, router.Interface("wan").Mac, Syn | Ack));
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac, Ack));
        Assert.Equal("lan received 2, lan dropped Op25bBlocked 2, wan received 1, wan dropped Op25bFromPort25 1", router.Moved());
        AssertNothingLeft(router);
    }

    /// <summary>F1: the other way round: the remote end's SYN comes while nothing blocks, and the inside one answers after the cut-over.</summary>
    [Fact]
    public void A_session_that_the_outside_opened_from_port_25_does_not_outlive_the_cut_over()
    {
        DateTimeOffset cutOver = TestRouter.Start + TimeSpan.FromSeconds(10);
        RouterConfiguration configuration = TestConfiguration.WithPhases(
            TestConfiguration.Phase(PhaseMode.Off, name: "before"), TestConfiguration.Phase(PhaseMode.Block, PhaseAction.Drop, cutOver, "op25b"));
        // What a mapping lets in over IPv4, a transparent firewall does over IPv6.
        using TestRouter router = Open(configuration with { Firewall = configuration.Firewall with { TransparentIpv6 = true } });
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Second, 443, router.Interface("lan").Mac));
        router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 40000, router.Interface("wan").Mac));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(25, 40000, Syn);
        router.Sent("wan");
        router.Wait(cutOver - TestRouter.Start);
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(25, 40000, Rst | Ack);
        router.Moved();
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac, Syn | Ack));
        router.Receive("wan", Frames.TcpSegment(Remote, 25, Outside, 40000, router.Interface("wan").Mac, Ack));
        string moved = router.Moved();
        Assert.Contains("lan dropped Op25bBlocked 1", moved, StringComparison.Ordinal);
        Assert.DoesNotContain("forwarded", moved, StringComparison.Ordinal);
        AssertNothingLeft(router);
    }

    /// <summary>F9: under every filtering, a permitted session's mapping permits nothing else; and a session to an own server permits no other destination.</summary>
    [Theory]
    [InlineData("EndpointIndependent")]
    [InlineData("AddressDependent")]
    [InlineData("AddressAndPortDependent")]
    public void A_permitted_session_permits_no_other_destination(string filtering)
    {
        RouterConfiguration configuration = TestConfiguration.With(PhaseMode.Block, PhaseAction.Drop);
        using TestRouter router = Open(configuration with { Nat = configuration.Nat! with { Filtering = Enum.Parse<FilteringMode>(filtering) } });
        foreach ((string destination, ushort port, string egress) in new[] { (Own, (ushort)25, "servers"), (Remote, (ushort)443, "wan"), (Remote, (ushort)587, "wan") })
        {
            router.Receive("lan", Frames.TcpSegment(Client, 40000, destination, port, router.Interface("lan").Mac));
            Assert.Single(router.Sent(egress));
        }

        router.Moved();
        foreach (string destination in new[] { Remote, Second })
            router.Receive("lan", Frames.TcpSegment(Client, 40000, destination, 25, router.Interface("lan").Mac));
        Assert.Equal("lan received 2, lan dropped Op25bBlocked 2, op25b dynamic blocked 2", router.Moved());
        AssertNothingLeft(router);
    }

    /// <summary>F1: a connection that was there before the router was, or whose session ended, is joined in no state of its.</summary>
    [Theory]
    [InlineData(Ack)]
    [InlineData(Ack | Psh)]
    [InlineData(Fin | Ack)]
    [InlineData(Syn | Ack)]
    [InlineData(Rst)]
    internal void Nobody_joins_a_connection_to_port_25_mid_stream(Frames.Tcp flags)
    {
        using TestRouter router = Open();
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac, flags, [1, 2, 3]));
        Assert.Equal($"{Blocked}, {Attempt}", router.Moved());
        AssertNothingLeft(router);
    }

    /// <summary>F10: a second network of subscribers that somebody forgot is in no group and blocked all the same, and no way between inside interfaces is open.</summary>
    [Fact]
    public void A_second_inside_interface_is_guarded_without_being_named()
    {
        RouterConfiguration configuration = TestConfiguration.With(PhaseMode.Block, PhaseAction.Drop);
        using TestRouter router = Open(configuration with
        {
            Interfaces = [.. configuration.Interfaces, configuration.Interfaces[0] with { Name = "dorm", Tap = "dorm", Addresses = [new InterfaceAddress(IPAddress.Parse(_family.IsIpv6 ? "2001:db8:25:4::1" : "192.168.26.1"), _family.IsIpv6 ? 64 : 24)] }],
        });
        string resident = _family.IsIpv6 ? "2001:db8:25:4::10" : "192.168.26.10";
        router.Host("dorm", resident);
        router.Receive("dorm", Frames.TcpSegment(resident, 40000, Remote, 25, router.Interface("dorm").Mac));
        router.Receive("dorm", Frames.TcpSegment(resident, 40000, Client, 25, router.Interface("dorm").Mac));
        Assert.Equal("dorm received 2, dorm dropped Op25bBlocked 2, op25b ungrouped blocked 2", router.Moved());
        router.Receive("lan", Frames.TcpSegment(Client, 40000, resident, 25, router.Interface("lan").Mac));
        Assert.Equal($"{Blocked}, {Attempt}", router.Moved());
        router.Receive("dorm", Frames.TcpSegment(Client, 40000, Own, 25, router.Interface("dorm").Mac));
        Assert.Equal("dorm received 1, dorm dropped SpoofedInsideSource 1", router.Moved());
        router.Receive("dorm", Frames.TcpSegment(resident, 40000, Own, 25, router.Interface("dorm").Mac));
        Assert.Equal("servers sent 1, dorm received 1, dorm forwarded 1, op25b ungrouped allowed_own 1, sessions 1", router.Moved());
    }

    private TestRouter Open(RouterConfiguration? configuration = null)
    {
        var router = new TestRouter(configuration ?? TestConfiguration.With(PhaseMode.Block, PhaseAction.Drop));
        router.Host("lan", Client);
        router.Host("servers", Own);
        router.Host("wan", Remote);
        router.Host("wan", Second);
        return router;
    }

    private static void AssertNothingLeft(TestRouter router)
    {
        foreach (string name in new[] { "lan", "servers", "wan" })
            Assert.Empty(router.Sent(name));
    }
}

public sealed class BypassIpv4Test() : BypassTest(Family.Ipv4);

public sealed class BypassIpv6Test() : BypassTest(Family.Ipv6);
