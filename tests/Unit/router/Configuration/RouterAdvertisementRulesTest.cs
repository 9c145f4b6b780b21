using System.Net;
using Router.Configuration;
using static Unit.Configuration.Loading;

namespace Unit.Configuration;

public sealed class RouterAdvertisementRulesTest
{
    private const string Section = "Interfaces:0:RouterAdvertisements";

    [Fact]
    public void An_empty_section_advertises_with_the_defaults()
    {
        var text = With("").Replace("\"Addresses\": [\"192.168.25.1/24\"]", "\"Addresses\": [\"192.168.25.1/24\", \"2001:db8:25:1::1/64\"], \"RouterAdvertisements\": {}", StringComparison.Ordinal);
        var advertised = LoadGood(text).Interfaces[0].RouterAdvertisements!;
        Assert.Equal(new RouterAdvertisementsConfiguration { RecursiveDnsServers = advertised.RecursiveDnsServers, DnsSearchList = advertised.DnsSearchList }, advertised);
        Assert.Null(LoadGood(With("")).Interfaces[0].RouterAdvertisements);
        Assert.False(LoadGood(text, $"{Section}:Enabled=false").Interfaces[0].RouterAdvertisements!.Enabled);
    }

    [Fact]
    public void What_is_given_is_taken()
    {
        var advertised = LoadGood(With(""), Settings("Prefixes:0=2001:db8:25:1::/64", "MaxIntervalSeconds=30", "RouterLifetimeSeconds=0", "PreferredLifetimeSeconds=60",
            "ValidLifetimeSeconds=90", "Mtu=1400", "ManagedConfiguration=true", "OtherConfiguration=true", "RecursiveDnsServers:0=2001:db8:25:2::53", "DnsSearchList:0=seikyou.example")).Interfaces[0].RouterAdvertisements!;
        Assert.Equal([IPNetwork.Parse("2001:db8:25:1::/64")], advertised.Prefixes!);
        Assert.Equal((30, 0, 60, 90, 1400), (advertised.MaxIntervalSeconds, advertised.RouterLifetimeSeconds, advertised.PreferredLifetimeSeconds, advertised.ValidLifetimeSeconds, advertised.Mtu));
        Assert.True(advertised is { ManagedConfiguration: true, OtherConfiguration: true });
        Assert.Equal([IPAddress.Parse("2001:db8:25:2::53")], advertised.RecursiveDnsServers);
        Assert.Equal(["seikyou.example"], advertised.DnsSearchList);
    }

    [Theory]
    [InlineData("Enabled=1", "Enabled", "'1' is neither true nor false; use true or false")]
    [InlineData("MaxIntervalSeconds=3", "MaxIntervalSeconds", "3 is out of range; use a whole number from 4 to 1800")]
    [InlineData("RouterLifetimeSeconds=9001", "RouterLifetimeSeconds", "9001 is out of range; use a whole number from 0 to 9000")]
    [InlineData("RouterLifetimeSeconds=599", "RouterLifetimeSeconds", "599 is shorter than the interval of 600: hosts would lose their router; use 600 to 9000, or 0 where it is no default router")]
    [InlineData("PreferredLifetimeSeconds=2592001", "PreferredLifetimeSeconds", "2592001 is longer than ValidLifetimeSeconds, 2592000; lower it, or raise ValidLifetimeSeconds")]
    [InlineData("Mtu=1501", "Mtu", "1501 is not an MTU that the interface carries; use 1280 to 1500, or 0 to advertise none")]
    [InlineData("Mtu=1279", "Mtu", "1279 is not an MTU that the interface carries; use 1280 to 1500, or 0 to advertise none")]
    [InlineData("Prefixes:0=2001:db8:25:2::/64", "Prefixes:0", "2001:db8:25:2::/64 is not a prefix of 'lan'; use 2001:db8:25:1::/64")]
    [InlineData("RecursiveDnsServers:0=192.0.2.53", "RecursiveDnsServers:0", "192.0.2.53 is not an IPv6 host's address; use a resolver's IPv6 address, or take it out")]
    [InlineData("RecursiveDnsServers:0=ff02::1", "RecursiveDnsServers:0", "ff02::1 is not an IPv6 host's address; use a resolver's IPv6 address, or take it out")]
    [InlineData("DnsSearchList:0=seikyou.example.", "DnsSearchList:0", "'seikyou.example.' is not a domain name; write it as seikyou.example, without a dot at its end")]
    public void What_is_wrong_has_its_place_and_its_mend(string setting, string key, string error) =>
        AssertLines([$"--set {Section}:{key}  {Section}:{key}  {error}"], Errors(With(""), Settings(setting)));

    [Fact]
    public void The_outside_is_advertised_nothing() =>
        Assert.Contains("'wan' is outside", Assert.Single(Errors(With(""), "Interfaces:1:RouterAdvertisements:Enabled=true")), StringComparison.Ordinal);

    [Fact]
    public void An_interface_without_ipv6_has_nothing_to_advertise() =>
        Assert.Contains("'lan' has no global IPv6 address; add one to \"Addresses\"", Assert.Single(Errors(With(""), $"{Section}:Enabled=true")), StringComparison.Ordinal);

    [Fact]
    public void A_section_that_is_switched_off_is_not_judged() => Assert.Empty(Errors(With(""), $"{Section}:Enabled=false", $"{Section}:Mtu=9000"));

    [Fact]
    public void An_advertisement_fits_the_mtu()
    {
        string[] servers = [.. Enumerable.Range(0, 90).Select(i => $"RecursiveDnsServers:{i}=2001:db8::{i + 1:x}")];
        Assert.Contains("the advertisement would have 1552 bytes, and the interface's MTU is 1500; list fewer", Assert.Single(Errors(With(""), Settings(servers))), StringComparison.Ordinal);
        Assert.Empty(Errors(With(""), Settings(servers[..86])));
    }

    [Fact]
    public void Without_a_64_hosts_make_no_addresses()
    {
        ConfigurationResult Of(params string[] settings) => Load(With(""), ["Interfaces:0:Addresses:1=2001:db8:25:1::1/80", $"{Section}:Enabled=true", .. settings]);
        Assert.Contains("hosts make no addresses of it", Assert.Single(Of().Warnings, warning => warning.Path == Section).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Of($"{Section}:ManagedConfiguration=true").Warnings, warning => warning.Path == Section);
    }

    private static string[] Settings(params string[] settings) => ["Interfaces:0:Addresses:1=2001:db8:25:1::1/64", .. settings.Select(setting => $"{Section}:{setting}")];
}
