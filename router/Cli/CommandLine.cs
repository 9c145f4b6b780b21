using System.CommandLine;
using System.CommandLine.Help;

namespace Router.Cli;

/// <summary>The verbs, and what becomes of a line that is none.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal)
    {
        var parsed = Root(terminal).Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is not (HelpAction or Examples.HelpWithExamples))
        {
            foreach (var error in parsed.Errors) terminal.WriteError(error.Message);
            terminal.WriteError($"see 'op25b-router {HelpPath(parsed)}--help'");
            return ExitCode.Usage;
        }

        var invocation = new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            // The host of `run` takes SIGTERM and SIGINT; the other verbs may end at once.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            terminal.WriteError($"unexpected: {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Failed;
        }
    }

    /// <summary>The verbs, to be read or run.</summary>
    internal static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("A userspace router with NAT, a stateful firewall and Outbound Port 25 Blocking.")
        {
            RunVerb.Create(terminal),
            CheckVerb.Create(terminal),
            ExplainVerb.Create(terminal),
            StatusVerb.Create(terminal),
            SessionsVerb.Create(terminal),
            AttemptsVerb.Create(terminal),
            DropsVerb.Create(terminal),
            ReportVerb.Create(terminal),
            CaptureVerb.Create(terminal),
            ReloadVerb.Create(terminal),
            ConfirmVerb.Create(terminal),
            RollbackVerb.Create(terminal),
            TapsVerb.Create(terminal),
            VersionVerb.Create(terminal),
        };
        Examples.ShowIn(root);
        return root;
    }

    private static string HelpPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "" : $"{parsed.CommandResult.Command.Name} ";
}
