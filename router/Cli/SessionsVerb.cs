using System.CommandLine;
using Router.Configuration;
using Router.Control;
using Router.Telemetry;
using Spectre.Console;

namespace Router.Cli;

/// <summary><c>sessions</c>: what is open now; and an end to it.</summary>
internal static class SessionsVerb
{
    private const int Shown = 20;

    public static Command Create(Terminal terminal)
    {
        var verb = new Command("sessions", "Show the open sessions of the running router, filtered and sorted; or end them.");
        Examples.Of(verb)
            .Add("sessions", "the twenty that were used last")
            .Add("sessions --address 192.168.25.10 --protocol tcp --state Established", "one host's connections that stand")
            .Add("sessions --port 25 --sort source --top 100 --watch 2", "who speaks with port 25, as it changes")
            .Add("sessions --address 192.168.25.0/24 --json", "for a script: .matched says how many there are, .sessions has at most 10000")
            .Add("sessions --address 192.168.25.10 --port 25 --kill", "end them, after a question; both ends of TCP get a reset");
        var socket = new RouterSocket(verb);
        var options = Options(verb);
        var kill = new Option<bool>("--kill") { Description = "End the sessions that the filter means." };
        var yes = new Option<bool>("--yes") { Description = "Of --kill: do not ask." };
        verb.Add(kill);
        verb.Add(yes);
        var watch = new WatchOption(verb);
        var json = JsonOption.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            var asJson = parsed.GetValue(json);
            var parameters = options.Where(option => parsed.GetResult(option) is { Implicit: false })
                .ToDictionary(option => option.Name[2..], option => Text(parsed, option), StringComparer.Ordinal);
            if (SessionsRequest.Parse(parameters) is { Query: null, Errors: var errors }) return Task.FromResult(Refuse(terminal, [.. errors.Select(error => $"--{error}")]));
            if (parsed.GetValue(kill)) return KillAsync(new(parsed, terminal, socket, parameters), parsed.GetValue(yes), asJson, cancellation);
            parameters.TryAdd("top", $"{(asJson ? SessionQuery.Most : Shown)}");
            return watch.ShowAsync(parsed, terminal, asJson, () =>
                socket.AskAsync(parsed, terminal, client => client.GetSessionsAsync(parameters, cancellation), sessions => Show(sessions, terminal, asJson)), cancellation);
        });
        return verb;
    }

    private static Option[] Options(Command verb)
    {
        Option[] options =
        [
            new Option<string>("--protocol") { Description = $"Only this protocol: {Wording.OneOf(SessionsRequest.Protocols)}.", HelpName = "PROTOCOL" },
            new Option<string>("--address") { Description = "Only those with this address, or one of this prefix, at either end, translated or not.", HelpName = "PREFIX" },
            new Option<string>("--port") { Description = "Only those with this port at either end, translated or not.", HelpName = "N" },
            new Option<string>("--state") { Description = $"Only those in this state: {Wording.OneOf(SessionsRequest.States)}.", HelpName = "STATE" },
            new Option<string>("--family") { Description = "Only ipv4 or ipv6.", HelpName = "FAMILY" },
            new Option<string>("--sort") { Description = $"By {Wording.OneOf(SessionsRequest.Orders)}. Default: idle, the last used first.", HelpName = "ORDER" },
            new Option<bool>("--reverse") { Description = "In the other order." },
            new Option<string>("--top") { Description = $"The first so many. Default: {Shown}, with --json {SessionQuery.Most}, which is the most.", HelpName = "N" },
        ];
        foreach (var option in options) verb.Add(option);
        return options;
    }

    private static string Text(ParseResult parsed, Option option) => option is Option<bool> flag ? parsed.GetValue(flag) ? "true" : "false" : parsed.GetValue((Option<string>)option)!;

    private static int Show(SessionsSnapshot sessions, Terminal terminal, bool asJson)
    {
        if (asJson)
        {
            terminal.WriteJson(sessions, ControlJson.Types.SessionsSnapshot);
            return ExitCode.Success;
        }

        terminal.Output.WriteLine($"{sessions.Live} sessions of {sessions.Capacity}; {sessions.Matched} match, {sessions.Sessions.Count} shown");
        if (sessions.Sessions.Count == 0) return ExitCode.Success;
        var table = Plain.Table("Protocol", "State", "From", "To", "Leaves as", "Idle", "Ends in");
        foreach (var column in table.Columns.Skip(5)) column.Alignment = Justify.Right;
        foreach (var session in sessions.Sessions)
            table.AddRow(Plain.Cells(
                session.Protocol, session.State, Plain.EndPoint(session.Flow.Source, session.Flow.SourcePort), Plain.EndPoint(session.Flow.Destination, session.Flow.DestinationPort),
                session.Translated is { } translated ? Translation(session.Flow, translated) : "", $"{session.IdleSeconds} s", $"{session.SecondsLeft} s"));
        terminal.Console().Write(table);
        return ExitCode.Success;
    }

    /// <summary>The end that is translated, or both.</summary>
    private static string Translation(FlowSnapshot flow, FlowSnapshot translated)
    {
        string source = Plain.EndPoint(translated.Source, translated.SourcePort), destination = Plain.EndPoint(translated.Destination, translated.DestinationPort);
        if (Plain.EndPoint(flow.Destination, flow.DestinationPort) == destination) return $"{source} >";
        return Plain.EndPoint(flow.Source, flow.SourcePort) == source ? $"> {destination}" : $"{source} > {destination}";
    }

    private static async Task<int> KillAsync(Killing killing, bool isSure, bool asJson, CancellationToken cancellation)
    {
        var (parsed, terminal, socket, parameters) = killing;
        if (!parameters.Keys.Any(SessionsRequest.Filters.Contains))
            return Refuse(terminal, ["--kill: say which sessions, by a filter; all of IPv4 are --family ipv4"]);
        if (parameters.Keys.FirstOrDefault(SessionsRequest.Others.Contains) is { } other)
            return Refuse(terminal, [$"--{other}: --kill ends all that the filter means, so that it cannot be sorted or cut short"]);
        if (!isSure && !terminal.CanAsk) return Refuse(terminal, ["--kill: nobody is here to ask; give --yes"]);
        if (!isSure)
        {
            var matched = 0;
            var code = await socket.AskAsync(parsed, terminal, client => client.GetSessionsAsync(new Dictionary<string, string>(parameters, StringComparer.Ordinal) { ["top"] = "1" }, cancellation), sessions =>
            {
                matched = sessions.Matched;
                return ExitCode.Success;
            });
            if (code != ExitCode.Success) return code;
            if (!Confirms(terminal, matched)) return ExitCode.Failed;
        }

        return await socket.AskAsync(parsed, terminal, client => client.EndSessionsAsync(parameters, cancellation), ended =>
        {
            if (asJson) terminal.WriteJson(ended, ControlJson.Types.SessionsEnded);
            else terminal.Output.WriteLine($"{ended.Ended} ended");
            return ExitCode.Success;
        });
    }

    private static bool Confirms(Terminal terminal, int matched)
    {
        terminal.Error.Write($"End {matched} session{(matched == 1 ? "" : "s")}? [y/N] ");
        var answer = terminal.Input.ReadLine()?.Trim();
        if (answer is "y" or "Y" or "yes") return true;
        terminal.Error.WriteLine("nothing was ended");
        return false;
    }

    private static int Refuse(Terminal terminal, IReadOnlyList<string> errors)
    {
        foreach (var error in errors) terminal.WriteError(error);
        return ExitCode.Usage;
    }

    private sealed record Killing(ParseResult Parsed, Terminal Terminal, RouterSocket Socket, Dictionary<string, string> Parameters);
}
