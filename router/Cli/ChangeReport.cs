using Router.Control;

namespace Router.Cli;

/// <summary>What a change of the configuration came to, for people and for scripts.</summary>
internal static class ChangeReport
{
    /// <summary>A request that says who is behind <c>sudo</c>.</summary>
    public static ReloadRequest Request(Terminal terminal) => new() { SudoUser = terminal.Environment.GetValueOrDefault("SUDO_USER") };

    /// <summary>Gives the exit code: 2 where the file is wrong, 1 where it could not be done.</summary>
    public static int Show(ReloadReport report, Terminal terminal, bool asJson)
    {
        if (asJson) terminal.WriteJson(report, ControlJson.Types.ReloadReport);
        else Write(report, terminal);
        return report.Errors.Count > 0 ? ExitCode.Usage : report.IsRefused ? ExitCode.Failed : ExitCode.Success;
    }

    private static void Write(ReloadReport report, Terminal terminal)
    {
        foreach (var error in report.Errors) terminal.Error.WriteLine(error);
        foreach (var warning in report.Warnings) terminal.Error.WriteLine($"warning: {warning}");
        foreach (var change in report.Changes) terminal.Output.WriteLine(change);
        if (report.SessionsEnded > 0)
        {
            terminal.Output.WriteLine($"{report.SessionsEnded} open {(report.SessionsEnded == 1 ? "session was" : "sessions were")} ended:");
            foreach (var session in report.EndedSessions) terminal.Output.WriteLine($"  {session}");
            if (report.SessionsEnded > report.EndedSessions.Count) terminal.Output.WriteLine($"  and {report.SessionsEnded - report.EndedSessions.Count} more");
        }

        if (report.IsRefused) terminal.WriteError(report.Message);
        else terminal.Output.WriteLine(report.Message);
    }
}
