using Microsoft.Extensions.Configuration;

namespace Router.Configuration;

/// <summary>A value with the key path that it was read from.</summary>
internal sealed record Located<T>(string Path, T Value);

/// <summary>The layers, merged by Microsoft.Extensions.Configuration, and where each value came from.</summary>
internal sealed class LayeredConfiguration
{
    private readonly Place _start;
    private readonly ConfigurationLayer[] _layers;
    private readonly IConfigurationRoot _merged;
    private readonly HashSet<string> _present = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, List<string>> _keys = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The file's layer first, the strongest one last.</summary>
    public LayeredConfiguration(string file, params ConfigurationLayer[] layers)
    {
        _start = new(file, 1, 1);
        _layers = layers;
        var builder = new ConfigurationBuilder();
        foreach (var layer in layers) builder.AddInMemoryCollection(layer.Values);
        _merged = builder.Build();
        foreach (var entry in layers.SelectMany(layer => layer.Entries)) AddPath(entry.Path);
        foreach (var keys in _keys.Values) keys.Sort(ConfigurationKeyComparer.Instance);
    }

    public IReadOnlyList<ConfigurationLayer> Layers => _layers;

    public bool Has(string path) => _present.Contains(path);

    public string? Value(string path) => _merged[path];

    /// <summary>The keys right under a path, indexes in their order. Empty containers of the file are among them.</summary>
    public IReadOnlyList<string> KeysUnder(string path) =>
        _keys.TryGetValue(path, out var keys) ? keys : [];

    /// <summary>Where the value in force was written; for what is missing, the section that lacks it.</summary>
    public Place PlaceOf(string path)
    {
        for (string? at = path; !string.IsNullOrEmpty(at); at = ConfigurationPath.GetParentPath(at))
        {
            if (_layers.LastOrDefault(layer => layer.Find(at) is not null)?.Find(at) is { } entry) return entry.Place;
            if (_layers.Select(layer => layer.FindUnder(at)).FirstOrDefault(found => found is not null) is { } under) return under.Place;
        }

        return _start;
    }

    private void AddPath(string path)
    {
        while (path.Length > 0 && _present.Add(path))
        {
            var parent = ConfigurationPath.GetParentPath(path) ?? "";
            if (!_keys.TryGetValue(parent, out var keys)) _keys[parent] = keys = [];
            keys.Add(ConfigurationPath.GetSectionKey(path));
            path = parent;
        }
    }
}
