using System.Net;
using Support;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>docs/recipes.md, typed as it stands there; then a subscriber, or the upstream, does its part.</summary>
public sealed class RecipesTest(ITestOutputHelper output)
{
    const string HostsOfTheWorld = "--host-record=mx.example.net,203.0.113.25";

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_subscriber_gets_its_address_and_names_from_dnsmasq_on_the_bridge_and_reaches_the_outside()
    {
        foreach (var tool in new[] { "dnsmasq", "udhcpc", "curl", "ss" })
            Needs.Tool(tool);
        await using var lab = await StartAsync();
        await using var upstream = lab.StartUpstream(HostsOfTheWorld);
        await using var web = lab.External.Namespace.Start("/usr/bin/python3", "-m", "http.server", "80", "--directory", lab.Folder.CreateSubdirectory("web").FullName);
        await DoAsync(lab, 1);

        // A subscriber that knows nothing: its DHCP client's script, and the resolver that it names.
        await lab.Client.Namespace.ShellAsync("ip addr flush dev eth0");
        var script = lab.PathOf("client-lease");
        File.WriteAllText(script, $"""
            #!/bin/sh
            [ "$1" = bound ] || exit 0
            ip addr add "$ip/$mask" dev eth0
            ip route add default via "$router"
            for server in $dns; do echo "nameserver $server"; done > {lab.PathOf("client-resolv.conf")}
            """);
        await lab.Client.Namespace.ShellAsync($"chmod 500 {script}");
        await using var client = lab.Client.Namespace.Start("udhcpc", "-f", "-i", "eth0", "-s", script);
        await Eventually.TrueAsync(() => File.Exists(lab.PathOf("client-resolv.conf")), Soon, () => $"the client has a lease\n{client.Output}{client.Error}");
        Assert.Equal("nameserver 192.168.25.2\n", File.ReadAllText(lab.PathOf("client-resolv.conf")));
        Assert.Contains("192.168.25.1", (await lab.Client.Namespace.RunAsync(["ip", "-4", "addr", "show", "dev", "eth0"])).Output, StringComparison.Ordinal);

        ProcessResult? last = null;
        await Eventually.TrueAsync(async () => (last = await BrowseAsync(lab, "http://mx.example.net/")).Output.Trim() == "200", Soon, () => $"the client reaches mx.example.net: {last}\n{lab.Said}");
    }

    [Fact]
    public async Task The_router_takes_the_outside_address_that_the_lease_has_and_the_next_one()
    {
        foreach (var tool in new[] { "dnsmasq", "udhcpc", "bridge" })
            Needs.Tool(tool);
        await using var lab = await StartAsync();
        var upstream = lab.StartUpstream(Leases("203.0.113.70", "203.0.113.79"));
        try
        {
            await DoAsync(lab, 2);
            var first = await PeerAsync(lab);
            Assert.InRange(first.GetAddressBytes()[3], 70, 79);
            Assert.DoesNotContain(first.ToString(), (await lab.TypeAsync("ip -4 addr")).Output, StringComparison.Ordinal);

            // The upstream has other addresses now, and the client asks again.
            await upstream.TerminateAsync(Soon);
            await upstream.DisposeAsync();
            File.Delete(lab.PathOf("upstream.leases"));
            upstream = lab.StartUpstream(Leases("203.0.113.80", "203.0.113.89"));
            IPAddress? next = null;
            await Eventually.TrueAsync(async () =>
            {
                await lab.TypeAsync("kill -USR1 $(cat /run/wan-dhcp.pid)");
                return (next = await PeerAsync(lab)).GetAddressBytes()[3] is >= 80 and <= 89;
            }, Soon, () => $"the new lease is in force, and not {next}\n{lab.Said}{upstream.Error}");
            Assert.Contains("outside addresses gain", (await lab.TypeAsync("op25b-router rollback --list")).Output, StringComparison.Ordinal);

            // A lease that makes no sense changes nothing.
            var refused = await lab.TypeAsync("ip='203.0.113.70/24, x' mask=24 router=203.0.113.1 /etc/op25b-router/wan-lease bound");
            Assert.Equal((1, true), (refused.ExitCode, refused.Output.Contains("nothing is changed", StringComparison.Ordinal)));
            Assert.Equal(next, await PeerAsync(lab));
        }
        finally
        {
            await upstream.DisposeAsync();
        }
    }

    static string[] Leases(string first, string last) => ["--interface=eth0", "--dhcp-authoritative", $"--dhcp-range={first},{last},255.255.255.0,2m", "--dhcp-option=option:router,203.0.113.1", "--no-ping"];

    static async Task<GatewayLab> StartAsync()
    {
        var lab = await GatewayLab.CreateAsync();
        await lab.StartAsync(await File.ReadAllTextAsync(Repository.PathOf("docs/examples/gateway.jsonc"), TestContext.Current.CancellationToken));
        return lab;
    }

    async Task DoAsync(GatewayLab lab, int number)
    {
        var different = await new Operator(lab, output).DoAsync(Guide.Read("docs/recipes.md").Single(task => task.Number == number));
        Assert.True(different.Count == 0, $"{string.Join('\n', different)}\n{lab.Said}");
    }

    /// <summary>Whom a server outside sees when the client connects.</summary>
    static async Task<IPAddress> PeerAsync(GatewayLab lab)
    {
        using var listener = Sockets.Listen(lab.External, 587);
        using var client = await Sockets.ConnectAsync(lab.Client, Topology.External, 587, Soon);
        using var server = await Sockets.AcceptAsync(listener);
        return ((IPEndPoint)server.RemoteEndPoint!).Address;
    }

    /// <summary>With the resolver that the lease named, which is nobody else's business.</summary>
    static Task<ProcessResult> BrowseAsync(GatewayLab lab, string url) => lab.Client.Namespace.RunAsync(
        ["unshare", "--mount", "--propagation", "private", "sh", "-ec", $"mount --bind {lab.PathOf("client-resolv.conf")} /etc/resolv.conf; curl --silent --output /dev/null --write-out '%{{http_code}}' {url}"]);
}
