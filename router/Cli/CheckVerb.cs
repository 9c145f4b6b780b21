using System.CommandLine;
using Router.Configuration;

namespace Router.Cli;

/// <summary><c>check</c>: everything that is wrong with a configuration, or what it says.</summary>
internal static class CheckVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("check", "Check a configuration without touching anything, and show its policy.");
        var configuration = new ConfigurationOptions(verb);
        var json = JsonOption.AddTo(verb);
        verb.SetAction(parsed =>
        {
            var result = configuration.Load(parsed, terminal);
            if (parsed.GetValue(json)) WriteJson(terminal, result);
            else WriteText(terminal, configuration.File(parsed), result);
            return result.Configuration is null ? ExitCode.Usage : ExitCode.Success;
        });
        return verb;
    }

    private static void WriteJson(Terminal terminal, ConfigurationResult result) => terminal.WriteJson(new CheckReport(
        result.Configuration is not null, [.. result.Errors.Select(CheckFinding.Of)], [.. result.Warnings.Select(CheckFinding.Of)]));

    private static void WriteText(Terminal terminal, string file, ConfigurationResult result)
    {
        foreach (var error in result.Errors) terminal.Error.WriteLine(error);
        foreach (var warning in result.Warnings) terminal.Error.WriteLine($"warning: {warning}");
        if (result.Configuration is not { } configuration)
        {
            terminal.WriteError($"{file} has {Count(result.Errors.Count, "error")}");
            return;
        }

        terminal.Output.WriteLine($"{file} is valid{(result.Warnings.Count > 0 ? $", with {Count(result.Warnings.Count, "warning")}" : "")}.");
        ConfigurationSummary.Write(configuration, terminal);
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}

/// <summary>The JSON of <c>check</c>.</summary>
internal sealed record CheckReport(bool Valid, IReadOnlyList<CheckFinding> Errors, IReadOnlyList<CheckFinding> Warnings);

/// <summary><see cref="File"/> is the file, <c>environment NAME</c> or <c>--set KEY</c>; the latter two have no line.</summary>
internal sealed record CheckFinding(string File, int? Line, int? Column, string Path, string Message, string Mend)
{
    public static CheckFinding Of(ConfigurationError error) =>
        new(error.Place.Source, error.Place.Line, error.Place.Column, error.Path, error.Message, error.Mend);
}
