using System.CommandLine;
using Router.Control;

namespace Router.Cli;

/// <summary><c>status</c>: what a running router says of itself.</summary>
internal static class StatusVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("status", "Show a running router: interfaces, counters, sessions, the phase in force.");
        Examples.Of(verb)
            .Add("status", "the router at the usual place")
            .Add("status --config router.jsonc", "the one that this configuration runs")
            .Add("status --watch 2", "the same every two seconds, as it changes")
            .Add("status --json", "for a script: .metrics.listen is the address that was bound");
        var socket = new RouterSocket(verb);
        var watch = new WatchOption(verb);
        var json = JsonOption.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            var asJson = parsed.GetValue(json);
            return watch.ShowAsync(parsed, terminal, asJson, () => socket.AskAsync(parsed, terminal, client => client.GetStatusAsync(cancellation), status =>
            {
                if (asJson) terminal.WriteJson(status, ControlJson.Types.StatusReport);
                else StatusTables.Write(status, terminal);
                return ExitCode.Success;
            }), cancellation);
        });
        return verb;
    }
}
