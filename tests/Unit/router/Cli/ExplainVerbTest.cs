using System.Net;
using System.Text.Json.Nodes;
using Router.Cli;
using Router.Control;
using Router.Sessions;
using Router.Telemetry;
using Support;
using Unit.Configuration;
using Unit.Control;
using Unit.Telemetry;

namespace Unit.Cli;

/// <summary><c>explain</c> over the socket of a router, of a file, and of a frame; and every way to ask wrongly.</summary>
public sealed class ExplainVerbTest : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly TestRouter _router = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Campus => Path.Combine(Loading.Repository, "docs/examples/campus.jsonc");

    private string Socket => _directory.Of("control.sock");

    public void Dispose()
    {
        _router.Dispose();
        _directory.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task The_running_router_is_asked_where_no_file_is_given()
    {
        await using var server = await StartAsync();
        Assert.Equal(4, await RunAsync("explain --json tcp 192.168.25.10:40000 203.0.113.25:25 --socket " + Socket));
        JsonNode answer = JsonNode.Parse($"{_output}")!;
        Assert.Equal(("dropped", "Op25bBlocked", "Op25b", "running"), ($"{answer["verdict"]}", $"{answer["reason"]}", $"{answer["stage"]}", $"{answer["tables"]}"));
        Assert.Equal(["Parse passed", "AntiSpoofing passed", "Lookup passed", "Op25b dropped"], answer["stages"]!.AsArray().Select(stage => $"{stage!["stage"]} {stage["verdict"]}"));
        Assert.Empty(_router.Moved());
    }

    [Fact]
    public async Task Its_own_complaint_about_the_question_is_wrong_usage()
    {
        await using var server = await StartAsync();
        Assert.Equal(2, await RunAsync("explain tcp 192.168.25.10:40000 203.0.113.25:25 --in dmz --socket " + Socket));
        Assert.Equal("op25b-router: There is no interface 'dmz'; the configuration has lan, servers, wan.\n", $"{_error}");
    }

    [Fact]
    public async Task A_file_is_explained_on_empty_tables_with_the_lines_of_its_rules()
    {
        Assert.Equal(4, await RunAsync($"explain --config {Campus} tcp 192.168.25.10:40000 203.0.113.25:25"));
        string[] lines = await File.ReadAllLinesAsync(Campus, Cancellation);
        string text = $"{_output}";
        int line = int.Parse(text.Split($"{Campus}:")[1].Split(',', ' ', '\n')[0]);
        Assert.Contains("\"Name\": \"op25b\"", string.Join('\n', lines.Skip(line - 1).Take(3)), StringComparison.Ordinal);
        Assert.Contains("on empty tables, where every neighbour answers", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frame_of_a_file_is_explained_as_it_arrived()
    {
        byte[] frame = Frames.TcpSegment("192.168.25.10", 40000, "203.0.113.25", 25, _router.Interface("lan").Mac);
        await File.WriteAllBytesAsync(_directory.Of("two.pcap"), HandMadeCaptures.Pcap(frame, Frames.Arp(PacketDotNet.ArpOperation.Request, Frames.Host, "192.168.25.10", default, "192.168.25.1")), Cancellation);
        await using var server = await StartAsync();
        Assert.Equal(4, await RunAsync($"explain --pcap {_directory.Of("two.pcap")} --in lan --socket {Socket}"));
        Assert.Contains("reason   Op25bBlocked", $"{_output}", StringComparison.Ordinal);
        _output.GetStringBuilder().Clear();
        Assert.Equal(0, await RunAsync($"explain --json --pcap {_directory.Of("two.pcap")} --frame 2 --in lan --socket {Socket}"));
        Assert.Equal(("delivered", "NeighborMessage", "arp"), ($"{JsonNode.Parse($"{_output}")!["verdict"]}", $"{JsonNode.Parse($"{_output}")!["stage"]}", $"{JsonNode.Parse($"{_output}")!["packet"]}"));
        Assert.Empty(_router.Moved());
        Assert.Equal(0, _router.Path.Neighbors.Count);
    }

    [Theory]
    [InlineData("explain", "give PROTOCOL SOURCE DESTINATION, as in explain tcp 192.168.25.10:40000 203.0.113.25:25, or --pcap FILE")]
    [InlineData("explain tcp 192.168.25.10:1", "give PROTOCOL SOURCE DESTINATION, as in explain tcp 192.168.25.10:40000 203.0.113.25:25, or --pcap FILE")]
    [InlineData("explain gre 192.168.25.10 203.0.113.25", "'gre' is not a protocol: use tcp, udp or icmp")]
    [InlineData("explain --frame 2 tcp 192.168.25.10:1 203.0.113.25:25", "--frame is the number of a frame in a file: name the file with --pcap")]
    [InlineData("explain --pcap x.pcap tcp 192.168.25.10:1 203.0.113.25:25", "give a flow or --pcap, and not both")]
    [InlineData("explain --pcap x.pcap --frame 0", "--frame: frames are counted from 1")]
    [InlineData("explain --config x --socket y tcp 192.168.25.10:1 203.0.113.25:25", "--socket asks a router and --config a file: give one of them, or --running")]
    public async Task What_makes_no_sense_is_one_line_and_2(string line, string why)
    {
        Assert.Equal(2, await RunAsync(line));
        Assert.Equal($"op25b-router: {why}\n", $"{_error}");
        Assert.Empty($"{_output}");
    }

    [Fact]
    public async Task Without_a_router_it_says_how_to_ask_a_file()
    {
        Assert.Equal(1, await RunAsync("explain tcp 192.168.25.10:40000 203.0.113.25:25 --socket " + Socket));
        Assert.Equal([
            $"op25b-router: no router answers on {Socket}: there is no such socket; start the router, or name its socket with --socket",
            "op25b-router: a configuration alone can be asked with --config FILE: on empty tables, where every neighbour answers"], $"{_error}".TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_router_of_another_version_is_said_to_be()
    {
        await using var server = await ControlServer.StartAsync(Socket, new CountingSnapshotSource(), metricsListen: null, Cancellation);
        Assert.Equal(1, await RunAsync("explain tcp 192.168.25.10:40000 203.0.113.25:25 --socket " + Socket));
        Assert.StartsWith($"op25b-router: the router on {Socket} is of another version: it explains no packets; use --config FILE\n", $"{_error}", StringComparison.Ordinal);
    }

    private Task<ControlServer> StartAsync() => ControlServer.StartAsync(Socket, new Source(_router), metricsListen: null, Cancellation);

    private Task<int> RunAsync(string line) => CommandLine.RunAsync(line.Split(' '), new(_output, _error, TimeProvider.System));

    private sealed class Source(TestRouter router) : ISnapshotSource, IFlowSource
    {
        private readonly RunningState _state = new(router);
        private readonly CountingSnapshotSource _other = new();

        public Task<FlowFacts> TakeFlowAsync(IReadOnlyList<FlowKey> flows, CancellationToken cancellation) => _state.TakeFlowAsync(flows, cancellation);

        public Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation) => _other.TakeSnapshotAsync(cancellation);

        public Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation) => _other.TakeAttemptsAsync(cancellation);

        public Task<DropsSnapshot> TakeDropsAsync(CancellationToken cancellation) => _other.TakeDropsAsync(cancellation);

        public Task<SessionsSnapshot> TakeSessionsAsync(SessionQuery query, CancellationToken cancellation) => _other.TakeSessionsAsync(query, cancellation);

        public Task<SessionsEnded> EndSessionsAsync(SessionFilter filter, CancellationToken cancellation) => _other.EndSessionsAsync(filter, cancellation);
    }
}
