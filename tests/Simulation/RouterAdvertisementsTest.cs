using System.Net;
using Router.Configuration;
using Router.Packets;
using Router.Wire;
using Support;
using TapDev;

namespace Simulation;

/// <summary>What hosts hear of their router, when, and what it makes of other routers' words.</summary>
public sealed class RouterAdvertisementsTest : IDisposable
{
    private const string Host = "fe80::a";

    private static readonly MacAddress HostMac = new(0x02_00_00_00_00_0A);

    private readonly TestRouter _router = new(With(new RouterAdvertisementsConfiguration
    {
        RecursiveDnsServers = [IPAddress.Parse("2001:db8:25:2::53")],
        DnsSearchList = ["seikyou.example"],
    }));

    private readonly List<string> _events = [];

    public RouterAdvertisementsTest() =>
        _router.Path.RouterAdvertiser.RouterSeen = (entry, router, station, found) => _events.Add($"{entry} {router} {station} {found}");

    private MacAddress Mac => _router.Interface("lan").Mac;

    private string LinkLocal => _router.Interface("lan").LinkLocalAddress.ToString();

    public void Dispose() => _router.Dispose();

    [Fact]
    public void It_says_everything_in_one_message()
    {
        Assert.Equal(Mac.LinkLocal, _router.Interface("lan").LinkLocalAddress);
        byte[] expected = NdFrames.RouterAdvertisement(LinkLocal, Mac, 64, 0, 1800, NdFrames.MacOption(1, Mac), NdFrames.MtuOption(1500), NdFrames.PrefixOption("2001:db8:25:1::", 64),
            [25, 3, 0, 0, 0, 0, 7, 8, .. NdFrames.Bytes("2001:db8:25:2::53")], [31, 4, 0, 0, 0, 0, 7, 8, 7, .. "seikyou"u8, 7, .. "example"u8, .. new byte[8]]);
        _router.Wait(TimeSpan.FromMilliseconds(250));
        Assert.Equal(expected, _router.SentOne("lan"));
        Assert.Empty(_router.Sent("servers"));
        Assert.Empty(_router.Sent("wan"));
    }

    [Fact]
    public void It_says_what_the_configuration_says()
    {
        using var router = new TestRouter(With(new RouterAdvertisementsConfiguration
        {
            Prefixes = [IPNetwork.Parse("2001:db8:25:1::/64")],
            MaxIntervalSeconds = 4,
            RouterLifetimeSeconds = 0,
            PreferredLifetimeSeconds = 60,
            ValidLifetimeSeconds = 90,
            Mtu = 0,
            ManagedConfiguration = true,
            OtherConfiguration = true,
        }));
        MacAddress mac = router.Interface("lan").Mac;
        router.Wait(TimeSpan.FromMilliseconds(250));
        Assert.Equal(NdFrames.RouterAdvertisement($"{mac.LinkLocal}", mac, 64, 0xC0, 0, NdFrames.MacOption(1, mac), NdFrames.PrefixOption("2001:db8:25:1::", 64, 0xC0, 90, 60)), router.SentOne("lan"));
    }

    /// <summary>RFC 4861 section 6.2.4: three in sixteen seconds each, then at random between MinRtrAdvInterval and MaxRtrAdvInterval.</summary>
    [Fact]
    public void Intervals_are_the_RFCs()
    {
        double[] intervals = Intervals(TimeSpan.FromHours(4));
        Assert.All(intervals[..2], interval => Assert.InRange(interval, 15.75, 16));
        Assert.All(intervals[2..], interval => Assert.InRange(interval, 198, 600.25));
        Assert.InRange(intervals.Length, 24, 72);
        Assert.True(intervals[2..].Distinct().Count() > 10, "They are not random.");
    }

    [Fact]
    public void The_shortest_interval_is_kept()
    {
        using var router = new TestRouter(With(new RouterAdvertisementsConfiguration { MaxIntervalSeconds = 4 }));
        int sent = 0;
        for (int i = 0; i < 400; i++)
        {
            router.Wait(TimeSpan.FromMilliseconds(250));
            sent += router.Sent("lan").Count;
        }

        Assert.InRange(sent, 25, 34);
    }

