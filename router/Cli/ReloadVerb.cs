using System.CommandLine;
using System.Globalization;
using Router.Control;

namespace Router.Cli;

/// <summary><c>reload</c>: the router reads its file again, and takes it whole or not at all.</summary>
internal static class ReloadVerb
{
    private const int LongestTrial = 24 * 60 * 60;

    public static Command Create(Terminal terminal)
    {
        var verb = new Command("reload", "Make the running router read its configuration file again. It is taken whole or not at all; sessions go on, but for those that the new policy forbids.");
        Examples.Of(verb)
            .Add("reload --dry-run", "what would change, in words; nothing is touched")
            .Add("reload", "take it (SIGHUP does the same)")
            .Add("reload --confirm-within 5m", "take it, and go back in five minutes without 'op25b-router confirm'");
        var socket = new RouterSocket(verb);
        var within = new Option<string?>("--confirm-within") { Description = "Go back to the configuration before after so long without 'confirm': 30s, 5m, 1h.", HelpName = "TIME" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would change, and change nothing." };
        verb.Add(within);
        verb.Add(dryRun);
        var json = JsonOption.AddTo(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            int? seconds = null;
            if (parsed.GetValue(within) is { } text && (seconds = Seconds(text)) is null)
            {
                terminal.WriteError($"--confirm-within: '{text}' is not a time from 1s to 24h; write it as 30s, 5m or 1h");
                return ExitCode.Usage;
            }

            var request = ChangeReport.Request(terminal) with { ConfirmWithinSeconds = seconds, DryRun = parsed.GetValue(dryRun) };
            return await socket.AskAnywayAsync(parsed, terminal, client => client.ChangeAsync(ControlServer.ReloadPath, request, cancellation), report => ChangeReport.Show(report, terminal, parsed.GetValue(json)));
        });
        return verb;
    }

    /// <summary>The seconds of a text as <c>90</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>; null where it is none, or out of bounds.</summary>
    internal static int? Seconds(string text)
    {
        var unit = text.Length > 0 ? text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 } : 0;
        return long.TryParse(unit == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= LongestTrial && number * Math.Max(unit, 1) <= LongestTrial
            ? (int)number * Math.Max(unit, 1)
            : null;
    }
}
