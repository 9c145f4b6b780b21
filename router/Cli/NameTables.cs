using Router.Control;
using Spectre.Console;

namespace Router.Cli;

/// <summary>Of the status: own mail servers by name, what DNS answers came to, and tunnels.</summary>
internal static class NameTables
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ssK";

    public static void Write(StatusReport status, IAnsiConsole console)
    {
        if (status.OwnNames.Addresses.Count > 0) console.Write(Addresses(status));
        if (status.OwnNames.Resolved.Count > 0) console.Write(Resolved(status));
        if (status.OwnNames.Answers.Any(answer => answer.Count > 0)) console.Write(Answers(status));
        if (status.Tunnels.Any(tunnel => tunnel.Frames > 0)) console.Write(Tunnels(status));
    }

    private static Table Addresses(StatusReport status)
    {
        var table = Plain.Table("Own mail server", "Address", "By", "Known", "");
        foreach (var entry in status.OwnNames.Addresses)
            table.AddRow(Plain.Cells(entry.Name, entry.Address, entry.Host, entry.Origin, entry.SecondsLeft is { } left ? $"for {left} s" : ""));
        return table;
    }

    private static Table Resolved(StatusReport status)
    {
        var table = Plain.Table("Name", "Last answer", "Failing");
        foreach (var name in status.OwnNames.Resolved)
            table.AddRow(Plain.Cells(name.Name, name.LastAnswer?.ToString(Time) ?? "never", name.Failure ?? "no"));
        return table;
    }

    private static Table Answers(StatusReport status)
    {
        var table = Plain.Table("DNS answers", "Count");
        table.Columns[1].Alignment = Justify.Right;
        foreach (var answer in status.OwnNames.Answers) table.AddRow(Plain.Cells(answer.Outcome, $"{answer.Count}"));
        return table;
    }

    private static Table Tunnels(StatusReport status)
    {
        var table = Plain.Table("Tunnel", "Frames");
        table.Columns[1].Alignment = Justify.Right;
        foreach (var tunnel in status.Tunnels) table.AddRow(Plain.Cells(tunnel.Kind, $"{tunnel.Frames}"));
        return table;
    }
}