    [Fact]
    public void Who_asks_is_answered_in_half_a_second_and_is_a_neighbour()
    {
        Quiet(TimeSpan.FromSeconds(10));
        _router.Receive("lan", NdFrames.RouterSolicitation(Host, HostMac, NdFrames.MacOption(1, HostMac)));
        Assert.Equal("lan received 1, lan delivered 1", _router.Moved());
        _router.Wait(TimeSpan.FromMilliseconds(500));
        Assert.Equal(134, _router.SentOne("lan")[54]);
        Assert.Equal("lan generated 1, lan sent 1", _router.Moved());
        Assert.Equal(Router.Neighbors.NeighborState.Stale, _router.Path.Neighbors.StateOf(_router.Interface("lan"), IpAddress.From(IPAddress.Parse(Host))));
    }

    [Fact]
    public void Who_has_no_address_yet_is_answered_too()
    {
        Quiet(TimeSpan.FromSeconds(10));
        _router.Receive("lan", NdFrames.RouterSolicitation("::", HostMac));
        _router.Wait(TimeSpan.FromMilliseconds(500));
        Assert.Single(_router.Sent("lan"));
    }

    /// <summary>RFC 4861 section 6.2.6: MIN_DELAY_BETWEEN_RAS.</summary>
    [Fact]
    public void A_flood_of_questions_makes_one_answer_in_three_seconds()
    {
        Quiet(TimeSpan.FromSeconds(10));
        int sent = 0;
        for (int i = 0; i < 120; i++)
        {
            _router.Receive("lan", NdFrames.RouterSolicitation("::", HostMac));
            _router.Wait(TimeSpan.FromMilliseconds(250));
            sent += _router.Sent("lan").Count;
        }

        Assert.InRange(sent, 8, 11);
        Assert.Equal($"lan received 120, lan delivered 120, lan generated {sent}, lan sent {sent}", _router.Moved());
    }

    [Fact]
    public void A_question_right_behind_an_advertisement_waits_for_three_seconds()
    {
        Quiet(TimeSpan.Zero);
        _router.Receive("lan", NdFrames.RouterSolicitation("::", HostMac));
        _router.Wait(TimeSpan.FromSeconds(2.75));
        Assert.Empty(_router.Sent("lan"));
        _router.Wait(TimeSpan.FromSeconds(0.75));
        Assert.Single(_router.Sent("lan"));
    }

    [Theory]
    [InlineData("servers", "fe80::a", 255, nameof(DropReason.NeighborDiscoveryNotForUs))]
    [InlineData("wan", "fe80::a", 255, nameof(DropReason.NeighborDiscoveryNotForUs))]
    [InlineData("lan", "fe80::a", 64, nameof(DropReason.InvalidNeighborDiscovery))]
    [InlineData("lan", "2001:db8:25:2::7", 255, nameof(DropReason.NeighborDiscoverySpoofedSender))]
    public void Questions_that_get_no_answer(string entry, string source, byte hopLimit, string reason)
    {
        Quiet(TimeSpan.FromSeconds(10));
        _router.Receive(entry, NdFrames.Frame(source, NdFrames.AllRouters, [133, 0, 0, 0, 0, 0, 0, 0], HostMac, hopLimit));
        _router.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal($"{entry} received 1, {entry} dropped {reason} 1", _router.Moved());
    }

    [Fact]
    public void Without_the_section_nothing_is_said()
    {
        using var router = new TestRouter();
        router.Receive("lan", NdFrames.RouterSolicitation("::", HostMac));
        router.Wait(TimeSpan.FromHours(1));
        Assert.All(router.Path.Interfaces, entry => Assert.Empty(router.Sent(entry.Name)));
        Assert.Equal("lan received 1, lan dropped NeighborDiscoveryNotForUs 1", router.Moved());
    }

    /// <summary>RFC 4861 section 6.2.7.</summary>
    [Fact]
    public void Another_router_inside_is_told_of_and_not_obeyed()
    {
        Quiet(TimeSpan.FromSeconds(10));
        _router.Receive("lan", NdFrames.RouterAdvertisement(Host, HostMac, 64, 0, 9000, NdFrames.PrefixOption("2001:db8:66::", 64)));
        _router.Receive("lan", NdFrames.RouterAdvertisement(Host, HostMac, 63, 0x80, 1800, NdFrames.MtuOption(1400), NdFrames.PrefixOption("2001:db8:25:1::", 64, valid: 10, preferred: 10)));
        _router.Receive("servers", NdFrames.RouterAdvertisement(Host, HostMac));
        Assert.Equal([$"lan {Host} {HostMac} None", $"lan {Host} {HostMac} HopLimit, Flags, Mtu, Lifetimes", $"servers {Host} {HostMac} None"], _events);
        Assert.Equal("lan received 2, lan dropped RouterAdvertisementInside 2, servers received 1, servers dropped RouterAdvertisementInside 1", _router.Moved());
        Assert.Null(_router.Path.Routes.Lookup(IpAddress.From(IPAddress.Parse("2001:db8:66::1"))) is { Kind: not Router.Routing.RouteKind.Static } learned ? learned : null);
    }

