using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>The router that cannot start says why, in a line, and leaves nothing behind.</summary>
public sealed class StartFailureTest : IAsyncLifetime
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    Network _network = null!;
    JsonObject _configuration = null!;

    public async ValueTask InitializeAsync()
    {
        Needs.Root();
        Needs.Tool("ip");
        Needs.File(UserspaceRouter.Binary, "build it: dotnet build -c Release");
        _network = await Network.CreateAsync();
        _configuration = UserspaceRouter.Configuration(_network, RouterKind.Epoll, Scenario.Default);
    }

    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
            await _network.DisposeAsync();
    }

    [Fact]
    public async Task A_wrong_configuration_is_answered_with_every_error_at_once()
    {
        _configuration["Interfaces"]![0]!["Addresses"]![0] = "192.168.25.256/24";
        _configuration["Interfaces"]![1]!["Role"] = "Servants";
        _configuration["Firewal"] = new JsonObject();
        _configuration["Op25b"]!["Phases"]![1]!["From"] = "tomorrow";

        var end = await RunAsync();

        Assert.Equal(2, end.ExitCode);
        foreach (var place in new[] { "Interfaces:0:Addresses:0", "Interfaces:1:Role", "Firewal", "Op25b:Phases:1:From", "router.json" })
            Assert.Contains(place, end.Output + end.Error, StringComparison.Ordinal);
        await LifecycleTest.AssertNoTapAsync(_network);
    }

    [Fact]
    public async Task A_missing_configuration_file_is_wrong_usage()
    {
        await using var router = UserspaceRouter.Run(Path.Combine(_network.WorkFolder.FullName, "absent.json"));
        var end = await router.WaitAsync(Limit);
        Assert.Equal(2, end.ExitCode);
        Assert.Contains("absent.json", end.Output + end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tap_name_in_use_is_one_line_and_no_tap_is_left()
    {
        // Somebody holds the last of the three, so two are already made when it fails.
        await using var holder = _network.External.Namespace.Start("python3", "-c", Holder, Topology.WanTap);
        await Eventually.TrueAsync(() => holder.Output.Contains("held", StringComparison.Ordinal), Limit, () => $"the TAP is held\n{holder.Error}");

        var end = await RunAsync();

        AssertOneLine(end, Topology.WanTap);
        Assert.NotEqual(0, (await _network.Lan.RunAsync(["ip", "link", "show", Topology.LanTap])).ExitCode);
        Assert.NotEqual(0, (await _network.Mta.Namespace.RunAsync(["ip", "link", "show", Topology.ServersTap])).ExitCode);
        Assert.Equal(0, (await _network.External.Namespace.RunAsync(["ip", "link", "show", Topology.WanTap])).ExitCode);
    }

    [Fact]
    public async Task A_metrics_port_in_use_is_one_line_and_no_tap_is_made()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        _configuration["Metrics"]!["Listen"] = address;

        AssertOneLine(await RunAsync(), address);
        await LifecycleTest.AssertNoTapAsync(_network);
    }

    [Fact]
    public async Task A_namespace_that_does_not_exist_is_one_line()
    {
        _configuration["Interfaces"]![2]!["Namespace"] = $"{_network.Prefix}-nowhere";
        AssertOneLine(await RunAsync(), $"{_network.Prefix}-nowhere");
        await LifecycleTest.AssertNoTapAsync(_network);
    }

    [Fact]
    public async Task A_bridge_that_does_not_exist_is_one_line_and_no_tap_is_left()
    {
        _configuration["Interfaces"]![0]!["Bridge"] = "br-none";
        AssertOneLine(await RunAsync(), "br-none");
        await LifecycleTest.AssertNoTapAsync(_network);
    }

    [Fact]
    public async Task Without_the_right_to_make_devices_it_is_one_line()
    {
        Needs.Tool("setpriv");
        var configuration = UserspaceRouter.WriteConfiguration(_network, _configuration);
        await using var router = HostProcess.Start("setpriv", "--bounding-set=-net_admin,-sys_admin", "--inh-caps=-net_admin,-sys_admin", UserspaceRouter.Binary, "run", "--config", configuration);
        AssertOneLine(await router.WaitAsync(Limit), "");
        await LifecycleTest.AssertNoTapAsync(_network);
    }

    [Fact]
    public async Task Without_the_tun_device_it_is_one_line_that_names_it()
    {
        Needs.Tool("unshare");
        var configuration = UserspaceRouter.WriteConfiguration(_network, _configuration);
        await using var router = HostProcess.Start("unshare", "--mount", "sh", "-c", "mount -t tmpfs none /dev/net && exec \"$0\" run --config \"$1\"", UserspaceRouter.Binary, configuration);
        AssertOneLine(await router.WaitAsync(Limit), "/dev/net/tun");
        await LifecycleTest.AssertNoTapAsync(_network);
    }

    async Task<ProcessResult> RunAsync()
    {
        await using var router = UserspaceRouter.Run(UserspaceRouter.WriteConfiguration(_network, _configuration));
        return await router.WaitAsync(Limit);
    }

    static void AssertOneLine(ProcessResult end, string mentions)
    {
        Assert.Equal(1, end.ExitCode);
        var line = Assert.Single(end.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(mentions, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", end.Output + end.Error, StringComparison.Ordinal);
    }

    /// <summary>Opens a TAP device of the given name (TUNSETIFF, IFF_TAP | IFF_NO_PI) and keeps it.</summary>
    const string Holder = """
        import fcntl, os, struct, sys, time
        tap = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tap, 0x400454CA, struct.pack("16sH22x", sys.argv[1].encode(), 0x1002))
        print("held", flush=True)
        time.sleep(60)
        """;
}
