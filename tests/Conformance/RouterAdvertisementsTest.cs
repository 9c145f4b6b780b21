using System.Net;
using Router.Configuration;
using Router.Neighbors;
using Router.Wire;
using Support;

namespace Conformance;

/// <summary>RFC 4861 section 6 and RFC 8106: what routers say to hosts. <see cref="Simulation"/> has the bytes.</summary>
public sealed class RouterAdvertisementsTest : IDisposable
{
    private const string Host = "fe80::a";

    private static readonly MacAddress HostMac = new(0x02_00_00_00_00_0A);

    private readonly TestRouter _router = new(With(new RouterAdvertisementsConfiguration
    {
        MaxIntervalSeconds = 100,
        RecursiveDnsServers = [IPAddress.Parse("2001:db8:25:2::53")],
        DnsSearchList = ["seikyou.example"],
    }));

    public RouterAdvertisementsTest() => _router.Wait(TimeSpan.FromSeconds(0.25));

    public void Dispose() => _router.Dispose();

    [Fact]
    [Requirement("RFC 4861", "4.2", Level.Must)]
    [Requirement("RFC 4861", "6.2.3", Level.Should)]
    [Requirement("RFC 8106", "section 5.1", Level.Should)]
    [Requirement("RFC 8106", "section 5.2", Level.Must)]
    public void The_first_advertisement_has_everything()
    {
        MacAddress mac = _router.Interface("lan").Mac;
        byte[] names = [31, 4, 0, 0, 0, 0, 1, 44, 7, .. "seikyou"u8, 7, .. "example"u8, .. new byte[8]];
        Assert.Equal(NdFrames.RouterAdvertisement($"{mac.LinkLocal}", mac, 64, 0, 300, NdFrames.MacOption(1, mac), NdFrames.MtuOption(1500), NdFrames.PrefixOption("2001:db8:25:1::", 64),
            [25, 3, 0, 0, 0, 0, 1, 44, .. NdFrames.Bytes("2001:db8:25:2::53")], names), _router.SentOne("lan"));
    }

    [Theory]
    [InlineData("Interfaces:0:RouterAdvertisements:MaxIntervalSeconds", "3", "4", 3)]
    [InlineData("Interfaces:0:RouterAdvertisements:MaxIntervalSeconds", "1801", "1800", 594)]
    [Requirement("RFC 4861", "6.2.1 intervals", Level.Must)]
    public void Intervals_have_their_bounds(string key, string wrong, string right, int least)
    {
        Assert.Contains("is out of range", Assert.Single(Load($"{key}={wrong}").Errors).Message, StringComparison.Ordinal);
        RouterConfiguration good = Load($"{key}={right}").Configuration!;
        using var router = new TestRouter(good with { Interfaces = [good.Interfaces[0]], Routes = [] });
        Advertisement advertised = Assert.Single(global::Router.AdvertisementCompiler.Compile(good with { Interfaces = [good.Interfaces[0]] }, router.Path.Interfaces));
        Assert.Equal(least, advertised.MinInterval);
        Assert.InRange(advertised.MinInterval, 3, advertised.MaxInterval * 3 / 4);
    }

    [Theory]
    [InlineData("RouterLifetimeSeconds=599")]
    [InlineData("RouterLifetimeSeconds=9001")]
    [Requirement("RFC 4861", "6.2.1 lifetime", Level.Must)]
    public void A_lifetime_has_its_bounds(string setting) => Assert.Single(Load($"Interfaces:0:RouterAdvertisements:{setting}").Errors);

    [Fact]
    [Requirement("RFC 4861", "6.2.1 prefixes", Level.MustNot)]
    public void A_prefix_is_valid_for_as_long_as_it_is_preferred() => Assert.Single(Load("Interfaces:0:RouterAdvertisements:ValidLifetimeSeconds=604799").Errors);

    [Fact]
    [Requirement("RFC 4861", "6.2.1 default", Level.Must)]
    [Requirement("RFC 4861", "6.2.2 interface", Level.MustNot)]
    public void Nothing_is_advertised_unless_it_was_configured()
    {
        using var router = new TestRouter();
        router.Receive("lan", NdFrames.RouterSolicitation(Host, HostMac));
        router.Wait(TimeSpan.FromHours(1));
        Assert.Empty(router.Sent("lan"));
        Assert.Empty(_router.Sent("servers"));
        Assert.Empty(_router.Sent("wan"));
    }

    [Fact]
    [Requirement("RFC 4861", "6.1.1", Level.Must)]
    public void A_solicitation_that_fails_a_check_is_nothing()
    {
        Quiet();
        _router.Receive("lan", NdFrames.Frame(Host, NdFrames.AllRouters, [133, 0, 0, 0, 0, 0, 0, 0], HostMac, hopLimit: 254));
        _router.Receive("lan", NdFrames.Frame(Host, NdFrames.AllRouters, [133, 1, 0, 0, 0, 0, 0, 0], HostMac));
        _router.Receive("lan", NdFrames.RouterSolicitation(Host, HostMac, [1, 0, 0, 0, 0, 0, 0, 0]));
        _router.Receive("lan", NdFrames.RouterSolicitation("::", HostMac, NdFrames.MacOption(1, HostMac)));
        byte[] damaged = NdFrames.RouterSolicitation(Host, HostMac);
        damaged[56] ^= 1;
        _router.Receive("lan", damaged);
        _router.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal("lan received 5, lan dropped InvalidNeighborDiscovery 5", _router.Moved());
    }

