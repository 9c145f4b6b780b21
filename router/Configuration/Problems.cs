namespace Router.Configuration;

/// <summary>
/// Collects errors and warnings, and knows which key paths are spoilt, so that one mistake is reported once: what depends on a spoilt value is
/// not judged.
/// </summary>
internal sealed class Problems
{
    private readonly List<ConfigurationError> _errors = [];
    private readonly List<ConfigurationError> _warnings = [];
    private readonly HashSet<string> _spoilt = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _excused = new(StringComparer.OrdinalIgnoreCase);

    public void Report(Place place, string path, Complaint complaint)
    {
        _errors.Add(new(place, path, complaint.Message, complaint.Mend));
        _spoilt.Add(path);
    }

    /// <summary>An error that leaves the value usable, and so judged: a key in the wrong case, a key that is there twice.</summary>
    public void ReportKey(Place place, string path, Complaint complaint) => _errors.Add(new(place, path, complaint.Message, complaint.Mend));

    public void Warn(Place place, string path, Complaint complaint) => _warnings.Add(new(place, path, complaint.Message, complaint.Mend));

    /// <summary>A key that is not missed, because a misspelt one already explains why it is not there.</summary>
    public void Excuse(string path) => _excused.Add(path);

    public bool IsExcused(string path) => _excused.Contains(path);

    /// <summary>The path, or a section or list that it is in, has an error.</summary>
    public bool IsSpoilt(string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf(':', end - 1))
            if (_spoilt.Contains(path[..end])) return true;
        return false;
    }

    /// <summary>Anything at or under the path has an error: what depends on it cannot be judged.</summary>
    public bool HasUnder(string path) => IsSpoilt(path)
        || _spoilt.Concat(_excused).Any(spoilt => spoilt.StartsWith(path, StringComparison.OrdinalIgnoreCase)
            && (spoilt.Length == path.Length || spoilt[path.Length] == ':'));

    public bool HasErrors => _errors.Count > 0;

    /// <summary>The file's errors in its order, then the environment's and the command line's as they came.</summary>
    public IReadOnlyList<ConfigurationError> Errors => InOrder(_errors);

    public IReadOnlyList<ConfigurationError> Warnings => InOrder(_warnings);

    private static ConfigurationError[] InOrder(List<ConfigurationError> all) =>
        [.. all.OrderBy(error => error.Place.Line ?? int.MaxValue).ThenBy(error => error.Place.Column ?? int.MaxValue)];
}
