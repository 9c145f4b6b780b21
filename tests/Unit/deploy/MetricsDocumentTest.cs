using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Router.Telemetry;
using Support;
using Unit.Telemetry;

namespace Unit.Deploy;

/// <summary>docs/metrics.md is written by this test: <c>UPDATE_DOCS=1</c> in the environment writes it anew, without it the file is held against what the router exports.</summary>
public sealed partial class MetricsDocumentTest
{
    private const string Document = "docs/metrics.md";

    [Fact]
    public async Task The_document_says_what_the_router_exports()
    {
        await using var server = await MetricsServer.StartAsync(new(IPAddress.Loopback, 0), new CountingSnapshotSource(), TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        var text = Write(await http.GetStringAsync(new Uri($"http://{server.Listen}/metrics"), TestContext.Current.CancellationToken));
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            await File.WriteAllTextAsync(Repository.PathOf(Document), text, TestContext.Current.CancellationToken);
        Assert.Equal(text, await File.ReadAllTextAsync(Repository.PathOf(Document), TestContext.Current.CancellationToken));
    }

    private static string Write(string page)
    {
        var text = new StringBuilder("""
            # Metrics

            <!-- Generated from the program: UPDATE_DOCS=1 tests/Unit/bin/Release/net10.0/Unit -class Unit.Deploy.MetricsDocumentTest -->

            At `/metrics`, where `Metrics:Listen` says. Each scrape is one moment between two batches, so that received = forwarded + delivered + held + dropped holds in it, for
            each interface. An address is never a label; labels are the configuration's names (interfaces, groups, phases, own mail servers) and the program's own words, so there are as
            many series as the configuration makes, whatever the traffic. `deploy/prometheus` has a scrape configuration and alerts, `deploy/grafana` a dashboard to import.

            | metric | type | labels | meaning |
            |---|---|---|---|

            """);
        foreach (var match in Family().Matches(page).OrderBy(match => match.Groups["name"].Value, StringComparer.Ordinal))
        {
            var name = match.Groups["name"].Value;
            var labels = Regex.Match(page, $"^{name}\\{{(?<labels>.*)\\}} ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["labels"].Value;
            text.Append($"| `{name}` | {match.Groups["type"].Value} | {string.Join(", ", Label().Matches(labels).Select(label => $"`{label.Groups["name"].Value}`"))} | {match.Groups["help"].Value} |\n");
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^# HELP (?<name>\S+) (?<help>.*)\n# TYPE \S+ (?<type>\w+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Family();

    [GeneratedRegex("(?<name>[a-z_]+)=\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();
}
