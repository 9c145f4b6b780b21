using Microsoft.Extensions.Configuration;

namespace Router.Configuration;

/// <summary>What a layer says a value is. Only JSON knows; the environment and <c>--set</c> have plain texts for everything.</summary>
internal enum ValueKind
{
    Section,
    List,
    Text,
    Number,
    Flag,
    Null,
    Untyped,
}

/// <summary>One value of a layer, or a JSON container (<see cref="Value"/> is null then).</summary>
internal sealed record LayerEntry(string Path, ValueKind Kind, string? Value, Place Place);

/// <summary>
/// One source of configuration: key paths as Microsoft.Extensions.Configuration writes them (<c>Interfaces:0:Name</c>), each with its place.
/// Later layers win, key by key.
/// </summary>
internal sealed class ConfigurationLayer
{
    private const string EnvironmentPrefix = "OP25B_ROUTER__";

    private readonly Dictionary<string, LayerEntry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<LayerEntry> _inOrder = [];

    /// <summary>In the order in which they were written.</summary>
    public IReadOnlyList<LayerEntry> Entries => _inOrder;

    public void Add(LayerEntry entry)
    {
        if (_entries.TryGetValue(entry.Path, out var earlier)) _inOrder.Remove(earlier);
        _entries[entry.Path] = entry;
        _inOrder.Add(entry);
    }

    public LayerEntry? Find(string path) => _entries.GetValueOrDefault(path);

    /// <summary>The first value at or under a path.</summary>
    public LayerEntry? FindUnder(string path) => Find(path)
        ?? _inOrder.Find(entry => entry.Path.StartsWith($"{path}:", StringComparison.OrdinalIgnoreCase));

    public IEnumerable<KeyValuePair<string, string?>> Values =>
        _inOrder.Where(entry => entry.Value is not null).Select(entry => KeyValuePair.Create(entry.Path, entry.Value));

    /// <summary>The variables that begin with <c>OP25B_ROUTER__</c>; <c>__</c> parts the keys.</summary>
    public static ConfigurationLayer FromEnvironment(IReadOnlyDictionary<string, string> variables)
    {
        var layer = new ConfigurationLayer();
        foreach (var (name, value) in variables.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal)) continue;
            var path = name[EnvironmentPrefix.Length..].Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
            layer.Add(new(path, ValueKind.Untyped, value, new($"environment {name}")));
        }

        return layer;
    }

    /// <summary>The <c>--set Key:Path=Value</c> of the command line; the last one of a key wins.</summary>
    public static ConfigurationLayer FromSettings(IReadOnlyList<string> settings, Problems problems)
    {
        var layer = new ConfigurationLayer();
        foreach (var setting in settings)
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                var path = setting[..equals].Trim();
                layer.Add(new(path, ValueKind.Untyped, setting[(equals + 1)..], new($"--set {path}")));
                continue;
            }

            problems.Report(new("--set"), "", new($"'{setting}' sets nothing", "write it as --set Op25b:Phases:0:Mode=Monitor"));
        }

        return layer;
    }
}
