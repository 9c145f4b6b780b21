using System.CommandLine;
using Router.Control;

namespace Router.Cli;

/// <summary><c>confirm</c>: what is on trial stays.</summary>
internal static class ConfirmVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("confirm", "Keep the configuration that 'reload --confirm-within' put on trial.");
        Examples.Of(verb).Add("confirm", "after 'reload --confirm-within 5m', from a new connection: the way in still works");
        var socket = new RouterSocket(verb);
        var json = JsonOption.AddTo(verb);
        verb.SetAction((parsed, cancellation) => socket.AskAnywayAsync(
            parsed, terminal, client => client.ChangeAsync(ControlServer.ConfirmPath, ChangeReport.Request(terminal), cancellation), report => ChangeReport.Show(report, terminal, parsed.GetValue(json))));
        return verb;
    }
}
