using System.Text.Json.Nodes;
using Router.Cli;
using Router.Control;
using Unit.Configuration;
using Unit.Control;
using Unit.Telemetry;

namespace Unit.Cli;

public sealed class CommandLineTest : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Campus => Path.Combine(Loading.Repository, "docs/examples/campus.jsonc");

    public void Dispose()
    {
        _directory.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("chek")]
    [InlineData("check --confg x")]
    [InlineData("status --socket")]
    [InlineData("explain tcp 192.168.25.10 203.0.113.25:25")]
    [InlineData("explain tcp 192.168.25.10:1")]
    [InlineData("run --as-of yesterday")]
    [InlineData("reload --confirm-within soon")]
    [InlineData("reload --confirm-within 25h")]
    [InlineData("reload --confirm-within 0")]
    [InlineData("run --config /no/such/file")]
    [InlineData("taps")]
    [InlineData("taps --create")]
    [InlineData("taps --create --remove --user root")]
    [InlineData("taps --create --user nobody-has-this-name")]
    [InlineData("taps --remove --config /no/such/file")]
    [InlineData("check --config /no/such/file")]
    public async Task Wrong_usage_ends_with_2_and_says_why_on_stderr(string line)
    {
        Assert.Equal(2, await RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.NotEmpty($"{_error}");
        Assert.DoesNotContain("   at ", $"{_error}", StringComparison.Ordinal);
        Assert.Empty($"{_output}");
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("run --help")]
    [InlineData("reload --help")]
    [InlineData("confirm --help")]
    [InlineData("rollback --help")]
    [InlineData("version")]
    public async Task Help_and_version_end_with_0(string line)
    {
        Assert.Equal(0, await RunAsync(line.Split(' ')));
        Assert.NotEmpty($"{_output}");
        Assert.Empty($"{_error}");
    }

    [Fact]
    public async Task Check_shows_the_policy_and_the_phase_in_force()
    {
        Assert.Equal(0, await RunAsync("check", "--config", Campus));
        Assert.Contains("is valid.", $"{_output}", StringComparison.Ordinal);
        Assert.Matches("op25b +2008-04-01T11:00:00\\+09:00 +Block +Icmp +in force now", $"{_output}");
        Assert.Contains("DNS answers of 198.51.100.53, 2001:db8:25:2::53 to inside hosts are read, for the addresses of *.seikyou.example;", $"{_output}", StringComparison.Ordinal);
        Assert.Matches("lan +dynamic +SYN +192\\.168\\.25\\.2:[0-9]+ +203\\.0\\.113\\.1:25 +passes +blocked", $"{_output}");
        Assert.Matches(@"lan +dynamic +SYN +\[2001:db8:25:1::2\]:[0-9]+ +\[2001:db8:25:3::1\]:25 +passes +blocked", $"{_output}");
        Assert.Matches("Proved with [0-9]+ probes to ports 25, 587 and 465, from every inside interface and group", $"{_output}");
        Assert.Empty($"{_error}");
        Assert.DoesNotContain("\u001b", $"{_output}{_error}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_prints_each_error_on_a_line()
    {
        var file = _directory.Write("router.jsonc", "{ \"Interfaces\": [\n  { \"Name\": \"lan\", \"Role\": \"Lann\", \"Tap\": \"t\", \"Addresses\": [\"10.0.0.1/8\"] } ] }");
        Assert.Equal(2, await RunAsync("check", "--config", file, "--set", "Sessions:Capacity=1"));
        Loading.AssertLines(
            [
                $"{file}:2:20  Interfaces:0:Role  'Lann' is not a role; use Lan, Servers or Wan",
                "--set Sessions:Capacity  Sessions:Capacity  1 is out of range; use a whole number from 1024 to 16777216",
            ],
            $"{_error}".Split('\n').Where(line => !line.StartsWith("warning", StringComparison.Ordinal) && !line.StartsWith("op25b-router", StringComparison.Ordinal) && line.Length > 0));
    }

    [Fact]
    public async Task Check_gives_its_findings_as_json()
    {
        Assert.Equal(2, await RunAsync("check", "--json", "--config", Campus, "--set", "Sessions:Capacity=1", "--set", "Op25b:Phases:1:Mode=Limit"));
        var report = JsonNode.Parse($"{_output}")!;
        Assert.False(report["valid"]!.GetValue<bool>());
        Assert.Equal(
            """{"file":"--set Sessions:Capacity","line":null,"column":null,"path":"Sessions:Capacity","message":"1 is out of range","mend":"use a whole number from 1024 to 16777216"}""",
            report["errors"]![0]!.ToJsonString());
        Assert.Equal("Op25b:Phases:1:Mode", report["warnings"]![0]!["path"]!.GetValue<string>());
    }

    [Fact]
    public async Task Status_shows_tables_or_the_whole_snapshot()
    {
        var socket = _directory.Of("control.sock");
        await using var server = await ControlServer.StartAsync(socket, new CountingSnapshotSource(), () => "127.0.0.1:9125", TestContext.Current.CancellationToken);
        Assert.Equal(0, await RunAsync("status", "--socket", socket));
        Assert.Matches("lan +Lan +Up +02:00:5e:00:53:01 +1500", $"{_output}");
        Assert.Matches("lan +2 +Op25bBlocked +port 25 is blocked here", $"{_output}");
        Assert.Contains("phase     op25b (Block) at 2008-04-01T11:00:00+09:00; next: later from 2009-10-01T00:00:00+09:00", $"{_output}", StringComparison.Ordinal);

        _output.GetStringBuilder().Clear();
        Assert.Equal(0, await RunAsync("status", "--json", "--config", Campus, "--set", $"Control:Socket={socket}"));
        var status = JsonNode.Parse($"{_output}")!;
        Assert.Equal("127.0.0.1:9125", status["metrics"]!["listen"]!.GetValue<string>());
        Assert.Equal("in memory only", status["state"]!.GetValue<string>());
        Assert.Equal("IoUringMultishot", status["backend"]!.GetValue<string>());
        Assert.Equal(socket, status["control"]!["socket"]!.GetValue<string>());
        Assert.Equal(["203.0.113.1", "203.0.113.9"], status["routes"]![0]!["nextHops"]!.AsArray().Select(nextHop => nextHop!["via"]!.GetValue<string>()));
        Assert.True(status["routes"]![0]!["nextHops"]![1]!["inUse"]!.GetValue<bool>());
        Assert.Equal(996, status["interfaces"]![0]!["forwardedFrames"]?.GetValue<long>() - 1000);
    }

    [Fact]
    public async Task Sessions_and_drops_are_tables_or_json()
    {
        var socket = _directory.Of("control.sock");
        await using var server = await ControlServer.StartAsync(socket, new CountingSnapshotSource(), metricsListen: null, TestContext.Current.CancellationToken);
        Assert.Equal(0, await RunAsync("sessions", "--socket", socket));
        Assert.Contains("7 sessions of 131072; 2 match, 2 shown", $"{_output}", StringComparison.Ordinal);
        Assert.Matches(@"tcp +Established +192\.168\.25\.10:40000 +203\.0\.113\.25:587 +203\.0\.113\.2:50000 > +3 s +7437 s", $"{_output}");
        Assert.Matches(@"tcp +Established +\[2001:db8:25:1::10\]:40001 +\[2001:db8:25:3::25\]:587 +3 s +7437 s", $"{_output}");
        Assert.Equal(0, await RunAsync("drops", "--socket", socket));
        Assert.Matches(@"lan +12 +Op25bBlocked +2008-04-01T10:59:58\+09:00 +tcp 192\.168\.25\.10:40000 > 203\.0\.113\.25:25 +02:00:c0:a8:19:0a", $"{_output}");

        _output.GetStringBuilder().Clear();
        Assert.Equal(0, await RunAsync("drops", "--json", "--reason", "WriteRefused", "--socket", socket));
        Assert.Equal("""[{"interface":"lan","reason":"WriteRefused","stage":"Op25b","frames":1,"text":"text","mend":"mend","last":null}]""", JsonNode.Parse($"{_output}")!["drops"]!.ToJsonString());
    }

    [Theory]
    [InlineData("sessions --port http", "--port: 'http' is no number from 0 to 65535")]
    [InlineData("sessions --kill", "--kill: say which sessions, by a filter; all of IPv4 are --family ipv4")]
    [InlineData("sessions --kill --port 25 --top 3", "--top: --kill ends all that the filter means, so that it cannot be sorted or cut short")]
    [InlineData("sessions --kill --port 25", "--kill: nobody is here to ask; give --yes")]
    [InlineData("drops --reason Op25Blocked", "--reason: 'Op25Blocked' is not a reason; did you mean Op25bBlocked?")]
    public async Task A_question_that_cannot_be_asked_is_one_line(string line, string message)
    {
        Assert.Equal(2, await RunAsync(line.Split(' ')));
        Assert.Contains($"op25b-router: {message}\n", $"{_error}", StringComparison.Ordinal);
        Assert.Empty($"{_output}");
    }

    [Theory]
    [InlineData("y", 0, true)]
    [InlineData("n", 1, false)]
    [InlineData("", 1, false)]
    public async Task Sessions_are_ended_after_a_question(string answer, int exitCode, bool areEnded)
    {
        var (socket, source) = (_directory.Of("control.sock"), new CountingSnapshotSource());
        await using var server = await ControlServer.StartAsync(socket, source, metricsListen: null, TestContext.Current.CancellationToken);
        var terminal = new Terminal(_output, _error, TimeProvider.System) { CanAsk = true, Input = new StringReader(answer) };

        Assert.Equal(exitCode, await CommandLine.RunAsync(["sessions", "--kill", "--port", "25", "--socket", socket], terminal));

        Assert.Contains("End 2 sessions? [y/N]", $"{_error}", StringComparison.Ordinal);
        Assert.Equal(areEnded, source.Ended is not null);
        Assert.Equal(areEnded ? "2 ended\n" : "", $"{_output}");
    }

    [Fact]
    public async Task Sessions_are_ended_at_once_with_yes()
    {
        var (socket, source) = (_directory.Of("control.sock"), new CountingSnapshotSource());
        await using var server = await ControlServer.StartAsync(socket, source, metricsListen: null, TestContext.Current.CancellationToken);
        Assert.Equal(0, await RunAsync("sessions", "--kill", "--yes", "--json", "--port", "25", "--socket", socket));
        Assert.Equal(2, JsonNode.Parse($"{_output}")!["ended"]!.GetValue<int>());
        Assert.Equal(new Router.Telemetry.SessionFilter { Port = 25 }, source.Ended);
    }

    [Fact]
    public async Task Help_ends_with_examples()
    {
        Assert.Equal(0, await RunAsync("sessions", "--help"));
        Assert.Contains("Examples:\n  op25b-router sessions\n      the twenty that were used last\n", $"{_output}", StringComparison.Ordinal);
    }

    /// <summary>Every verb ends its help so, with command lines that it takes.</summary>
    [Fact]
    public async Task Every_verb_has_examples_which_are_right()
    {
        var root = CommandLine.Root(new(_output, _error, TimeProvider.System));
        foreach (var verb in root.Subcommands)
        {
            Assert.NotEmpty(Examples.Of(verb).Lines);
            Assert.All(Examples.Of(verb).Lines, example => Assert.Empty(root.Parse(example.Line.Split(" | ")[0]).Errors));
            _output.GetStringBuilder().Clear();
            Assert.Equal(0, await RunAsync(verb.Name, "--help"));
            Assert.Contains("Examples:\n", $"{_output}", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Status_of_no_router_ends_with_1()
    {
        Assert.Equal(1, await RunAsync("status", "--socket", _directory.Of("none.sock")));
        Assert.StartsWith("op25b-router: no router answers on ", $"{_error}", StringComparison.Ordinal);
    }

    [Fact]
    public void An_explanation_is_a_few_aligned_lines()
    {
        ExplainVerb.Write(new() { Verdict = "dropped", Reason = "Op25bBlocked", Stage = "Op25b", Rule = "Op25b:Phases:1 op25b", Text = "port 25 is blocked here", Mend = "use port 587" }, _output);
        Loading.AssertLines(
            ["verdict  dropped", "reason   Op25bBlocked", "         port 25 is blocked here", "stage    Op25b", "rule     Op25b:Phases:1 op25b", "mend     use port 587", ""],
            $"{_output}".Split('\n'));
    }

    private Task<int> RunAsync(params string[] arguments) => CommandLine.RunAsync(arguments, new(_output, _error, TimeProvider.System));
}
