using System.Reflection;
using System.Text;
using Conformance.Catalogue;
using Support;

namespace Conformance;

/// <summary>
/// docs/conformance.md is written by this test: <c>UPDATE_DOCS=1</c> in the environment writes it anew, without it the file is held against the catalogue and the
/// tests.
/// </summary>
public sealed class ConformanceDocumentTest
{
    private const string Document = "docs/conformance.md", Folder = "tests/Conformance";

    private static readonly ILookup<(string, string), MethodInfo> Tests = (
        from type in typeof(ConformanceDocumentTest).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        from requirement in method.GetCustomAttributes<RequirementAttribute>()
        orderby type.Name, method.MetadataToken
        select (Key: (requirement.Document, requirement.Name), method)).ToLookup(entry => entry.Key, entry => entry.method);

    [Fact]
    public void The_document_says_what_the_catalogue_and_the_tests_say()
    {
        string text = Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(Repository.PathOf(Document), text);
        Assert.True(text == File.ReadAllText(Repository.PathOf(Document)), $"{Document} is stale: run this suite once with UPDATE_DOCS=1.");
    }

    [Fact]
    public void Every_requirement_has_either_tests_or_one_reason() =>
        Assert.Empty(from row in Requirements.All
                     let claims = (Tests.Contains((row.Document, row.Name)) ? 1 : 0) + (row.NotMet is null ? 0 : 1) + (row.NotApplicable is null ? 0 : 1)
                     where claims != 1
                     select $"{row.Document} {row.Name}: {(claims == 0 ? "neither a test nor a reason" : "more than one of tests, NotMet and NotApplicable")}");

    [Fact]
    public void Every_test_names_a_requirement_of_the_catalogue_and_its_level()
    {
        var levels = Requirements.All.ToDictionary(row => (row.Document, row.Name), row => row.Level);
        Assert.Empty(from tests in Tests
                     from test in tests
                     from claim in test.GetCustomAttributes<RequirementAttribute>()
                     where !levels.TryGetValue((claim.Document, claim.Name), out Level level) || level != claim.Level
                     select $"{test.Name}: {claim.Document} {claim.Name} {claim.Level}");
    }

    [Fact]
    public void Every_scenario_names_a_requirement() =>
        Assert.Empty(from type in typeof(ConformanceDocumentTest).Assembly.GetTypes()
                     where type.IsSubclassOf(typeof(Scenario))
                     from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                     where method.GetCustomAttributes<FactAttribute>().Any() && !method.GetCustomAttributes<RequirementAttribute>().Any()
                     select $"{type.Name}.{method.Name}");

    [Fact]
    public void Every_test_is_in_the_file_that_the_document_links() =>
        Assert.All(Tests.SelectMany(tests => tests).Select(PathOf).Distinct(), path => Assert.True(File.Exists(Repository.PathOf(path)), path));

    /// <summary>Every number of the filter's requirements has a test here or between real machines that cites it.</summary>
    [Fact]
    public void Every_number_of_the_filter_s_requirements_is_tested() => Assert.All(Op25b.Rows, row =>
        Assert.Contains(Op25bSection.Tests[row.Number], test => test.Path.StartsWith("tests/Conformance/", StringComparison.Ordinal) || test.Path.StartsWith("tests/EndToEnd/", StringComparison.Ordinal)));

    private static string Write()
    {
        var text = new StringBuilder($"""
            # Conformance

            <!-- Generated from tests/Conformance: UPDATE_DOCS=1 tests/Conformance/bin/Release/net10.0/Conformance -class Conformance.ConformanceDocumentTest -->

            What the RFCs ask of a NAT and of a router of both families, and whether this one does it. Each test drives the real forwarding loop in virtual time and looks at the bytes
            that leave and at the counters that moved. *MUST NOT*, *SHOULD NOT*: what the row says never happens.

            | | met | not met | not applicable |
            |---|---|---|---|
            {Count("MUST, MUST NOT", row => row.Level is Level.Must or Level.MustNot)}
            {Count("the others", row => row.Level is not (Level.Must or Level.MustNot))}


            """);
        foreach (IGrouping<string, Requirement> document in Requirements.All.GroupBy(row => row.Document))
        {
            text.Append($"## {Requirements.TitleOf(document.Key)}\n\n| requirement | level | what | state | tests, or why |\n|---|---|---|---|---|\n");
            foreach (Requirement row in document)
                text.Append($"| {row.Name} | {Requirements.Say(row.Level)} | {row.Text} | {State(row)} | {row.NotMet ?? row.NotApplicable ?? Links(row)} |\n");
            text.Append('\n');
        }

        Op25bSection.Write(text);
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string Count(string title, Func<Requirement, bool> concerns)
    {
        Requirement[] rows = [.. Requirements.All.Where(concerns)];
        return $"| {title} | {rows.Count(row => State(row) == Met)} | {rows.Count(row => row.NotMet is not null)} | {rows.Count(row => row.NotApplicable is not null)} |";
    }

    private const string Met = "met";

    private static string State(Requirement row) => row.NotMet is not null ? "**not met**" : row.NotApplicable is not null ? "not applicable" : Met;

    private static string Links(Requirement row) => string.Join("<br>", Tests[(row.Document, row.Name)].Select(test =>
        $"[{test.Name.Replace('_', ' ')}](../{PathOf(test)})"));

    private static string PathOf(MethodInfo test) => $"{Folder}/{test.DeclaringType!.Name}.cs";
}
