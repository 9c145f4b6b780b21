using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Support.EndToEnd;
using Tmds.Linux;

namespace EndToEnd;

/// <summary>What shapes the router, changed while it runs: where metrics are, whether it translates, whom its mappings let in, its IPv6 addresses; and a capture that sees it all.</summary>
public sealed class ReloadedKeysTest(Lab lab) : RouterTest(lab)
{
    const string New6 = "2001:db8:25:9::1", ClientsNew6 = "2001:db8:25:9::10";

    static readonly Scenario Monitoring = Scenario.Default with { Mode = Mode.Monitor };

    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task They_change_between_two_batches_and_a_capture_goes_on(RouterKind kind)
    {
        Needs.Tool("tshark");
        var router = await OwnRouterAsync(kind, Monitoring);
        var network = router.Network;
        await network.External.Namespace.ShellAsync("ip route add 192.168.25.0/24 via 203.0.113.2");
        var file = Path.Combine(network.WorkFolder.FullName, "reload.pcapng");
        await using var capture = HostProcess.Start(UserspaceRouter.Binary, "capture", "--write", file, "--socket", UserspaceRouter.Socket(network), "tcp port 25");
        await Eventually.TrueAsync(() => router.Log.Contains("a capture began", StringComparison.Ordinal), Soon, () => router.Log);
        await PeerAsync(router, 25);

        // Metrics move, and are nowhere else.
        var configuration = UserspaceRouter.Configuration(network, kind, Monitoring);
        configuration["Metrics"]!["Listen"] = "127.0.0.2:0";
        Assert.Equal(["metrics on 127.0.0.1:0 becomes 127.0.0.2:0"], await ReloadAsync(router, configuration, "changes"));
        Assert.StartsWith("127.0.0.2:", await ListenAsync(router), StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(router.ReadMetricsAsync);
        configuration["Metrics"]!["Listen"] = router.MetricsAddress.Authority;
        await ReloadAsync(router, configuration, "changes");
        Assert.NotNull(await router.ReadMetricsAsync());

        // Translation ends and begins: sessions that were translated, or were not, end, and new ones are what the configuration says.
        using var listener = Sockets.Listen(network.External, 587);
        using var translated = await Sockets.ConnectAsync(network.Client, Topology.External, 587);
        using var seen = await Sockets.AcceptAsync(listener);
        Assert.Equal(Topology.RouterWan, ((IPEndPoint)seen.RemoteEndPoint!).Address);
        var nat = configuration["Nat"]!.DeepClone();
        configuration.Remove("Nat");
        Assert.Contains(await ReloadAsync(router, configuration, "endedSessions"), session => session.EndsWith(":587", StringComparison.Ordinal));
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => translated.ReceiveAsync(new byte[1]))).SocketErrorCode);
        Assert.Equal(Topology.Client, await PeerAsync(router, 25));
        configuration["Nat"] = nat;
        nat["Filtering"] = "AddressAndPortDependent";
        nat["PortRestSeconds"] = 30;
        await ReloadAsync(router, configuration, "changes");
        Assert.Equal(Topology.RouterWan, await PeerAsync(router, 25));

        // Another address of IPv6: tested first, then used.
        configuration["Interfaces"]![0]!["Addresses"]!.AsArray().Add($"{New6}/64");
        configuration["Op25b"]!["Groups"]![0]!["Name"] = "campus";
        Assert.Contains($"interface lan gains {New6}/64", await ReloadAsync(router, configuration, "changes"));
        await network.Client.Namespace.ShellAsync($"ip addr add {ClientsNew6}/64 dev eth0 nodad preferred_lft 0");
        await Eventually.TrueAsync(async () => (await Network.PingAsync(network.Client, IPAddress.Parse(New6), "-I", ClientsNew6)).ExitCode == 0, Soon, () => $"{New6} answers\n{router.Log}");
        await PeerAsync(router, 25);

        capture.Signal(LibC.SIGINT);
        Assert.Equal(0, (await capture.WaitAsync(Soon)).ExitCode);
        var rules = await HostProcess.RunAsync("tshark", "-r", file, "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0 && frame.interface_name == \"lan\"", "-T", "fields", "-e", "frame.comment");
        var lines = rules.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.All(lines[..3], line => Assert.Contains("\"dynamic\"", line, StringComparison.Ordinal));
        Assert.Contains("\"campus\"", lines[3], StringComparison.Ordinal);
    }

    /// <summary>What stands beside forwarding: the form of the log, who may use the control socket and where that is, where its history is kept; and no frame is dropped.</summary>
    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task The_log_the_control_socket_and_the_state_change_too(RouterKind kind)
    {
        var scenario = Monitoring with { Ipv6 = false };
        var router = await OwnRouterAsync(kind, scenario);
        var network = router.Network;
        var configuration = UserspaceRouter.Configuration(network, kind, scenario);
        string before = UserspaceRouter.Socket(network), after = Path.Combine(network.WorkFolder.FullName, "other", "control.sock"), state = Path.Combine(network.WorkFolder.FullName, "state");
        var dropped = (await router.ReadMetricsAsync())!.Sum("router_dropped_frames_total");

        configuration["Log"] = new JsonObject { ["Format"] = "Json" };
        Assert.Equal(["the router's own log: format Auto becomes Json"], await ReloadAsync(router, configuration, "changes"));
        await Eventually.TrueAsync(() => router.Log.Split('\n').Any(line => line.StartsWith('{') && JsonNode.Parse(line)!["EventName"]!.ToString() == "ConfigurationApplied"), Soon, () => router.Log);

        configuration["Control"]!["Group"] = "daemon";
        Assert.Equal(["control socket's group the router's own becomes daemon"], await ReloadAsync(router, configuration, "changes"));
        Assert.Equal("daemon 660", (await HostProcess.RunAsync("stat", "-c", "%G %a", before)).Output.Trim());
        configuration["Control"]!["Group"] = "no-such-group";
        UserspaceRouter.WriteConfiguration(network, configuration);
        Assert.Contains("has no group 'no-such-group'", (await router.AskAsync("reload")).Error, StringComparison.Ordinal);
        configuration["Control"]!.AsObject().Remove("Group");
        await ReloadAsync(router, configuration, "changes");

        var file = Path.Combine(network.WorkFolder.FullName, "move.pcapng");
        await using var capture = HostProcess.Start(UserspaceRouter.Binary, "capture", "--write", file, "--socket", before, "tcp port 25");
        await Eventually.TrueAsync(() => router.Log.Contains("a capture began", StringComparison.Ordinal), Soon, () => router.Log);
        await PeerAsync(router, 25);
        configuration["Control"]!["Socket"] = after;
        Assert.Equal([$"control socket {before} becomes {after}"], await ReloadAsync(router, configuration, "changes"));
        Assert.False(File.Exists(before));
        Assert.Equal(1, (await router.AskAsync("status")).ExitCode);
        Assert.Equal(0, (await capture.WaitAsync(Soon)).ExitCode);
        Assert.True(new FileInfo(file).Length > 1000);
        configuration["Control"]!["Socket"] = before;
        UserspaceRouter.WriteConfiguration(network, configuration);
        Assert.Equal(0, (await HostProcess.RunAsync(UserspaceRouter.Binary, "reload", "--socket", after)).ExitCode);
        Assert.False(File.Exists(after));

        configuration["State"] = new JsonObject { ["Directory"] = state };
        Assert.Equal([$"what is kept over a restart: directory nothing becomes {state}"], await ReloadAsync(router, configuration, "changes"));
        Assert.Equal(7, JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(state, "configurations", "history.json"), TestContext.Current.CancellationToken))!.AsArray().Count);
        configuration["State"]!["Directory"] = "/proc/state";
        UserspaceRouter.WriteConfiguration(network, configuration);
        Assert.Contains("change State:Directory, or let the router write there; nothing was applied", (await router.AskAsync("reload")).Error, StringComparison.Ordinal);
        Assert.Equal(dropped, (await router.ReadMetricsAsync())!.Sum("router_dropped_frames_total"));
    }

    /// <summary>Whom the server sees when the client connects.</summary>
    static async Task<IPAddress> PeerAsync(UserspaceRouter router, int port)
    {
        using var listener = Sockets.Listen(router.Network.External, port);
        using var client = await Sockets.ConnectAsync(router.Network.Client, Topology.External, port);
        using var server = await Sockets.AcceptAsync(listener);
        return ((IPEndPoint)server.RemoteEndPoint!).Address;
    }

    static async Task<string[]> ReloadAsync(UserspaceRouter router, JsonObject configuration, string what)
    {
        UserspaceRouter.WriteConfiguration(router.Network, configuration);
        var result = await router.AskAsync("reload", "--json");
        Assert.True(result.ExitCode == 0, $"{result}{router.Log}");
        return [.. JsonNode.Parse(result.Output)![what]!.AsArray().Select(entry => entry!.GetValue<string>())];
    }

    static async Task<string> ListenAsync(UserspaceRouter router) => JsonNode.Parse((await router.StatusAsync()).Output)!["metrics"]!["listen"]!.GetValue<string>();
}
