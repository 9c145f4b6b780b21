namespace Router.Configuration;

/// <summary>What a key may hold. The whole file's shape is <see cref="ConfigurationShape"/>; the published schema says the same, and a test compares them.</summary>
internal abstract record Shape
{
    /// <summary>With its article, as in "a list".</summary>
    public abstract string Noun { get; }
}

/// <summary>A JSON object with keys that are known.</summary>
internal sealed record SectionShape(string Name, IReadOnlyList<ShapeKey> Keys) : Shape
{
    public override string Noun => "a section";

    public ShapeKey? Find(string name) => Keys.FirstOrDefault(key => string.Equals(key.Name, name, StringComparison.Ordinal));

    public ShapeKey? FindIgnoringCase(string name) =>
        Keys.FirstOrDefault(key => string.Equals(key.Name, name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>One key of a section. <see cref="Default"/> is the text of its default where that is a plain value.</summary>
internal sealed record ShapeKey(string Name, Shape Shape)
{
    public bool Required { get; init; }

    public string? Default { get; init; }

    /// <summary>Why the key does nothing yet, and what to do instead: a warning where it is given.</summary>
    public Complaint? NotYet { get; init; }
}

/// <summary>A JSON array.</summary>
internal sealed record ListShape(Shape Item, int AtLeast = 0) : Shape
{
    public override string Noun => "a list";
}

/// <summary>A JSON object whose keys the user chooses.</summary>
internal sealed record MapShape(Shape Item) : Shape
{
    public override string Noun => "a section";
}

/// <summary>A value without keys of its own, that can be judged by its text alone.</summary>
internal abstract record LeafShape : Shape
{
    public abstract Complaint? Judge(string text);
}

/// <summary>A JSON string.</summary>
internal sealed record TextShape(Func<string, Complaint?> Syntax) : LeafShape
{
    public override string Noun => "a text";

    public override Complaint? Judge(string text) => Syntax(text);
}

/// <summary>A JSON string out of a few. <see cref="NotYet"/> are the contract's values that this version lacks.</summary>
internal sealed record ChoiceShape(string Kind, IReadOnlyList<string> Values) : LeafShape
{
    public IReadOnlyList<string> NotYet { get; init; } = [];

    public string NotYetMend { get; init; } = "";

    public override string Noun => "a text";

    public override Complaint? Judge(string text)
    {
        if (Values.Contains(text, StringComparer.Ordinal)) return null;
        if (NotYet.Contains(text, StringComparer.Ordinal)) return new($"'{text}' is not in this version", NotYetMend);
        return new($"'{text}' is not {Kind}", $"use {Wording.OneOf(Values)}");
    }
}

/// <summary>A JSON number without a fraction.</summary>
internal sealed record NumberShape(int Least, int Most) : LeafShape
{
    public bool PowerOfTwo { get; init; }

    /// <summary>Why it may not be less.</summary>
    public string? Floor { get; init; }

    public override string Noun => "a number";

    public override Complaint? Judge(string text)
    {
        var mend = $"use {(PowerOfTwo ? "a power of two" : "a whole number")} from {Least} to {Most}";
        if (!long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, provider: null, out var number))
            return new($"'{text}' is not a whole number", mend);
        if (number < Least && Floor is not null) return new($"{number} is under the floor of {Least} ({Floor})", mend);
        if (number < Least || number > Most) return new($"{number} is out of range", mend);
        return PowerOfTwo && !long.IsPow2(number) ? new($"{number} is not a power of two", mend) : null;
    }
}

/// <summary>A JSON true or false.</summary>
internal sealed record FlagShape : LeafShape
{
    public override string Noun => "true or false";

    public override Complaint? Judge(string text) =>
        bool.TryParse(text, out _) ? null : new($"'{text}' is neither true nor false", "use true or false");
}
