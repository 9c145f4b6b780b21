using System.Net.Sockets;
using System.Text.Json.Nodes;
using Support.EndToEnd;
using Tmds.Linux;

namespace EndToEnd;

/// <summary>F18: the configuration of a running router changes whole or not at all, and comes back by itself where nobody confirms it.</summary>
public sealed class ReloadTest(Lab lab) : RouterTest(lab)
{
    /// <summary>What a trial has here, and time for it to end.</summary>
    const string Trial = "5s";

    static readonly TimeSpan TrialIsOver = TimeSpan.FromSeconds(15);

    static readonly Scenario Monitoring = Scenario.Default with { Ipv6 = false, Mode = Mode.Monitor };

    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task A_reload_ends_what_the_new_policy_forbids_and_a_bad_one_changes_nothing(RouterKind kind)
    {
        var router = await OwnRouterAsync(kind, Monitoring);
        using var mail = await OpenAsync(router, 25);
        using var submission = await OpenAsync(router, 587);

        Write(router, Configuration(router, kind, Mode.Block));
        var result = await router.AskAsync("reload", "--json");
        Assert.True(result.ExitCode == 0, $"{result}");
        var report = JsonNode.Parse(result.Output)!;
        Assert.Equal("phase op25b: Mode Monitor becomes Block", report["changes"]!.AsArray().Single()!.GetValue<string>());
        Assert.Matches(@"^tcp 192\.168\.25\.10:\d+ > 203\.0\.113\.25:25$", report["endedSessions"]!.AsArray().Single()!.GetValue<string>());
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => mail.Client.ReceiveAsync(new byte[1]))).SocketErrorCode);
        await ExchangeAsync(submission);
        Assert.Equal(1, await LastReloadAsync(router));

        // A file with two errors, then one that only a restart takes: all stays as it is.
        var bad = Configuration(router, kind, Mode.Monitor);
        bad["Sessions"] = new JsonObject { ["Capacity"] = 1, ["Capacitiy"] = 4096 };
        Write(router, bad);
        router.Process.Signal(LibC.SIGHUP);
        await Eventually.TrueAsync(async () => await LastReloadAsync(router) == 0, Soon, () => $"the metric says that it was refused\n{router.Log}");
        result = await router.AskAsync("reload");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("router.json:", result.Error, StringComparison.Ordinal);
        Assert.Contains("1 is out of range", result.Error, StringComparison.Ordinal);
        Assert.Contains("Capacitiy", result.Error, StringComparison.Ordinal);

        var other = Configuration(router, kind, Mode.Monitor);
        other["Interfaces"]![0]!["Tap"] = "op25b-other";
        Write(router, other);
        result = await router.AskAsync("reload");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("needs a restart: Interfaces:0:Tap", result.Error, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SocketException>(() => Sockets.ConnectAsync(router.Network.Client, Topology.External, 25));
        await ExchangeAsync(submission);
        Assert.Contains("interface lan: another Tap", (await router.AskAsync("status")).Output, StringComparison.Ordinal);

        // The one before is the one that the router began with.
        Assert.Equal(0, (await router.AskAsync("rollback")).ExitCode);
        using (await OpenAsync(router, 25))
            Assert.Equal(1, (await router.AskAsync("confirm")).ExitCode);
    }

    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task Without_confirm_the_old_policy_is_back_also_after_a_kill(RouterKind kind)
    {
        var first = await OwnRouterAsync(kind, Monitoring);
        await first.Process.TerminateAsync(Soon);
        var network = first.Network;
        var file = Write(first, Configuration(first, kind, Mode.Monitor, withState: true));
        var router = await UserspaceRouter.StartAsync(network, file);
        await network.ConfigureServersAsync();
        // Beside the policy it has a mapping log, and keeps its history elsewhere.
        var trial = Configuration(first, kind, Mode.Block, withState: true);
        var mappings = Path.Combine(network.WorkFolder.FullName, "mappings");
        trial["State"]!["Directory"] = Path.Combine(network.WorkFolder.FullName, "elsewhere");
        trial["MappingLog"] = new JsonObject { ["File"] = new JsonObject { ["Directory"] = mappings } };
        Write(first, trial);

        var result = await router.AskAsync("reload", "--confirm-within", Trial);
        Assert.True(result.ExitCode == 0, $"{result}");
        Assert.Contains("phase op25b: Mode Monitor becomes Block", result.Output, StringComparison.Ordinal);
        Assert.Equal("Mappings", await LogAsync(router));
        await Eventually.TrueAsync(async () => (await PhaseAsync(router)) == "Monitor", TrialIsOver, () => $"it goes back by itself\n{router.Log}");
        Assert.Contains("NOT what is in force", (await router.AskAsync("status")).Output, StringComparison.Ordinal);
        Assert.Equal("None", await LogAsync(router));

        Assert.Equal(0, (await router.AskAsync("reload", "--confirm-within", Trial)).ExitCode);
        Assert.Equal("Block", await PhaseAsync(router));
        router.Process.Signal(LibC.SIGKILL);
        await router.Process.WaitAsync(Soon);
        var again = await UserspaceRouter.StartAsync(network, file);
        try
        {
            Assert.Equal("Monitor", await PhaseAsync(again));
            Assert.Null(await LogAsync(again));
            Assert.Contains("NOT USING", again.Log, StringComparison.Ordinal);

            // What is confirmed stays.
            Assert.Equal(0, (await again.AskAsync("reload", "--confirm-within", Trial)).ExitCode);
            Assert.Equal(0, (await again.AskAsync("confirm")).ExitCode);
            await again.Process.TerminateAsync(Soon);
            again = await UserspaceRouter.StartAsync(network, file);
            Assert.Equal("Block", await PhaseAsync(again));
            Assert.Equal("Mappings", await LogAsync(again));
            Assert.Contains("Confirmed", (await again.AskAsync("rollback", "--list")).Output, StringComparison.Ordinal);
        }
        finally
        {
            await again.Process.TerminateAsync(Soon);
        }
    }

    static JsonObject Configuration(UserspaceRouter router, RouterKind kind, Mode mode, bool withState = false)
    {
        var configuration = UserspaceRouter.Configuration(router.Network, kind, Monitoring);
        configuration["Op25b"]!["Phases"]![1]!["Mode"] = $"{mode}";
        if (withState)
            configuration["State"] = new JsonObject { ["Directory"] = Path.Combine(router.Network.WorkFolder.FullName, "state") };
        return configuration;
    }

    static string Write(UserspaceRouter router, JsonObject configuration) => UserspaceRouter.WriteConfiguration(router.Network, configuration);

    static async Task<string> PhaseAsync(UserspaceRouter router) => JsonNode.Parse((await router.AskAsync("status", "--json")).Output)!["op25b"]!["mode"]!.GetValue<string>();

    /// <summary>What the mapping log has; null: there never was one.</summary>
    static async Task<string?> LogAsync(UserspaceRouter router) => JsonNode.Parse((await router.AskAsync("status", "--json")).Output)!["mappingLog"]?["records"]?.GetValue<string>();

    static async Task<double> LastReloadAsync(UserspaceRouter router) => (await router.ReadMetricsAsync())![Series.Of("router_config_last_reload_success")];

    static async Task<Pair> OpenAsync(UserspaceRouter router, int port)
    {
        using var listener = Sockets.Listen(router.Network.External, port);
        var client = await Sockets.ConnectAsync(router.Network.Client, Topology.External, port);
        return new(client, await Sockets.AcceptAsync(listener));
    }

    static async Task ExchangeAsync(Pair pair)
    {
        await pair.Client.SendAsync("MAIL"u8.ToArray());
        var buffer = new byte[4];
        Assert.Equal(4, await pair.Server.ReceiveAsync(buffer).WaitAsync(Soon));
        Assert.Equal("MAIL"u8.ToArray(), buffer);
    }

    sealed record Pair(Socket Client, Socket Server) : IDisposable
    {
        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
