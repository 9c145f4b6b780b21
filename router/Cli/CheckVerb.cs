using System.CommandLine;
using Router.Configuration;
using Router.Control;

namespace Router.Cli;

/// <summary><c>check</c>: everything that is wrong with a configuration, or what it says.</summary>
internal static class CheckVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("check", "Check a configuration without touching anything, and show its policy.");
        Examples.Of(verb)
            .Add("check --config router.jsonc", "every error at once, with its line and its mend; or the policy, proved probe by probe")
            .Add("check --config router.jsonc --json", "for a script: .valid, .errors, .proof.failed; the exit code is 2 where the file is wrong");
        var configuration = new ConfigurationOptions(verb);
        var json = JsonOption.AddTo(verb);
        verb.SetAction(parsed =>
        {
            var result = configuration.Load(parsed, terminal);
            IReadOnlyList<PolicyProbe> probes = result.Configuration is { } loaded ? PolicyProbes.Run(loaded, terminal.Time) : [];
            if (parsed.GetValue(json)) WriteJson(terminal, result, probes);
            else WriteText(terminal, configuration.File(parsed), result, probes);
            if (result.Configuration is null) return ExitCode.Usage;
            return probes.All(probe => probe.IsAsExpected) ? ExitCode.Success : ExitCode.Failed;
        });
        return verb;
    }

    private static void WriteJson(Terminal terminal, ConfigurationResult result, IReadOnlyList<PolicyProbe> probes) => terminal.WriteJson(new CheckReport(
        result.Configuration is not null, [.. result.Errors.Select(CheckFinding.Of)], [.. result.Warnings.Select(CheckFinding.Of)],
        new(probes.Count, [.. probes.Where(probe => !probe.IsAsExpected).Select(probe => probe.ToString())], [.. probes.Select(CheckProbe.Of)])), CliJson.Types.CheckReport);

    private static void WriteText(Terminal terminal, string file, ConfigurationResult result, IReadOnlyList<PolicyProbe> probes)
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
        WriteProof(terminal, probes);
    }

    private static void WriteProof(Terminal terminal, IReadOnlyList<PolicyProbe> probes)
    {
        PolicyProbe[] failed = [.. probes.Where(probe => !probe.IsAsExpected)];
        if (probes.Count > 0) terminal.Console().Write(ProbeTable.Of(probes));
        foreach (var probe in failed) terminal.WriteError($"the compiled policy is not what the configuration says: {probe}");
        terminal.Output.WriteLine(failed.Length == 0 && probes.Count > 0
            ? $"Proved with {Count(probes.Count, "probe")} to ports 25, 587 and 465, from every inside interface and group, in every phase: the policy is what the configuration says."
            : probes.Count == 0 ? "Nothing to prove: there is no phase, or no network outside that hosts could be in." : $"{Count(failed.Length, "probe")} of {probes.Count} failed.");
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}

/// <summary>The JSON of <c>check</c>.</summary>
internal sealed record CheckReport(bool Valid, IReadOnlyList<CheckFinding> Errors, IReadOnlyList<CheckFinding> Warnings, CheckProof Proof);

/// <summary>How many probes went through the compiled policy, those that did not fare as the configuration says, and all of them.</summary>
internal sealed record CheckProof(int Probes, IReadOnlyList<string> Failed, IReadOnlyList<CheckProbe> Table);

/// <summary>One probe. <see cref="Expected"/> and <see cref="Seen"/> are <c>passes</c>, <c>blocked</c>, <c>limited</c>, <c>no session</c>, <c>spoofed</c>, <c>not blocked</c>, or what else was seen.</summary>
internal sealed record CheckProbe(string Phase, string Interface, string Group, string Segment, string Source, string Destination, string Expected, string Seen)
{
    public static CheckProbe Of(PolicyProbe probe) =>
        new(probe.Phase, probe.Interface, probe.Group, probe.Segment, $"{probe.Source}", $"{probe.Destination}", probe.Expected, probe.Seen);
}

/// <summary><see cref="File"/> is the file, <c>environment NAME</c> or <c>--set KEY</c>; the latter two have no line.</summary>
internal sealed record CheckFinding(string File, int? Line, int? Column, string Path, string Message, string Mend)
{
    public static CheckFinding Of(ConfigurationError error) =>
        new(error.Place.Source, error.Place.Line, error.Place.Column, error.Path, error.Message, error.Mend);
}
