using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Router.Configuration;

/// <summary>Reports the keys of one layer that the shape does not have, and JSON values of another kind than the shape's.</summary>
internal sealed class KeyCheck(Problems problems)
{
    /// <summary>Keys that people look for, and why they are not there.</summary>
    private static readonly Dictionary<string, string> Hints = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Op25b:Port"] = "take it out: the blocked port is 25 and cannot be changed; 587 and 465 stay open (RFC 5068)",
        ["Op25b:Ports"] = "take it out: the blocked port is 25 and cannot be changed; 587 and 465 stay open (RFC 5068)",
    };

    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);

    public void Check(ConfigurationLayer layer)
    {
        foreach (var entry in layer.Entries) Check(entry);
    }

    private void Check(LayerEntry entry)
    {
        if (entry.Path.Length > 0 && problems.IsSpoilt(entry.Path)) return;
        Shape shape = ConfigurationShape.Root;
        var path = "";
        foreach (var key in entry.Path.Length == 0 ? [] : entry.Path.Split(':'))
        {
            var under = path.Length == 0 ? key : ConfigurationPath.Combine(path, key);
            if (Step(shape, key, path, under, entry.Place) is not { } next) return;
            (shape, path) = (next, under);
        }

        if (KindComplaint(shape, entry) is { } complaint) problems.Report(entry.Place, entry.Path, complaint);
    }

    /// <summary>The shape under a key; null where there is none, which is reported.</summary>
    private Shape? Step(Shape shape, string key, string path, string under, Place place)
    {
        switch (shape)
        {
            case SectionShape section:
                if (section.Find(key) is { } known) return known.Shape;
                if (section.FindIgnoringCase(key) is not { } similar)
                {
                    Report(place, under, Unknown(section, key, path, under));
                    return null;
                }

                if (_reported.Add(under)) problems.ReportKey(place, under, new($"the key differs from '{similar.Name}' in case", $"write {similar.Name}"));
                return similar.Shape;
            case ListShape list:
                if (int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && string.Equals($"{index}", key, StringComparison.Ordinal)) return list.Item;
                Report(place, under, new($"'{key}' is not an index of a list", $"count the items from 0, as in {ConfigurationPath.Combine(path, "0")}"));
                return null;
            case MapShape map when key.Length > 0:
                return map.Item;
            default:
                Report(place, under, new($"'{key}' is not a key: {path} is {shape.Noun}", $"set {path} itself"));
                return null;
        }
    }

    private void Report(Place place, string path, Complaint complaint)
    {
        if (_reported.Add(path)) problems.Report(place, path, complaint);
    }

    private Complaint Unknown(SectionShape section, string key, string path, string under)
    {
        var message = $"'{key}' is not a key of {section.Name}";
        if (Hints.TryGetValue(under, out var hint)) return new(message, hint);
        if (Wording.Nearest(key, section.Keys.Select(known => known.Name)) is { } near)
        {
            // "Missing" would say the same mistake again.
            problems.Excuse(path.Length == 0 ? near : ConfigurationPath.Combine(path, near));
            return new(message, $"did you mean {near}?");
        }

        if (Elsewhere(ConfigurationShape.Root, key, "") is { } elsewhere) return new(message, $"did you mean {elsewhere}?");
        var names = section.Keys.Select(known => known.Name).Where(name => name[0] != '$').ToArray();
        return new($"{message} in this version", $"its keys are {string.Join(", ", names)}");
    }

    /// <summary>The key path of the same key in another section.</summary>
    private static string? Elsewhere(Shape shape, string key, string path) => shape switch
    {
        SectionShape section => section.Keys
            .Select(known => (known, under: path.Length == 0 ? known.Name : ConfigurationPath.Combine(path, known.Name)))
            .Select(pair => string.Equals(pair.known.Name, key, StringComparison.OrdinalIgnoreCase) ? pair.under : Elsewhere(pair.known.Shape, key, pair.under))
            .FirstOrDefault(found => found is not null),
        ListShape list => Elsewhere(list.Item, key, ConfigurationPath.Combine(path, "0")),
        _ => null,
    };

    private static Complaint? KindComplaint(Shape shape, LayerEntry entry)
    {
        if (entry.Kind == ValueKind.Null) return new("is null", "give it a value, or leave the key out");
        if (entry.Kind == ValueKind.Untyped) return shape is LeafShape ? null : new($"is {shape.Noun}, not a value", $"set what is in it, as in {Inner(shape, entry.Path)}");
        var wanted = shape switch
        {
            SectionShape or MapShape => ValueKind.Section,
            ListShape => ValueKind.List,
            NumberShape => ValueKind.Number,
            FlagShape => ValueKind.Flag,
            _ => ValueKind.Text,
        };
        return entry.Kind == wanted ? null : new($"is {Noun(entry.Kind)}, not {shape.Noun}", Mend(shape));
    }

    private static string Inner(Shape shape, string path) => shape switch
    {
        SectionShape section when path.Length > 0 => ConfigurationPath.Combine(path, section.Keys[0].Name),
        ListShape => ConfigurationPath.Combine(path, "0"),
        _ => ConfigurationPath.Combine(path, "NAME"),
    };

    private static string Noun(ValueKind kind) => kind switch
    {
        ValueKind.Section => "a section",
        ValueKind.List => "a list",
        ValueKind.Text => "a text",
        ValueKind.Number => "a number",
        _ => "true or false",
    };

    private static string Mend(Shape shape) => shape switch
    {
        SectionShape or MapShape => "write it as { ... }",
        ListShape => "put it in [ ... ]",
        NumberShape => "write the number without quotes",
        FlagShape => "write true or false without quotes",
        _ => "put it in quotes",
    };
}
