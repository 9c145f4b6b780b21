using System.CommandLine;
using Spectre.Console;

namespace Router.Cli;

/// <summary><c>--watch SECONDS</c>: a view that is shown again and again.</summary>
internal sealed class WatchOption
{
    private const int Longest = 3600;

    private readonly Option<int?> _seconds = new("--watch") { Description = "Show it again every so many seconds, until interrupted.", HelpName = "SECONDS" };

    public WatchOption(Command verb)
    {
        _seconds.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var seconds) && seconds is < 1 or > Longest) result.AddError($"--watch: use a number from 1 to {Longest}");
        });
        verb.Add(_seconds);
    }

    /// <summary>Shows it once, or until it fails or is interrupted. At a terminal each view takes the place of the last one, but for JSON.</summary>
    public async Task<int> ShowAsync(ParseResult parsed, Terminal terminal, bool asJson, Func<Task<int>> show, CancellationToken cancellation)
    {
        while (true)
        {
            var code = await show();
            if (code != ExitCode.Success || parsed.GetValue(_seconds) is not { } seconds) return code;
            await Task.Delay(TimeSpan.FromSeconds(seconds), terminal.Time, cancellation);
            if (terminal.IsInteractive && !asJson) terminal.Console().Clear();
        }
    }
}
