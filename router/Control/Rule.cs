namespace Router.Control;

/// <summary>An entry of the configuration that decided: its key path, and what it says.</summary>
internal readonly record struct Rule(string Path, string Text)
{
    public override string ToString() => Path.Length == 0 ? Text : $"{Path} {Text}";
}
