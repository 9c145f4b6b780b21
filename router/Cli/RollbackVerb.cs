using System.CommandLine;
using Router.Control;
using Spectre.Console;

namespace Router.Cli;

/// <summary><c>rollback</c>: the configuration before comes back into force; the file stays as it is.</summary>
internal static class RollbackVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("rollback", "Go back to the configuration before, or end a trial at once. The file is not touched: 'status' shows how it differs, and a restart does not use it until it is changed or reloaded.");
        Examples.Of(verb)
            .Add("rollback", "back to the one before; again: to the one before that")
            .Add("rollback --list", "what was in force, since when and by whom");
        var socket = new RouterSocket(verb);
        var list = new Option<bool>("--list") { Description = "Show the history, and change nothing." };
        verb.Add(list);
        var json = JsonOption.AddTo(verb);
        verb.SetAction((parsed, cancellation) => parsed.GetValue(list)
            ? socket.AskAnywayAsync(parsed, terminal, client => client.GetHistoryAsync(cancellation), history => Show(history, terminal, parsed.GetValue(json)))
            : socket.AskAnywayAsync(parsed, terminal, client => client.ChangeAsync(ControlServer.RollBackPath, ChangeReport.Request(terminal), cancellation), report => ChangeReport.Show(report, terminal, parsed.GetValue(json))));
        return verb;
    }

    private static int Show(IReadOnlyList<AppliedConfiguration> history, Terminal terminal, bool asJson)
    {
        if (asJson)
        {
            terminal.WriteJson(history, ControlJson.Types.History);
            return ExitCode.Success;
        }

        var table = Plain.Table("Number", "In force from", "By", "How", "State", "Hash", "Changes");
        foreach (var entry in history)
            table.AddRow(Plain.Cells($"{entry.Number}", entry.At.ToString(Plain.Time), entry.By, entry.How, $"{entry.State}", entry.Hash[..12],
                entry.Changes.Count > 1 ? $"{entry.Changes[0]} (and {entry.Changes.Count - 1} more)" : entry.Changes.FirstOrDefault() ?? ""));
        terminal.Console().Write(table);
        return ExitCode.Success;
    }
}
