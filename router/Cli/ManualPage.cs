using System.CommandLine;
using System.CommandLine.Help;
using System.Text;

namespace Router.Cli;

/// <summary>The manual page, op25b-router(8), from what <c>--help</c> says: verbs, options and examples have one text.</summary>
internal static class ManualPage
{
    /// <summary>In the macros of man(7).</summary>
    public static string Write(RootCommand root)
    {
        var page = new StringBuilder();
        Line(page, ".\\\" Generated from the command line's own help; see CONTRIBUTING.md.");
        Line(page, ".TH OP25B\\-ROUTER 8");
        Section(page, "NAME", $"op25b-router - {char.ToLowerInvariant(root.Description![0])}{root.Description[1..].TrimEnd('.')}");
        Line(page, ".SH SYNOPSIS");
        Line(page, ".B op25b\\-router");
        Line(page, Escape("VERB [OPTION]..."));
        Line(page, ".SH VERBS");
        foreach (var verb in root.Subcommands) Verb(page, verb);
        Section(page, "EXIT STATUS", "0: success; of explain: the packet is forwarded, delivered or held. 1: failed. 2: wrong usage or configuration. 4: explain says that the packet is dropped.");
        Section(page, "FILES", $"{ConfigurationOptions.DefaultFile}: the configuration. {new Configuration.ControlConfiguration().Socket}: the control socket.");
        Section(page, "ENVIRONMENT", "OP25B_ROUTER__Section__Key: overrides a value of the configuration, as --set does.");
        return page.ToString();
    }

    private static void Verb(StringBuilder page, Command verb)
    {
        var arguments = string.Concat(verb.Arguments.Select(argument => $" {(argument.HelpName ?? argument.Name).ToUpperInvariant()}"));
        Line(page, $".SS {Escape(verb.Name + arguments)}");
        Line(page, Escape(verb.Description ?? ""));
        foreach (var argument in verb.Arguments) Tagged(page, (argument.HelpName ?? argument.Name).ToUpperInvariant(), argument.Description);
        foreach (var option in verb.Options.Where(option => option is not HelpOption && !option.Hidden))
            Tagged(page, option.HelpName is { } value ? $"{option.Name} {value}" : option.Name, option.Description);
        var examples = Examples.Of(verb).Lines;
        if (examples.Count == 0) return;
        Line(page, ".PP");
        Line(page, "Examples:");
        foreach (var (line, meaning) in examples) Tagged(page, $"op25b-router {line}", meaning);
    }

    private static void Section(StringBuilder page, string title, string text)
    {
        Line(page, $".SH {title}");
        Line(page, Escape(text));
    }

    private static void Tagged(StringBuilder page, string tag, string? text)
    {
        Line(page, ".TP");
        Line(page, $".B {Escape(tag)}");
        Line(page, Escape(text ?? ""));
    }

    private static void Line(StringBuilder page, string text) => page.Append(text).Append('\n');

    /// <summary>A hyphen that may be typed stays one, and no line is taken for a request.</summary>
    private static string Escape(string text)
    {
        var escaped = text.ReplaceLineEndings(" ").Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? $"\\&{escaped}" : escaped;
    }
}
