using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace Router.Cli;

/// <summary>A verb's examples: one text for <c>--help</c> and for the manual page.</summary>
internal sealed class Examples
{
    private static readonly ConditionalWeakTable<Command, Examples> All = [];

    private readonly List<(string Line, string Meaning)> _lines = [];

    public IReadOnlyList<(string Line, string Meaning)> Lines => _lines;

    public static Examples Of(Command verb) => All.GetValue(verb, _ => new());

    /// <summary>A command line without the program's name, and what it is good for.</summary>
    public Examples Add(string line, string meaning)
    {
        _lines.Add((line, meaning));
        return this;
    }

    /// <summary>Has <c>--help</c> of every verb end with its examples.</summary>
    public static void ShowIn(RootCommand root)
    {
        foreach (var help in root.Options.OfType<HelpOption>())
            if (help.Action is HelpAction action)
                help.Action = new HelpWithExamples(action);
    }

    /// <summary>The framework's help, then the examples.</summary>
    internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            var examples = Of(parseResult.CommandResult.Command);
            if (examples.Lines.Count == 0) return code;
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var (line, meaning) in examples.Lines)
            {
                output.WriteLine($"  op25b-router {line}");
                output.WriteLine($"      {meaning}");
            }

            output.WriteLine();
            return code;
        }
    }
}
