using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Support;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>A real Prometheus, configured as <c>deploy/</c> says, scrapes the running router.</summary>
public sealed partial class MonitoringTest(Lab lab) : RouterTest(lab)
{
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    /// <summary>No name is to be resolved in this lab, and no alert is raised.</summary>
    static readonly string[] Empty = ["Age of resolvers' answers", "Alerts"];

    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task Every_expression_of_the_dashboard_and_of_the_alerts_answers(RouterKind kind)
    {
        Needs.Tool("prometheus");
        var router = await OwnRouterAsync(kind);
        await TryPort25Async(router);
        await using var prometheus = Start(router);
        var client = new PrometheusClient(await AddressAsync(prometheus));
        string Log() => prometheus.Error;
        await client.HoldsAsync("min(count_over_time(up[1m])) >= 2 and min(up) == 1", Log);
        await TryPort25Async(router);
        await client.HoldsAsync("sum(increase(router_dropped_frames_total{reason=\"Op25bBlocked\"}[1m])) > 0 and on () sum(rate(router_op25b_attempts_total[1m])) > 0", Log);

        foreach (var (title, expression) in Deployment.DashboardExpressions)
        {
            var answer = await client.QueryAsync(Plain(expression));
            Assert.True(answer.Count > 0 != Empty.Contains(title), $"{title}: {Plain(expression)} gives {answer.Count} series\n{prometheus.Error}");
        }

        foreach (var (alert, expression) in Deployment.AlertExpressions)
            Assert.True((await client.QueryAsync(expression)).Count == 0, $"{alert} is true of a healthy router");
        var rules = await client.RulesAsync();
        Assert.Equal(Deployment.AlertExpressions.Count(), rules.Count);
        Assert.All(rules, rule => Assert.NotEqual("err", rule!["health"]!.GetValue<string>()));

        // And one that has something to say.
        await router.Process.TerminateAsync(TimeSpan.FromSeconds(5));
        await client.HoldsAsync(Deployment.AlertExpressions.Single(entry => entry.Alert == "RouterDown").Expression, Log);
    }

    static async Task TryPort25Async(UserspaceRouter router) =>
        await Assert.ThrowsAsync<SocketException>(() => Sockets.ConnectAsync(router.Network.Client, Topology.External, 25));

    /// <summary>The shipped configuration, but for the address and for the patience of a test.</summary>
    static HostProcess Start(UserspaceRouter router)
    {
        var folder = router.Network.WorkFolder.CreateSubdirectory("prometheus");
        var configuration = File.ReadAllText(Repository.PathOf(Deployment.Prometheus)).Replace("127.0.0.1:9125", router.MetricsAddress.Authority, StringComparison.Ordinal).Replace("interval: 15s", "interval: 1s", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.FullName, "prometheus.yml"), configuration);
        File.Copy(Repository.PathOf(Deployment.Rules), Path.Combine(folder.FullName, Path.GetFileName(Deployment.Rules)));
        return HostProcess.Start("prometheus", $"--config.file={folder.FullName}/prometheus.yml", $"--storage.tsdb.path={folder.FullName}/data", "--web.listen-address=127.0.0.1:0");
    }

    static async Task<Uri> AddressAsync(HostProcess prometheus)
    {
        await Eventually.TrueAsync(() => prometheus.HasExited || Listening().IsMatch(prometheus.Error), StartLimit, () => $"Prometheus listens:\n{prometheus.Error}");
        Assert.False(prometheus.HasExited, prometheus.Error);
        return new Uri($"http://{Listening().Match(prometheus.Error).Groups["address"].Value}/");
    }

    /// <summary>What Grafana puts in the place of its variables.</summary>
    static string Plain(string expression) =>
        Regex.Replace(expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$__range", "1h", StringComparison.Ordinal), @"\$\w+", ".*", RegexOptions.None, TimeSpan.FromSeconds(1));

    [GeneratedRegex("msg=\"Listening on\" address=(?<address>\\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Listening();
}
