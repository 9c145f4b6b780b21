using System.Text.Json.Nodes;
using Router.Cli;
using Router.Control;
using Unit.Control;
using Unit.Telemetry;

namespace Unit.Cli;

/// <summary>Section 5 of OP25B.md: whom it hits, for the one who asks, for scripts, and for the subscribers themselves.</summary>
public sealed class ReportVerbTest : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private ControlServer? _server;

    private string Socket => _directory.Of("control.sock");

    public async ValueTask InitializeAsync() =>
        _server = await ControlServer.StartAsync(Socket, new CountingSnapshotSource(), metricsListen: null, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _directory.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Attempts_lists_hosts_and_forging_stations()
    {
        Assert.Equal(0, await RunAsync("attempts"));
        Assert.Contains("phase notice (Monitor) at 2008-03-20T12:00:00+09:00", $"{_output}", StringComparison.Ordinal);
        Assert.Matches("192.168.25.30 +dynamic +infected +500 +1 +500 +1 +500 +0 +0 +2008-03-19T15:00:00\\+00:00 +203.0.113.25", $"{_output}");
        Assert.Matches("02:00:5e:00:53:01 +lan +7 +192.0.2.1 +203.0.113.25", $"{_output}");
    }

    [Theory]
    [InlineData("--top 1", "192.168.25.30")]
    [InlineData("--host 192.168.25.20", "192.168.25.20")]
    [InlineData("--host 192.168.25.16/28", "192.168.25.30 192.168.25.20")]
    [InlineData("--host 10.0.0.0/8", "")]
    [InlineData("--group dynamic", "192.168.25.30 192.168.25.20")]
    [InlineData("--case third_party_server", "192.168.25.10")]
    [InlineData("--group dynamic --case home_server", "192.168.25.20")]
    public async Task Attempts_can_be_filtered(string options, string hosts)
    {
        Assert.Equal(0, await RunAsync(["attempts", "--json", .. options.Split(' ')]));
        Assert.Equal(hosts, string.Join(' ', JsonNode.Parse($"{_output}")!["hosts"]!.AsArray().Select(host => host!["host"]!.GetValue<string>())));
    }

    [Theory]
    [InlineData("attempts --host nobody")]
    [InlineData("attempts --case ill")]
    [InlineData("attempts --top 0")]
    [InlineData("attempts --watch 0")]
    [InlineData("report --notice fr")]
    [InlineData("report --notice en --template /no/such/file")]
    public async Task Wrong_usage_ends_with_2(string line)
    {
        Assert.Equal(2, await RunAsync(line.Split(' ')));
        Assert.NotEmpty($"{_error}");
    }

    [Fact]
    public async Task The_report_goes_by_case_with_evidence_and_advice()
    {
        Assert.Equal(0, await RunAsync("report"));
        string[] lines = $"{_output}".Split('\n');
        Assert.Equal("phase notice (Monitor) at 2008-03-20T12:00:00+09:00; port 25 is limited or blocked from 2008-04-01T11:00:00+09:00", lines[0].TrimEnd());
        Assert.Equal(
            ["Case 1, another organisation's mail server: 1 host", "Case 3, a mail server at home: 1 host", "Infected: 1 host"],
            lines.Where(line => line.EndsWith(" 1 host", StringComparison.Ordinal)));
        Assert.Contains("  192.168.25.20 (group dynamic): 40 attempts from 2008-03-05T00:00:00+00:00 to 2008-03-19T15:00:00+00:00, at 203.0.113.25 (1), 203.0.113.26 (1)", lines);
        Assert.Contains("    - receives mail on port 25 itself", lines);
        Assert.Contains(lines, line => line.StartsWith("station 02:00:5e:00:53:01 on lan forges sources", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_report_as_csv_quotes_what_has_to_be_quoted()
    {
        Assert.Equal(0, await RunAsync("report", "--csv"));
        string[] lines = $"{_output}".Split("\r\n");
        Assert.Equal("host,group,case,first,last,attempts,passed,limited,blocked,destinations,evidence,advice", lines[0]);
        Assert.StartsWith("192.168.25.10,\"campus, \"\"old\"\"\",third_party_server,2008-03-05T00:00:00+00:00,2008-03-19T15:00:00+00:00,12,12,0,0,203.0.113.26,", lines[3], StringComparison.Ordinal);
        Assert.Equal("", lines[^1]);
    }

    [Fact]
    public async Task The_report_as_json_has_the_advice()
    {
        Assert.Equal(0, await RunAsync("report", "--json", "--case", "home_server"));
        var report = JsonNode.Parse($"{_output}")!;
        Assert.Equal("192.168.25.20", report["hosts"]![0]!["host"]!["host"]!.GetValue<string>());
        Assert.Contains("smarthost", report["hosts"]![0]!["adviceEnglish"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("2008-04-01T11:00:00+09:00", report["effectiveFrom"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_notice_has_the_date_the_evidence_and_the_advice_that_fits()
    {
        Assert.Equal(0, await RunAsync("report", "--notice", "en", "--host", "192.168.25.20"));
        foreach (var part in new[] { "To the subscriber at 192.168.25.20", "From 1 April 2008 11:00 (+09:00) on", "From 5 March 2008 09:00 (+09:00) to 20 March 2008 00:00 (+09:00) we counted 40", "  203.0.113.26 (1)", "smarthost" })
            Assert.Contains(part, $"{_output}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notices_are_in_Japanese_too_one_a_page()
    {
        Assert.Equal(0, await RunAsync("report", "--notice", "ja"));
        Assert.Equal(3, $"{_output}".Split('\f').Length);
        foreach (var part in new[] { "192.168.25.10 をお使いのお客様へ", "2008年4月1日 11:00 (+09:00) より", "587 または 465", "スマートホスト", "駆除" })
            Assert.Contains(part, $"{_output}", StringComparison.Ordinal);
        Assert.DoesNotContain("{", $"{_output}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_of_ones_own_is_filled_in()
    {
        string file = _directory.Write("notice.txt", "{host}: {attempts}; {advice}");
        Assert.Equal(0, await RunAsync("report", "--notice", "ja", "--template", file, "--case", "infected"));
        Assert.StartsWith("192.168.25.30: 500; お客様の回線", $"{_output}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_router_ends_with_1()
    {
        Assert.Equal(1, await CommandLine.RunAsync(["report", "--socket", _directory.Of("none.sock")], new(_output, _error, TimeProvider.System)));
        Assert.StartsWith("op25b-router: no router answers on ", $"{_error}", StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments) => CommandLine.RunAsync([.. arguments, "--socket", Socket], new(_output, _error, TimeProvider.System));
}