    [Fact]
    [Requirement("RFC 4861", "6.1.2", Level.Must)]
    public void An_advertisement_that_fails_a_check_is_nothing()
    {
        int seen = 0;
        Quiet();
        _router.Path.RouterAdvertiser.RouterSeen = (_, _, _, _) => seen++;
        _router.Receive("lan", NdFrames.RouterAdvertisement("2001:db8:25:1::a", HostMac));
        _router.Receive("lan", NdFrames.Frame(Host, NdFrames.AllNodes, [134, 0, .. new byte[14]], HostMac, hopLimit: 64));
        _router.Receive("lan", NdFrames.Frame(Host, NdFrames.AllNodes, [134, 0, .. new byte[13]], HostMac));
        Assert.Equal("lan received 3, lan dropped InvalidNeighborDiscovery 3", _router.Moved());
        Assert.Equal(0, seen);
    }

    [Fact]
    [Requirement("RFC 4861", "6.2.4", Level.Should)]
    [Requirement("RFC 4861", "6.2.6 interval", Level.MustNot)]
    public void Advertisements_are_random_between_the_two_intervals()
    {
        double[] intervals = Intervals(20);
        Assert.All(intervals[..2], interval => Assert.InRange(interval, 15.75, 16.25));
        Assert.All(intervals[2..], interval => Assert.InRange(interval, 33, 100.25));
        Assert.True(intervals[2..].Distinct().Count() > 5, "They are not random.");
    }

    [Fact]
    [Requirement("RFC 4861", "6.2.5", Level.Should)]
    public void The_last_one_has_a_lifetime_of_zero()
    {
        Quiet();
        _router.Cease();
        byte[] last = _router.SentOne("lan");
        Assert.Equal((134, 0, 0), (last[54], last[60], last[61]));
    }

    [Fact]
    [Requirement("RFC 4861", "6.2.2 group", Level.Must)]
    [Requirement("RFC 4861", "6.2.6 delay", Level.Must)]
    [Requirement("RFC 4861", "6.2.6 sender", Level.Must)]
    public void Who_solicits_is_answered_and_known()
    {
        Quiet();
        _router.Receive("lan", NdFrames.RouterSolicitation(Host, HostMac, NdFrames.MacOption(1, HostMac)));
        _router.Wait(TimeSpan.FromSeconds(0.5));
        Assert.Single(_router.Sent("lan"));
        Assert.Equal(NeighborState.Stale, StateOfHost());
    }

    [Fact]
    [Requirement("RFC 4861", "6.2.6 unspecified", Level.MustNot)]
    public void Nobody_is_no_neighbour()
    {
        Quiet();
        int before = _router.Path.Neighbors.Count;
        _router.Receive("lan", NdFrames.RouterSolicitation("::", HostMac));
        Assert.Equal(before, _router.Path.Neighbors.Count);
    }

    [Fact]
    [Requirement("RFC 4861", "6.2.6 rate", Level.Must)]
    public void Solicitations_bring_no_more_than_one_in_three_seconds()
    {
        Quiet();
        int sent = 0;
        for (int i = 0; i < 120; i++)
        {
            _router.Receive("lan", NdFrames.RouterSolicitation(Host, HostMac));
            _router.Wait(TimeSpan.FromSeconds(0.25));
            sent += _router.Sent("lan").Count;
        }

        Assert.InRange(sent, 8, 11);
    }

    [Fact]
    [Requirement("RFC 4861", "6.2.7", Level.Should)]
    public void Contradictions_are_told()
    {
        var seen = new List<Inconsistencies>();
        _router.Path.RouterAdvertiser.RouterSeen = (_, _, _, found) => seen.Add(found);
        _router.Receive("lan", NdFrames.RouterAdvertisement(Host, HostMac));
        _router.Receive("lan", NdFrames.RouterAdvertisement(Host, HostMac, 0));
        _router.Receive("lan", NdFrames.RouterAdvertisement(Host, HostMac, 32, 0x40, 1800, NdFrames.MtuOption(1280), NdFrames.PrefixOption("2001:db8:25:1::", 64, valid: 1, preferred: 1)));
        Assert.Equal([Inconsistencies.None, Inconsistencies.None, Inconsistencies.HopLimit | Inconsistencies.Flags | Inconsistencies.Mtu | Inconsistencies.Lifetimes], seen);
    }

    private NeighborState StateOfHost() => _router.Path.Neighbors.StateOf(_router.Interface("lan"), IpAddress.From(IPAddress.Parse(Host)));

    private void Quiet()
    {
        Intervals(2);
        _router.Wait(TimeSpan.FromSeconds(4));
        _router.Moved();
    }

    private double[] Intervals(int count)
    {
        var seen = new List<double>();
        Assert.Single(_router.Sent("lan"));
        for (long last = _router.Now; seen.Count < count;)
        {
            _router.Wait(TimeSpan.FromSeconds(0.25));
            if (_router.Sent("lan").Count == 0)
                continue;
            seen.Add((_router.Now - last) / 1000.0);
            last = _router.Now;
        }

        return [.. seen];
    }

    /// <summary>A configuration file with one setting more.</summary>
    private static ConfigurationResult Load(string setting) => ConfigurationLoader.Load(new ConfigurationSources("router.jsonc") { Settings = [setting] }, """
        { "Interfaces": [ { "Name": "lan", "Role": "Lan", "Tap": "tap0", "Addresses": ["2001:db8:25:1::1/64"], "RouterAdvertisements": {} } ] }
        """u8);

    private static RouterConfiguration With(RouterAdvertisementsConfiguration advertised) => TestConfiguration.Default with
    {
        Interfaces = [TestConfiguration.Default.Interfaces[0] with { RouterAdvertisements = advertised }, .. TestConfiguration.Default.Interfaces.Skip(1)],
    };
}