    [Fact]
    public void A_router_outside_is_not_ours_to_judge()
    {
        Quiet(TimeSpan.FromSeconds(10));
        _router.Receive("wan", NdFrames.RouterAdvertisement(Host, HostMac, 63));
        Assert.Empty(_events);
        Assert.Equal("wan received 1, wan dropped NeighborDiscoveryNotForUs 1", _router.Moved());
    }

    [Fact]
    public void Our_own_words_that_come_back_are_nobody_elses()
    {
        Quiet(TimeSpan.FromSeconds(10));
        _router.Receive("lan", NdFrames.RouterAdvertisement(LinkLocal, Mac));
        _router.Wait(TimeSpan.FromSeconds(1));
        Assert.Empty(_events);
        Assert.Equal("lan received 1, lan dropped NeighborDiscoveryNotForUs 1", _router.Moved());
    }

    /// <summary>A forged last word of ours takes the hosts' default route away: they hear the truth in half a second.</summary>
    [Fact]
    public void Who_speaks_in_our_name_is_contradicted()
    {
        Quiet(TimeSpan.FromSeconds(10));
        _router.Receive("lan", NdFrames.RouterAdvertisement(LinkLocal, HostMac, 64, 0, 0));
        Assert.Equal([$"lan {LinkLocal} {HostMac} Source"], _events);
        _router.Wait(TimeSpan.FromMilliseconds(500));
        Assert.Equal(1800, Lifetime(_router.SentOne("lan")));
    }

    [Fact]
    public void The_last_word_is_that_it_is_no_router_any_more()
    {
        Quiet(TimeSpan.FromSeconds(10));
        _router.Cease();
        Assert.Equal(0, Lifetime(_router.SentOne("lan")));
        Assert.Empty(_router.Sent("servers"));
    }

    [Fact]
    public void An_interface_that_is_down_is_silent_and_begins_anew_when_it_is_up()
    {
        Quiet(TimeSpan.FromMinutes(1));
        _router.Device("lan").SetState(DeviceState.Down);
        _router.Wait(TimeSpan.FromHours(1));
        _router.Cease();
        Assert.Empty(_router.Sent("lan"));
        _router.Device("lan").SetState(DeviceState.Up);
        _router.Wait(TimeSpan.FromSeconds(40));
        Assert.Equal(3, _router.Sent("lan").Count(frame => frame[54] == 134));
    }

    /// <summary>Lets the first three go by, and time pass since the last.</summary>
    private void Quiet(TimeSpan time)
    {
        for (int sent = _router.Sent("lan").Count; sent < 3; sent += _router.Sent("lan").Count)
            _router.Wait(TimeSpan.FromMilliseconds(250));
        _router.Wait(time);
        Assert.Empty(_router.Sent("lan"));
        _router.Moved();
    }

    private double[] Intervals(TimeSpan time)
    {
        var seen = new List<double>();
        _router.Wait(TimeSpan.FromMilliseconds(250));
        long last = _router.Now;
        Assert.Single(_router.Sent("lan"));
        for (long end = last + (long)time.TotalMilliseconds; _router.Now < end;)
        {
            _router.Wait(TimeSpan.FromMilliseconds(250));
            if (_router.Sent("lan").Count == 0)
                continue;
            seen.Add((_router.Now - last) / 1000.0);
            last = _router.Now;
        }

        return [.. seen];
    }

    private static int Lifetime(byte[] advertisement) => advertisement[60] << 8 | advertisement[61];

    private static RouterConfiguration With(RouterAdvertisementsConfiguration advertised) => TestConfiguration.Default with
    {
        Interfaces = [TestConfiguration.Default.Interfaces[0] with { RouterAdvertisements = advertised }, .. TestConfiguration.Default.Interfaces.Skip(1)],
    };
}
