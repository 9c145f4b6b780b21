using System.Diagnostics;
using System.Net;
using Support.EndToEnd;
using Tmds.Linux;

namespace EndToEnd;

/// <summary>Devices that come and go under a running router, its end, and several at once.</summary>
public sealed class LifecycleTest(Lab lab) : RouterTest(lab)
{
    /// <summary>For what has nothing to do with a family.</summary>
    static readonly Scenario Ipv4Only = Scenario.Default with { Ipv6 = false };

    /// <summary>Root may raise it; what a limit allows is tried on the machines, and what nothing allows in <see cref="UnprivilegedTest"/>.</summary>
    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task The_forwarding_thread_and_no_other_of_the_first_has_nice_level_minus_10(RouterKind kind)
    {
        var router = (UserspaceRouter)await RouterAsync(kind);

        var listed = (await HostProcess.RunAsync("ps", "-L", "-p", $"{router.Process.Id}", "-o", "nice=,comm=")).Output;
        Assert.Matches(@"(?m)^\s*-10 forwarding$", listed);
        Assert.Matches(@"(?m)^\s*0 op25b-router$", listed);
        Assert.Contains("\"niceLevel\": -10", (await router.StatusAsync()).Output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task A_tap_taken_down_is_said_once_the_others_go_on_and_it_comes_up_again(RouterKind kind)
    {
        var router = await OwnRouterAsync(kind);
        var network = router.Network;

        await network.External.Namespace.ShellAsync($"ip link set {network.External.Device} down");
        foreach (var _ in Enumerable.Range(0, 5))
        {
            Assert.Equal(0, (await Network.PingAsync(network.Client, Topology.Mta)).ExitCode);
            await Network.PingAsync(network.Client, Topology.External, "-W", "0.1"); // something to send into the closed device
        }
        await Eventually.TrueAsync(() => LinesAbout(router, "wan", "down") == 1, Soon, () => $"one line says that wan is down\n{router.Log}");

        await network.ConfigureServersAsync();
        await network.ConfigureIpv6Async(network.External);
        foreach (var outside in new[] { Topology.External, Topology.External6 })
            await Eventually.TrueAsync(async () => (await Network.PingAsync(network.Client, outside)).ExitCode == 0, Soon, () => $"wan forwards again\n{router.Log}");
        Assert.Equal(1, LinesAbout(router, "wan", "down"));
    }

    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task A_tap_deleted_is_said_once_and_the_others_go_on(RouterKind kind)
    {
        var router = await OwnRouterAsync(kind, Ipv4Only);
        var network = router.Network;
        var before = LinesAbout(router, "wan");

        await network.External.Namespace.ShellAsync($"ip link del {network.External.Device}");
        foreach (var _ in Enumerable.Range(0, 5))
        {
            Assert.Equal(0, (await Network.PingAsync(network.Client, Topology.Mta)).ExitCode);
            await Network.PingAsync(network.Client, Topology.External, "-W", "0.1");
        }

        // Taken down on its way out, or not: at most one line for that, and one that it is lost.
        await Eventually.TrueAsync(() => LinesAbout(router, "wan") > before, Soon, () => $"the log says that wan is lost\n{router.Log}");
        Assert.InRange(LinesAbout(router, "wan") - before, 1, 2);
        Assert.False(router.Process.HasExited);
    }

    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task Sigterm_ends_it_within_a_second_and_takes_its_taps_along(RouterKind kind)
    {
        var router = await OwnRouterAsync(kind, Ipv4Only);
        using var held = await HoldConnectionAsync(router.Network);
        var clock = Stopwatch.StartNew();

        var end = await router.Process.TerminateAsync(TimeSpan.FromSeconds(5));

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"it took {clock.Elapsed}");
        Assert.Equal(0, end.ExitCode);
        await AssertNoTapAsync(router.Network);
        Assert.False(File.Exists(UserspaceRouter.Socket(router.Network)), "the control socket is left behind");
    }

    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task Interrupted_from_the_terminal_it_ends_as_well(RouterKind kind)
    {
        var router = await OwnRouterAsync(kind, Ipv4Only);
        router.Process.Signal(LibC.SIGINT);
        Assert.Equal(0, (await router.Process.WaitAsync(TimeSpan.FromSeconds(2))).ExitCode);
        await AssertNoTapAsync(router.Network);
    }

    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task It_starts_again_where_it_ended(RouterKind kind)
    {
        var router = await OwnRouterAsync(kind);
        var mac = await Network.RouterMacAsync(router.Network.Client);
        await router.Process.TerminateAsync(Soon);

        var again = await UserspaceRouter.StartAsync(router.Network, Path.Combine(router.Network.WorkFolder.FullName, "router.json"));
        try
        {
            await router.Network.ConfigureServersAsync();
            await router.Network.ConfigureIpv6Async();
            await router.Network.SettleAsync(ipv6: true);
            Assert.Equal(mac, await Network.RouterMacAsync(router.Network.Client));
            foreach (var outside in new[] { Topology.External, Topology.External6 })
                Assert.Equal(0, (await Network.PingAsync(router.Network.Client, outside)).ExitCode);
        }
        finally
        {
            await again.Process.TerminateAsync(Soon);
        }
    }

    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task Two_routers_run_side_by_side(RouterKind kind)
    {
        var routers = new[] { await OwnRouterAsync(kind, Ipv4Only), await OwnRouterAsync(kind, Ipv4Only with { Mode = Mode.Monitor }) };
        foreach (var router in routers)
            Assert.Equal(0, (await Network.PingAsync(router.Network.Client, Topology.External)).ExitCode);
        await routers[0].Process.TerminateAsync(Soon);
        Assert.Equal(0, (await Network.PingAsync(routers[1].Network.Client, Topology.External)).ExitCode);
    }

    static async Task<IDisposable> HoldConnectionAsync(Network network)
    {
        using var listener = Sockets.Listen(network.External, 80);
        return await Sockets.ConnectAsync(network.Client, Topology.External, 80);
    }

    static int LinesAbout(UserspaceRouter router, params string[] words) =>
        router.Log.Split('\n').Count(line => words.All(word => line.Contains(word, StringComparison.OrdinalIgnoreCase)));

    internal static async Task AssertNoTapAsync(Network network)
    {
        foreach (var (place, tap) in new[] { (network.Lan, Topology.LanTap), (network.Mta.Namespace, Topology.ServersTap), (network.External.Namespace, Topology.WanTap) })
            Assert.NotEqual(0, (await place.RunAsync(["ip", "link", "show", tap])).ExitCode);
    }
}
