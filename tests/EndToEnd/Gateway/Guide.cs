using System.Text.RegularExpressions;
using Support;

namespace EndToEnd;

/// <summary>A step of a task: a command line with what it prints, or an edit of the configuration.</summary>
internal abstract record GuideStep;

/// <summary><paramref name="Expected"/>: its lines, where <c>[…]</c> stands for whatever is there, and alone on a line for any number of lines.</summary>
internal sealed record TypedCommand(string CommandLine, IReadOnlyList<string> Expected, bool Eventually) : GuideStep;

/// <summary>Lines of the configuration before and after.</summary>
internal sealed record FileEdit(string Before, string After) : GuideStep;

internal sealed record GuideTask(int Number, string Title, IReadOnlyList<GuideStep> Steps);

/// <summary>Reads the numbered tasks of a guide: <c>### N. Title</c>, with blocks of <c>console</c> (<c>console eventually</c>: it may take a moment) and of <c>diff</c>.</summary>
internal static partial class Guide
{
    const string Elision = "[…]";

    public static IReadOnlyList<GuideTask> Read(string document) => [.. Heading().Matches(File.ReadAllText(Repository.PathOf(document)))
        .Select(match => new GuideTask(int.Parse(match.Groups["number"].Value), match.Groups["title"].Value, [.. Blocks(match.Groups["text"].Value)]))];

    /// <summary>Whether the lines say what is expected; blanks count as one, and empty lines and rules of tables are left out.</summary>
    public static bool Matches(TypedCommand command, string output)
    {
        var pattern = string.Concat(command.Expected.Select(Plain).Where(line => line.Length > 0).Select(line =>
            line == Elision ? @"(?:[^\n]*\n)*?" : Regex.Escape(line).Replace(Regex.Escape(Elision), @"[^\n]*", StringComparison.Ordinal) + @"\n"));
        var lines = string.Concat(output.Split('\n').Select(Plain).Where(line => line.Length > 0).Select(line => line + "\n"));
        return Regex.IsMatch(lines, $@"\A{pattern}\z", RegexOptions.None, TimeSpan.FromSeconds(5));
    }

    static IEnumerable<GuideStep> Blocks(string text) => Block().Matches(text).SelectMany(match =>
    {
        var lines = match.Groups["body"].Value.TrimEnd('\n').Split('\n');
        return match.Groups["kind"].Value == "diff"
            ? [new FileEdit(Side(lines, '-'), Side(lines, '+'))]
            : Commands(lines, match.Groups["how"].Value == "eventually");
    });

    static string Side(string[] lines, char sign) => string.Concat(lines.Where(line => line[0] == sign || line[0] == ' ').Select(line => line[1..] + "\n"));

    static IEnumerable<GuideStep> Commands(string[] lines, bool eventually)
    {
        for (var i = 0; i < lines.Length;)
        {
            Assert.StartsWith("$ ", lines[i], StringComparison.Ordinal);
            var output = lines.Skip(i + 1).TakeWhile(line => !line.StartsWith("$ ", StringComparison.Ordinal)).ToArray();
            yield return new TypedCommand(lines[i][2..], output, eventually);
            i += output.Length + 1;
        }
    }

    static string Plain(string line) => Blanks().Replace(line.Replace("─", "", StringComparison.Ordinal), " ").Trim();

    [GeneratedRegex(@"^### (?<number>\d+)\. (?<title>.+)\n(?<text>(?:(?!^##).*\n)*)", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```(?<kind>console|diff)(?: (?<how>\w+))?\n(?<body>(?:(?!^```).*\n)*)^```", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Block();

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blanks();
}
