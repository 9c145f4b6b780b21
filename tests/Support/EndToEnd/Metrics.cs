using System.Globalization;
using System.Text.RegularExpressions;

namespace Support.EndToEnd;

/// <summary>One sample's name and labels, as in <c>router_dropped_frames_total{interface="lan",reason="NoRoute"}</c>, labels in alphabetical order.</summary>
internal readonly record struct Series(string Name, string Labels)
{
    public string? Label(string name) => Metrics.Labels(Labels).FirstOrDefault(label => label.Name == name).Value;

    public override string ToString() => Labels.Length == 0 ? Name : $"{Name}{{{Labels}}}";

    public static Series Of(string name, params (string Name, string Value)[] labels) =>
        new(name, string.Join(',', labels.OrderBy(label => label.Name, StringComparer.Ordinal).Select(label => $"{label.Name}=\"{label.Value}\"")));
}

/// <summary>One scrape of <c>/metrics</c>.</summary>
internal sealed partial class Metrics
{
    public string Text { get; }

    public IReadOnlyDictionary<Series, double> Values { get; }

    public Metrics(string text)
    {
        Text = text;
        Values = text.Split('\n').Select(line => Sample().Match(line)).Where(match => match.Success)
            .ToDictionary(match => Series.Of(match.Groups["name"].Value, Labels(match.Groups["labels"].Value)), match => double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));
    }

    public double this[Series series] => Values.GetValueOrDefault(series);

    public double this[string name, string @interface] => this[Series.Of(name, ("interface", @interface))];

    public IEnumerable<string> Interfaces => Values.Keys.Where(series => series.Name == "router_received_frames_total").Select(series => series.Label("interface")!);

    public double Dropped(string @interface) =>
        Values.Where(sample => sample.Key.Name == "router_dropped_frames_total" && sample.Key.Label("interface") == @interface).Sum(sample => sample.Value);

    /// <summary>Of all series of the name.</summary>
    public double Sum(string name) => Values.Where(sample => sample.Key.Name == name).Sum(sample => sample.Value);

    public double Held(string @interface) => this["router_held_frames", @interface];

    /// <summary>received = forwarded + delivered + held + dropped, per interface. Gives the interfaces where it does not hold, with the numbers.</summary>
    public IEnumerable<string> Imbalances() =>
        from name in Interfaces
        let received = this["router_received_frames_total", name]
        let forwarded = this["router_forwarded_frames_total", name]
        let delivered = this["router_delivered_frames_total", name]
        where received != forwarded + delivered + Held(name) + Dropped(name)
        select $"{name}: received {received} != forwarded {forwarded} + delivered {delivered} + held {Held(name)} + dropped {Dropped(name)}";

    internal static (string Name, string Value)[] Labels(string text) => [.. LabelPair().Matches(text).Select(match => (match.Groups["label"].Value, match.Groups["value"].Value))];

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();

    [GeneratedRegex("(?<label>[a-zA-Z_][a-zA-Z0-9_]*)=\"(?<value>(?:[^\"\\\\]|\\\\.)*)\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelPair();
}
