using Support;

namespace EndToEnd;

/// <summary>The Prometheus that <c>demo.sh --prometheus</c> runs: <c>lab/lab prometheus</c>.</summary>
[Collection(MailLab.Collection)]
public sealed class LabPrometheusTest(MailLab lab) : IClassFixture<MailLab>
{
    [Fact]
    public async Task It_counts_what_the_router_blocks_also_after_a_restart_and_ends_with_the_lab()
    {
        Needs.Met(MailLab.Elsewhere is null, "is about lab/lab itself");
        Needs.Tool("prometheus");
        await lab.UpAsync();
        var prometheus = new PrometheusClient(new Uri((await MailLab.LabCheckedAsync("prometheus")).Trim()));
        var state = $"/run/op25b-lab/{MailLab.Prefix}/prometheus";
        string Log() => File.ReadAllText($"{state}/log");
        await prometheus.HoldsAsync("up{job=\"op25b-router\"} == 1", Log);

        await MailLab.RestartRouterAsync("--as-of", MailLab.WhileBlocking);
        await MailLab.MailAsync("client", "ipv4", "info@example.net", "prometheus", "--server", "mx.example.net");

        await prometheus.HoldsAsync("sum(router_op25b_attempts_total{phase=\"op25b\",outcome=\"blocked\"}) > 0", Log);
        Assert.Equal(Deployment.AlertExpressions.Count(), (await prometheus.RulesAsync()).Count);
        var process = (await File.ReadAllTextAsync($"{state}/pid", TestContext.Current.CancellationToken)).Trim();
        await MailLab.LabCheckedAsync("down");
        Assert.False(Directory.Exists($"/proc/{process}"));
    }
}
