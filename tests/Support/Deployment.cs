using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Support;

/// <summary>What <c>deploy/</c> has for Prometheus and Grafana, and every expression in it.</summary>
internal static partial class Deployment
{
    public const string Prometheus = "deploy/prometheus/prometheus.yml", Rules = "deploy/prometheus/op25b-router.rules.yml", RulesTest = "deploy/prometheus/op25b-router.test.yml",
        Grafana = "deploy/grafana/op25b-router.json";

    public static JsonNode Dashboard => JsonNode.Parse(File.ReadAllText(Repository.PathOf(Grafana)))!;

    /// <summary>Every panel but the rows.</summary>
    public static IEnumerable<JsonNode> Panels => Dashboard["panels"]!.AsArray().Where(panel => panel!["type"]!.GetValue<string>() != "row")!;

    /// <summary>Panel or annotation, and its expression.</summary>
    public static IEnumerable<(string Title, string Expression)> DashboardExpressions =>
        Panels.SelectMany(panel => panel["targets"]!.AsArray().Select(target => (Title: panel["title"]!.GetValue<string>(), target!["expr"]!.GetValue<string>())))
            .Concat(Dashboard["annotations"]!["list"]!.AsArray().Select(entry => (entry!["name"]!.GetValue<string>(), entry["expr"]!.GetValue<string>())));

    /// <summary>Alert, and its expression.</summary>
    public static IEnumerable<(string Alert, string Expression)> AlertExpressions =>
        Alert().Matches(File.ReadAllText(Repository.PathOf(Rules))).Select(match => (match.Groups["name"].Value, Spaces().Replace(match.Groups["expression"].Value.Trim(), " ")));

    /// <summary>The metrics that an expression names: what is left without strings, labels, functions and durations.</summary>
    public static IEnumerable<string> MetricsIn(string expression) =>
        Word().Matches(NoMetric().Replace(expression, " ")).Select(match => match.Value).Distinct(StringComparer.Ordinal);

    [GeneratedRegex(@"- alert: (?<name>\w+)\s+expr:(?: >-)?(?<expression>.*?)\n\s+(?:for|labels):", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Alert();

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|ignoring|group_left)\s*\([^)]*\)|\b\w+\s*(?=\()|\b(?:sum|min|max|and|or|unless|by|on)\b", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NoMetric();

    [GeneratedRegex(@"\b[a-zA-Z_][a-zA-Z0-9_]*\b", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
