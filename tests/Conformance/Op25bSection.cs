using System.Text;
using System.Text.RegularExpressions;
using Conformance.Catalogue;
using Support;

namespace Conformance;

/// <summary>The part of docs/conformance.md about the port-25 filter: each number of its requirements with the tests whose comment cites it, in every suite.</summary>
internal static partial class Op25bSection
{
    private static readonly string[] Suites = ["tests/Unit", "tests/Simulation", "tests/Conformance", "tests/EndToEnd"];

    /// <summary>The tests by the numbers that they cite.</summary>
    public static ILookup<string, (string Name, string Path)> Tests { get; } = (
        from suite in Suites
        from path in Repository.Sources(suite).Order(StringComparer.Ordinal)
        from match in Cited().Matches(File.ReadAllText(Repository.PathOf(path))).Cast<Match>()
        from number in Number().Matches(match.Groups["numbers"].Value).Select(number => number.Value).Distinct()
        select (number, test: (match.Groups["name"].Value.Replace('_', ' '), path))).ToLookup(entry => entry.number, entry => entry.test);

    public static void Write(StringBuilder text)
    {
        text.Append("## The port-25 filter\n\n| requirement | what | tests |\n|---|---|---|\n");
        foreach (Op25b.Row row in Op25b.Rows)
        {
            string links = string.Join("<br>", Tests[row.Number].Select(test => $"[{test.Name}](../{test.Path})"));
            text.Append($"| {row.Number} | {row.Text} | {links} |\n");
        }
    }

    /// <summary>A comment, and the method or the class of tests that it stands over.</summary>
    [GeneratedRegex(@"(?<numbers>(?:^ *///[^\n]*\n)+)(?:^ *\[[^\n]*\n)*^ *(?:public|internal) (?:(?:async )?(?:void|Task) (?<name>\w+)\(|sealed (?:partial )?class (?<name>\w+Test)\b)", RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Cited();

    [GeneratedRegex(@"\bF\d{1,2}\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
