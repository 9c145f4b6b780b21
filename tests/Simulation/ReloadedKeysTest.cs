using System.Buffers.Binary;
using System.Net;
using Router;
using Router.Configuration;
using Router.Packets;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>Keys that shape tables or own addresses, changed between two batches: translation begins and ends, filtering, ports at rest, addresses of IPv6.</summary>
public sealed class ReloadedKeysTest
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Third = "192.168.25.30", Remote = "203.0.113.25", Stranger = "203.0.113.26", Outside = "203.0.113.2", Own = "198.51.100.25",
        Client6 = "2001:db8:25:1::10", Remote6 = "2001:db8:25:3::25", New6 = "2001:db8:25:9::1";

    private static readonly RouterConfiguration Monitoring = TestConfiguration.With(PhaseMode.Monitor), Untranslated = Monitoring with { Nat = null };

    [Fact]
    public void Where_translation_ends_translated_sessions_end_and_the_others_go_on()
    {
        using TestRouter router = Open(Monitoring);
        router.Receive("lan", Syns(router, 40000, Remote));
        router.Receive("lan", Syns(router, 40001, Own));
        Drain(router);

        EndedSessions ended = router.Reload(Untranslated);

        Assert.Equal("tcp 192.168.25.10:40000 > 203.0.113.25:587", $"{Assert.Single(ended.Examples)}");
        Drain(router);
        router.Receive("lan", Syns(router, 40001, Own));
        AssertPacket.That(router.SentOne("servers")).FromTo(Client, Own);
        router.Receive("lan", Syns(router, 40000, Remote));
        AssertPacket.That(router.SentOne("wan")).FromTo(Client, Remote).IsTcp(40000, 587, Syn);
        router.Moved();
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 25, router.Interface("wan").Mac, Syn));
        Assert.Empty(router.Sent("lan"));
    }

    /// <summary>From a router that began without, and from one that has ceased to: nobody outside knows the way to an address of the inside.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_translation_begins_sessions_that_would_be_translated_end(bool hadBefore)
    {
        using TestRouter router = Open(hadBefore ? Monitoring : Untranslated);
        if (hadBefore)
            Assert.Equal(0, router.Reload(Untranslated).Count);
        router.Receive("lan", Syns(router, 40000, Remote));
        router.Receive("lan", Syns(router, 40001, Own));
        Drain(router);

        EndedSessions ended = router.Reload(Monitoring);

        Assert.Equal("tcp 192.168.25.10:40000 > 203.0.113.25:587", $"{Assert.Single(ended.Examples)}");
        Drain(router);
        router.Receive("lan", Syns(router, 40000, Remote));
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, Remote);
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 25, router.Interface("wan").Mac, Syn));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Home).IsTcp(50000, 25, Syn);
        router.Receive("lan", Syns(router, 40001, Own));
        AssertPacket.That(router.SentOne("servers")).FromTo(Client, Own);
    }

    [Fact]
    public void Another_filtering_decides_of_mappings_that_are_there()
    {
        using TestRouter router = Open(Monitoring);
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, router.Interface("lan").Mac));
        router.Sent("wan");

        Assert.Equal(0, router.Reload(With(FilteringMode.AddressDependent)).Count);
        AssertEnters(router, Remote, 54, passes: true);
        AssertEnters(router, Stranger, 54, passes: false);
        router.Reload(With(FilteringMode.AddressAndPortDependent));
        AssertEnters(router, Remote, 55, passes: false);
        AssertEnters(router, Remote, 54, passes: true);
        router.Reload(Monitoring);
        AssertEnters(router, Stranger, 56, passes: true);

        // What was counted at a change is discounted at its end, and not more than that.
        router.Reload(With(FilteringMode.AddressDependent));
        router.Wait(TimeSpan.FromSeconds(301));
        Hosts(router);
        Assert.Equal(0, router.Path.Sessions.Count);
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Stranger, 53, router.Interface("lan").Mac));
        router.Sent("wan");
        AssertEnters(router, Stranger, 54, passes: true);
        AssertEnters(router, Remote, 54, passes: false);
    }

    [Fact]
    public void Ports_rest_as_long_as_the_configuration_in_force_says()
    {
        RouterConfiguration restless = Monitoring with { Nat = Monitoring.Nat! with { PortRestSeconds = 0 } };
        using TestRouter router = Open(restless);
        Assert.Equal(40000, Translated(router, Client));
        router.Reload(Monitoring);
        router.Wait(TimeSpan.FromSeconds(301));
        Hosts(router);
        int other = Translated(router, Home);
        Assert.NotEqual(40000, other);
        router.Reload(restless);
        Assert.Equal(40000, Translated(router, Third));
    }

    /// <summary>RFC 4862: nothing is taken from it before it is known to be nobody else's; RFC 9096 section 3.5: the prefix that is gone is taken back.</summary>
    [Fact]
    public void A_new_address_of_IPv6_is_tested_and_its_prefix_advertised()
    {
        RouterConfiguration advertising = Advertising(Monitoring);
        using var router = new TestRouter(advertising);
        var lan = router.Interface("lan");
        router.Wait(TimeSpan.FromSeconds(4));
        router.Sent("lan");

        Assert.Equal(0, router.Reload(Renumbered(advertising)).Count);

        router.Receive("lan", EchoTo(router, New6));
        Assert.Equal(1, router.Dropped("lan", DropReason.TentativeAddress));
        router.Wait(TimeSpan.FromSeconds(4));
        byte[][] said = [.. router.Sent("lan")];
        Assert.Single(said, frame => frame.AsSpan().SequenceEqual(NdFrames.NeighborSolicitation("::", New6, lan.Mac)));
        Assert.DoesNotContain(NdFrames.NeighborSolicitation("::", $"{lan.LinkLocalAddress}", lan.Mac), said);
        Assert.Contains(NdFrames.RouterAdvertisement($"{lan.LinkLocalAddress}", lan.Mac, 64, 0, 1800, NdFrames.MacOption(1, lan.Mac), NdFrames.MtuOption(1500),
            NdFrames.PrefixOption("2001:db8:25:9::", 64), NdFrames.PrefixOption("2001:db8:25:1::", 64, valid: 0, preferred: 0)), said);
        router.Receive("lan", EchoTo(router, New6));
        Assert.Equal(129, router.SentOne("lan")[54]);
        router.Receive("lan", EchoTo(router, "2001:db8:25:1::1"));
        Assert.DoesNotContain(router.Sent("lan"), frame => frame[54] == 129);
    }

    /// <summary>A host knows its router by the address that advertisements come from (RFC 4861 section 6.2.8).</summary>
    [Fact]
    public void Another_link_local_address_says_good_bye_first()
    {
        RouterConfiguration advertising = Advertising(Monitoring);
        using var router = new TestRouter(advertising);
        var lan = router.Interface("lan");
        string before = $"{lan.LinkLocalAddress}";
        router.Wait(TimeSpan.FromSeconds(4));
        router.Sent("lan");

        router.Reload(advertising with
        {
            Interfaces = [advertising.Interfaces[0] with { Addresses = [.. advertising.Interfaces[0].Addresses, new InterfaceAddress(IPAddress.Parse("fe80::25"), 64)] }, .. advertising.Interfaces.Skip(1)],
        });

        router.Wait(TimeSpan.FromSeconds(5));
        byte[][] advertisements = [.. router.Sent("lan").Where(frame => frame[54] == 134)];
        Assert.Equal((before, 0), (SourceOf(advertisements[0]), LifetimeOf(advertisements[0])));
        Assert.All(advertisements[1..], frame => Assert.Equal(("fe80::25", 1800), (SourceOf(frame), LifetimeOf(frame))));
        Assert.NotEmpty(advertisements[1..]);
    }

    [Fact]
    public void The_first_addresses_of_IPv6_come_and_go()
    {
        RouterConfiguration first = Monitoring with
        {
            Interfaces = [.. Monitoring.Interfaces.Select(entry => entry with { Addresses = [entry.Addresses[0]] })],
            Routes = [Monitoring.Routes[0]],
            Firewall = new FirewallConfiguration(),
        };
        using TestRouter router = Open(first);
        Assert.False(router.Path.Sessions.HasRoomForIpv6);

        router.Reload(Monitoring);

        router.Wait(TimeSpan.FromSeconds(4));
        router.Host("lan", Client6);
        router.Host("wan", Remote6);
        Drain(router);
        router.Receive("lan", Frames.TcpSegment(Client6, 40000, Remote6, 587, router.Interface("lan").Mac, Syn));
        AssertPacket.That(router.SentOne("wan")).FromTo(Client6, Remote6);
        router.Receive("wan", Frames.TcpSegment(Remote6, 587, Client6, 40000, router.Interface("wan").Mac, Syn | Ack, sequence: 5000, acknowledgment: 1001));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote6, Client6);

        router.Reload(first);
        router.Receive("lan", Frames.TcpSegment(Client6, 40001, Remote6, 587, router.Interface("lan").Mac, Syn));
        Assert.Empty(router.Sent("wan"));
    }

    private static RouterConfiguration With(FilteringMode filtering) => Monitoring with { Nat = Monitoring.Nat! with { Filtering = filtering } };

    private static RouterConfiguration Advertising(RouterConfiguration configuration) => configuration with
    {
        Interfaces = [configuration.Interfaces[0] with { RouterAdvertisements = new RouterAdvertisementsConfiguration() }, .. configuration.Interfaces.Skip(1)],
    };

    private static RouterConfiguration Renumbered(RouterConfiguration configuration) => configuration with
    {
        Interfaces = [configuration.Interfaces[0] with { Addresses = [configuration.Interfaces[0].Addresses[0], new InterfaceAddress(IPAddress.Parse(New6), 64)] }, .. configuration.Interfaces.Skip(1)],
    };

    private static TestRouter Open(RouterConfiguration configuration)
    {
        var router = new TestRouter(configuration);
        Hosts(router);
        return router;
    }

    private static void Hosts(TestRouter router)
    {
        foreach (string host in new[] { Client, Home, Third })
            router.Host("lan", host);
        router.Host("servers", Own);
        router.Host("wan", Remote);
        router.Host("wan", Stranger);
    }

    private static void Drain(TestRouter router)
    {
        foreach (string name in new[] { "lan", "servers", "wan" })
            router.Sent(name);
    }

    private static byte[] Syns(TestRouter router, ushort port, string to) => Frames.TcpSegment(Client, port, to, 587, router.Interface("lan").Mac, Syn);

    private static byte[] EchoTo(TestRouter router, string address) => NdFrames.Frame("fe80::a", address, [128, 0, 0, 0, 0, 7, 0, 1], Frames.Host, 64, router.Interface("lan").Mac);

    private static void AssertEnters(TestRouter router, string from, ushort port, bool passes)
    {
        router.Receive("wan", Frames.UdpDatagram(from, port, Outside, 40000, router.Interface("wan").Mac));
        Assert.Equal(passes ? 1 : 0, router.Sent("lan").Count);
    }

    /// <summary>The outside port that the host's datagram from 40000 leaves with.</summary>
    private static int Translated(TestRouter router, string host)
    {
        router.Receive("lan", Frames.UdpDatagram(host, 40000, Remote, 9, router.Interface("lan").Mac));
        return BinaryPrimitives.ReadUInt16BigEndian(router.SentOne("wan").AsSpan(34));
    }

    private static string SourceOf(byte[] frame) => new IPAddress(frame.AsSpan(22, 16)).ToString();

    private static int LifetimeOf(byte[] advertisement) => BinaryPrimitives.ReadUInt16BigEndian(advertisement.AsSpan(60));
}
