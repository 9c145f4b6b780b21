using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>Linux hosts behind our router, which know of IPv6 what it tells them and nothing else.</summary>
public sealed class RouterAdvertisementsTest
{
    const string Prefix = "2001:db8:25:1:", Router = "2001:db8:25:1::1", External = "2001:db8:25:3::25";

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    /// <summary>Address, default route, MTU: from the advertisement alone. When the router goes, it says so, and the route goes with it.</summary>
    [Theory]
    [MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task A_host_configures_itself_and_reaches_the_outside(RouterKind kind)
    {
        await using var lab = await StartAsync(kind);
        var client = lab.Network.Client.Namespace;
        await client.ShellAsync("sysctl -qw net.ipv6.conf.eth0.accept_ra=2 net.ipv6.conf.eth0.disable_ipv6=0");
        await Eventually.TrueAsync(async () => await AddressAsync(client) is not null, Soon, () => $"the client has an address of {Prefix}:/64:\n{lab.Log}");
        Assert.Matches(@"default via fe80::5eff:fe00:2501 dev eth0 proto ra .*\bhoplimit 64\b", (await client.RunAsync(["ip", "-6", "route", "show", "default"])).Output);
        Assert.Equal("1400", (await client.RunAsync(["sysctl", "-n", "net.ipv6.conf.eth0.mtu"])).Output.Trim());

        await Eventually.TrueAsync(async () => (await client.RunAsync(["ping", "-6", "-n", "-c", "1", "-W", "1", External])).ExitCode == 0, Soon, () => $"the client reaches {External}:\n{lab.Log}");

        var ended = await lab.Process.TerminateAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(0, ended.ExitCode);
        Assert.DoesNotContain("default", (await client.RunAsync(["ip", "-6", "route", "show"])).Output);
    }

    /// <summary>Independent eyes on the two messages: the tools of ndisc6.</summary>
    [Fact]
    public async Task Rdisc6_and_ndisc6_see_what_was_configured()
    {
        Needs.Tool("rdisc6");
        await using var lab = await StartAsync(RouterKind.Epoll);
        var client = lab.Network.Client.Namespace;
        await client.ShellAsync("sysctl -qw net.ipv6.conf.eth0.accept_ra=2 net.ipv6.conf.eth0.disable_ipv6=0");
        await Eventually.TrueAsync(async () => await AddressAsync(client) is not null, Soon, () => $"the client has an address:\n{lab.Log}");

        var seen = await client.RunAsync(["rdisc6", "-1", "eth0"]);
        Assert.Equal(0, seen.ExitCode);
        foreach (var line in new[]
        {
            @"Hop limit +: +64 ", @"Stateful address conf. +: +No", @"Stateful other conf. +: +Yes", @"Router lifetime +: +12 ", @"Reachable time +: +unspecified", @"Retransmit time +: +unspecified",
            @"Source link-layer address: +02:00:5E:00:25:01", @"MTU +: +1400 bytes \(valid\)", @"Prefix +: 2001:db8:25:1::/64", @"On-link +: +Yes", @"Autonomous address conf.: +Yes",
            @"Valid time +: +2592000 ", @"Pref. time +: +604800 ", @"Recursive DNS server +: 2001:db8:25:2::53", @"DNS server lifetime +: +12 ", @"DNS search list +: seikyou.example", @"from fe80::5eff:fe00:2501",
        })
            Assert.Matches(line, seen.Output);

        foreach (var address in new[] { Router, "fe80::5eff:fe00:2501" })
        {
            var found = await client.RunAsync(["ndisc6", "-1", address, "eth0"]);
            Assert.Contains("Target link-layer address: 02:00:5E:00:25:01", found.Output, StringComparison.Ordinal);
        }
    }

    /// <summary>The kernel of a host that has our address already says so.</summary>
    [Fact]
    public async Task An_address_that_a_host_has_is_not_used_and_the_log_says_whose_it_is()
    {
        await using var lab = await StartAsync(RouterKind.Epoll, network => network.Home.Namespace.ShellAsync($"""
            sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
            ip -6 addr add {Router}/64 dev eth0 nodad
            """));
        await Eventually.TrueAsync(() => lab.Log.Contains($"duplicate address: {Router} on lan is not used", StringComparison.Ordinal), Soon, () => $"the duplicate is logged:\n{lab.Log}");
        var client = lab.Network.Client.Namespace;
        await client.ShellAsync("sysctl -qw net.ipv6.conf.eth0.accept_ra=2 net.ipv6.conf.eth0.disable_ipv6=0");
        await Eventually.TrueAsync(async () => await AddressAsync(client) is not null, Soon, () => $"the client has an address all the same:\n{lab.Log}");
        Assert.Equal(0, (await client.RunAsync(["ping", "-6", "-n", "-c", "1", "-W", "2", Router])).ExitCode);
        Assert.DoesNotContain("02:00:5e:00:25:01", (await client.RunAsync(["ip", "-6", "neigh", "show", Router, "dev", "eth0"])).Output, StringComparison.Ordinal);
    }

    /// <summary>The global address that the host made and may use; null: none yet.</summary>
    static async Task<string?> AddressAsync(NetworkNamespace host) =>
        (await host.RunAsync(["ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "global", "-tentative"])).Output
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => word.StartsWith(Prefix, StringComparison.Ordinal));

    static async Task<UserspaceRouter> StartAsync(RouterKind kind, Func<Network, Task>? prepare = null)
    {
        Needs.Root();
        Needs.Tool("ip");
        Needs.Tool("ping");
        Needs.Backend(kind);
        var network = await Network.CreateAsync();
        try
        {
            if (prepare is not null)
                await prepare(network);
            var router = await UserspaceRouter.StartAsync(network, UserspaceRouter.WriteConfiguration(network, Configuration(network, kind)));
            await network.ConfigureServersAsync();
            await network.External.Namespace.ShellAsync($"""
                sysctl -qw net.ipv6.conf.{network.External.Device}.disable_ipv6=0
                ip -6 addr replace {External}/64 dev {network.External.Device} nodad
                ip -6 route replace {Prefix}:/64 via 2001:db8:25:3::2
                """);
            return router;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    static JsonObject Configuration(Network network, RouterKind kind)
    {
        var configuration = UserspaceRouter.Configuration(network, kind, Scenario.Default with { Ipv6 = false });
        var interfaces = configuration["Interfaces"]!.AsArray();
        var lan = interfaces[0]!.AsObject();
        lan["Addresses"]!.AsArray().Add($"{Router}/64");
        lan["Mac"] = "02:00:5e:00:25:01";
        lan["RouterAdvertisements"] = JsonNode.Parse("""
            { "MaxIntervalSeconds": 4, "Mtu": 1400, "OtherConfiguration": true, "RecursiveDnsServers": ["2001:db8:25:2::53"], "DnsSearchList": ["seikyou.example"] }
            """);
        interfaces[2]!["Addresses"]!.AsArray().Add("2001:db8:25:3::2/64");
        return configuration;
    }
}
