using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Router.Telemetry;
using Support;
using Unit.Telemetry;

namespace Unit.Deploy;

/// <summary>The scrape configuration, the alerts and the dashboard name what the router exports.</summary>
public sealed partial class PrometheusTest
{
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("check", "config", Deployment.Prometheus)]
    [InlineData("check", "rules", Deployment.Rules)]
    [InlineData("test", "rules", Deployment.RulesTest)]
    public async Task Promtool_accepts_it(string verb, string what, string file)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "promtool is not installed: apt-get install prometheus");
        using var promtool = Process.Start(new ProcessStartInfo("/usr/bin/promtool", [verb, what, Repository.PathOf(file)]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await promtool.StandardOutput.ReadToEndAsync(_cancellation) + await promtool.StandardError.ReadToEndAsync(_cancellation);
        await promtool.WaitForExitAsync(_cancellation);
        Assert.True(promtool.ExitCode == 0, said);
    }

    /// <summary>Of each, one moment at which it is not there yet and one at which it is, unless it is asked about once only.</summary>
    [Fact]
    public void Every_alert_is_tested()
    {
        var tests = File.ReadAllText(Repository.PathOf(Deployment.RulesTest));
        Assert.NotEmpty(Deployment.AlertExpressions);
        Assert.All(Deployment.AlertExpressions, alert => Assert.Contains($"alertname: {alert.Alert}\n        eval_time", tests, StringComparison.Ordinal));
        Assert.Equal(File.ReadAllText(Repository.PathOf(Deployment.Rules)).Split("- alert:").Length - 1, Deployment.AlertExpressions.Count());
    }

    [Fact]
    public async Task Every_expression_names_metrics_that_the_router_exports()
    {
        await using var server = await MetricsServer.StartAsync(new(IPAddress.Loopback, 0), new CountingSnapshotSource(), _cancellation);
        using var http = new HttpClient();
        var page = await http.GetStringAsync(new Uri($"http://{server.Listen}/metrics"), _cancellation);
        HashSet<string> exported = [.. Type().Matches(page).Select(match => match.Groups["name"].Value), "up", "ALERTS"];

        var wrong = from entry in Deployment.AlertExpressions.Concat(Deployment.DashboardExpressions)
                    from metric in Deployment.MetricsIn(entry.Item2)
                    where !exported.Contains(metric)
                    select $"{entry.Item1}: {metric}";
        Assert.Empty(wrong);
        Assert.Contains("router_dropped_frames_total", Deployment.DashboardExpressions.SelectMany(entry => Deployment.MetricsIn(entry.Expression)));
    }

    /// <summary>An alert's action is something to type: its verbs and options are there.</summary>
    [Fact]
    public void What_an_alert_tells_to_do_names_verbs_of_the_program()
    {
        string[] verbs = ["run", "check", "explain", "status", "sessions", "attempts", "drops", "report", "version"];
        Assert.All(Verb().Matches(File.ReadAllText(Repository.PathOf(Deployment.Rules))).Select(match => match.Groups["verb"].Value), verb => Assert.Contains(verb, verbs));
    }

    [Fact]
    public void Every_alert_is_in_the_operators_guide_with_its_severity()
    {
        var guide = File.ReadAllText(Repository.PathOf("docs/operators-guide.md"));
        var alerts = Alert().Matches(File.ReadAllText(Repository.PathOf(Deployment.Rules)));
        Assert.NotEmpty(alerts);
        Assert.All(alerts, alert => Assert.Contains($"| `{alert.Groups["name"].Value}` ({alert.Groups["severity"].Value}) | ", guide, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"- alert: (?<name>\w+)\n(?:(?!- alert:)[^\n]*\n)*?\s+labels: \{ severity: (?<severity>\w+) \}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Alert();

    [GeneratedRegex(@"^# TYPE (?<name>\S+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Type();

    [GeneratedRegex(@"op25b-router (?<verb>[a-z]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Verb();
}
