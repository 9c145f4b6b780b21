using System.CommandLine;
using Router.Configuration;
using Router.Control;

namespace Router.Cli;

/// <summary><c>status</c>: what a running router says of itself.</summary>
internal static class StatusVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("status", "Show a running router: interfaces, counters, sessions, the phase in force.");
        var socket = new Option<string?>("--socket") { Description = "The router's control socket (default: the one that --config names, else the usual place).", HelpName = "PATH" };
        verb.Add(socket);
        var options = new ConfigurationOptions(verb);
        var json = JsonOption.AddTo(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetValue(socket);
            if (path is null && options.IsGiven(parsed))
            {
                if (options.LoadOrComplain(parsed, terminal) is not { } configuration) return ExitCode.Usage;
                path = configuration.Control.Socket;
            }

            return await ShowAsync(path ?? new ControlConfiguration().Socket, terminal, parsed.GetValue(json), cancellation);
        });
        return verb;
    }

    private static async Task<int> ShowAsync(string path, Terminal terminal, bool asJson, CancellationToken cancellation)
    {
        try
        {
            using var client = new ControlClient(path);
            var status = await client.GetStatusAsync(cancellation);
            if (asJson) terminal.WriteJson(status);
            else StatusTables.Write(status, terminal);
            return ExitCode.Success;
        }
        catch (ControlException exception)
        {
            terminal.WriteError(exception.Message);
            return ExitCode.Failed;
        }
    }
}
