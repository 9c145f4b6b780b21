using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Support;

namespace Unit.Deploy;

/// <summary>The dashboard has the shape of Grafana's dashboard model (schema version 38). Grafana itself is not here to ask.</summary>
public sealed partial class GrafanaTest
{
    private const int Columns = 24;

    private static readonly string[] Types = ["timeseries", "stat", "gauge", "table"];

    private static IEnumerable<JsonNode> All => Deployment.Dashboard["panels"]!.AsArray()!;

    [Fact]
    public void The_dashboard_can_be_imported()
    {
        var dashboard = Deployment.Dashboard;
        Assert.Equal(("op25b-router", "OP25B router", 38), (Text(dashboard, "uid"), Text(dashboard, "title"), dashboard["schemaVersion"]!.GetValue<int>()));
        // An id of its own would name a dashboard of the machine that it came from.
        Assert.Null(dashboard["id"]);
        foreach (var member in new[] { "tags", "links", "panels" }) Assert.IsType<JsonArray>(dashboard[member]);
        foreach (var member in new[] { "from", "to" }) Assert.StartsWith("now", Text(dashboard["time"]!, member), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_panel_says_what_it_shows_of_the_chosen_Prometheus()
    {
        Assert.Equal(All.Count(), All.Select(panel => panel["id"]!.GetValue<int>()).Distinct().Count());
        Assert.All(Deployment.Panels, panel =>
        {
            Assert.Contains(Text(panel, "type"), Types);
            Assert.NotEmpty(Text(panel, "title"));
            Assert.NotEmpty(Text(panel, "description"));
            Assert.NotEmpty(Text(panel["fieldConfig"]!["defaults"]!, "unit"));
            Assert.IsType<JsonArray>(panel["fieldConfig"]!["overrides"]);
            Assert.IsType<JsonObject>(panel["options"]);
            var targets = panel["targets"]!.AsArray();
            Assert.NotEmpty(targets);
            Assert.Equal(targets.Count, targets.Select(target => Text(target!, "refId")).Distinct(StringComparer.Ordinal).Count());
            Assert.All(targets.Select(target => target!["datasource"]!).Append(panel["datasource"]!), source => Assert.Equal(("prometheus", "${datasource}"), (Text(source, "type"), Text(source, "uid"))));
        });
    }

    [Fact]
    public void Panels_are_on_the_grid_and_none_covers_another()
    {
        var taken = new HashSet<(int X, int Y)>();
        Assert.All(All, panel =>
        {
            var (x, y, width, height) = (Number(panel, "x"), Number(panel, "y"), Number(panel, "w"), Number(panel, "h"));
            Assert.True(x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= Columns, Text(panel, "title"));
            for (var row = y; row < y + height; row++)
                for (var column = x; column < x + width; column++)
                    Assert.True(taken.Add((column, row)), $"{Text(panel, "title")} covers another");
        });
    }

    [Fact]
    public void Every_variable_that_is_used_is_declared()
    {
        HashSet<string> declared = [.. Deployment.Dashboard["templating"]!["list"]!.AsArray().Select(variable => Text(variable!, "name")), "__rate_interval", "__range"];
        var used = Variable().Matches(Deployment.Dashboard.ToJsonString()).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(declared.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_expression_is_about_the_chosen_router() =>
        Assert.All(Deployment.DashboardExpressions.Where(entry => entry.Title != "Alerts"), entry => Assert.Contains("job=~\"$job\",instance=~\"$instance\"", entry.Expression, StringComparison.Ordinal));

    private static string Text(JsonNode node, string member) => node[member]!.GetValue<string>();

    private static int Number(JsonNode panel, string member) => panel["gridPos"]![member]!.GetValue<int>();

    [GeneratedRegex(@"\$\{?(?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();
}
