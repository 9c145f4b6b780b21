using System.CommandLine;
using Router.Configuration;
using Router.Control;
using Router.Telemetry;

namespace Router.Cli;

/// <summary><c>explain</c>: what would become of a packet, by whose rule, and what would pass instead.</summary>
internal static class ExplainVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("explain", "Say what would become of a packet, and why: asked of the running router, or with --config of a configuration alone, on empty tables. Nothing is changed.");
        Examples.Of(verb)
            .Add("explain tcp 192.168.25.10:40000 203.0.113.25:25", "ask the router that runs: its sessions, mappings, neighbours and learnt names count")
            .Add("explain tcp [2001:db8:25:1::10]:40000 [2001:db8:25:3::25]:25 --at 2008-04-01T11:00:00+09:00", "the same at another time, over IPv6")
            .Add("explain --config router.jsonc tcp 192.168.25.10:40000 203.0.113.25:25", "what a configuration says, without a router")
            .Add("explain --config router.jsonc --running udp 192.168.25.10:5353 203.0.113.53:53", "ask the router that this configuration runs")
            .Add("explain --pcap trouble.pcapng --frame 7 --in lan", "a frame as it arrived")
            .Add("explain --json icmp 192.168.25.10 203.0.113.25", "for a script: .verdict, .reason, .stages, .next; the exit code is 4 where it is dropped");
        var flow = new FlowArguments(verb);
        var socket = new RouterSocket(verb);
        var running = new Option<bool>("--running") { Description = "Ask the router that --config names, instead of its file." };
        verb.Add(running);
        var json = JsonOption.AddTo(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var (question, errors) = flow.Question(parsed);
            if (question is null) return Refuse(terminal, errors);
            var (request, problems) = ExplainArguments.Parse(question);
            if (request is null) return Refuse(terminal, problems);
            var isFile = !parsed.GetValue(running) && socket.Configuration.IsAnyGiven(parsed);
            if (isFile && socket.IsGiven(parsed)) return Refuse(terminal, ["--socket asks a router and --config a file: give one of them, or --running"]);
            return isFile
                ? await ExplainFileAsync(parsed, socket.Configuration, request, terminal, parsed.GetValue(json), cancellation)
                : await AskAsync(parsed, socket, question, terminal, parsed.GetValue(json), cancellation);
        });
        return verb;
    }

    private static async Task<int> AskAsync(ParseResult parsed, RouterSocket socket, ExplainQuestion question, Terminal terminal, bool asJson, CancellationToken cancellation)
    {
        try
        {
            var code = await socket.AskAsync(parsed, terminal, client => client.ExplainAsync(question, cancellation), explanation => Show(explanation, terminal, asJson));
            if (code == ExitCode.Failed) terminal.WriteError("a configuration alone can be asked with --config FILE: on empty tables, where every neighbour answers");
            return code;
        }
        catch (ExplainException exception)
        {
            return Refuse(terminal, exception.Message.Split('\n'));
        }
    }

    private static async Task<int> ExplainFileAsync(ParseResult parsed, ConfigurationOptions options, ExplainRequest request, Terminal terminal, bool asJson, CancellationToken cancellation)
    {
        var (loaded, text) = options.LoadWithText(parsed, terminal);
        foreach (var error in loaded.Errors) terminal.Error.WriteLine(error);
        if (loaded.Configuration is not { } configuration) return ExitCode.Usage;
        var names = configuration.Op25b.OwnMailServers.Hosts.Count > 0 ? await KnownNamesAsync(configuration.Control.Socket, cancellation) : null;
        try
        {
            return Show(Explainer.Explain(configuration, request, terminal.Time, names, new KeyPlaces(options.Sources(parsed, terminal), text)), terminal, asJson);
        }
        catch (ExplainException exception)
        {
            return Refuse(terminal, [exception.Message]);
        }
    }

    /// <summary>Where names lead only a running router knows; without one they lead nowhere.</summary>
    private static async Task<OwnNamesSnapshot?> KnownNamesAsync(string socket, CancellationToken cancellation)
    {
        try
        {
            using var client = new ControlClient(socket);
            return (await client.GetStatusAsync(cancellation)).OwnNames;
        }
        catch (ControlException)
        {
            return null;
        }
    }

    private static int Refuse(Terminal terminal, IEnumerable<string> errors)
    {
        foreach (var error in errors) terminal.WriteError(error);
        return ExitCode.Usage;
    }

    private static int Show(Explanation explanation, Terminal terminal, bool asJson)
    {
        if (asJson) terminal.WriteJson(explanation, ControlJson.Types.Explanation);
        else Write(explanation, terminal.Output);
        return string.Equals(explanation.Verdict, "dropped", StringComparison.Ordinal) ? ExitCode.Dropped : ExitCode.Success;
    }

    /// <summary>A few aligned lines; the ones that do not apply are left out.</summary>
    internal static void Write(Explanation explanation, TextWriter output)
    {
        (string Name, string? Value)[] lines =
        [
            ("verdict", explanation.Verdict),
            ("reason", explanation.Reason),
            ("", explanation.Text),
            ("stage", explanation.Stage),
            ("rule", explanation.Rule),
            ("", explanation.Place is { } place ? $"at {place}" : null),
            ("session", explanation.Session),
            ("rewrite", explanation.Rewrite),
            ("mend", explanation.Mend),
            ("next", explanation.Next is { } next ? $"{next.Verdict}{(next.Reason is { } reason ? $", {reason}" : "")}, when phase \"{next.Phase}\" ({next.Mode}) begins at {next.From:yyyy-MM-dd'T'HH:mm:ssK}" : null),
        ];
        foreach (var (name, value) in lines)
            if (!string.IsNullOrEmpty(value)) output.WriteLine($"{name,-8} {value}");
        if (explanation.Stages.Count == 0) return;
        output.WriteLine();
        output.WriteLine($"Stage by stage, {(explanation.Tables == "running" ? "on what the router knows" : "on empty tables, where every neighbour answers")}, at {explanation.At:yyyy-MM-dd'T'HH:mm:ssK} (phase {explanation.Phase}):");
        foreach (var stage in explanation.Stages)
            output.WriteLine($"  {stage.Stage,-15} {stage.Verdict,-9} {stage.Text}{(stage.Rule is { } rule ? $" | {rule}" : "")}{(stage.Place is { } written ? $" | {written}" : "")}");
    }
}
