namespace Router.Configuration;

/// <summary>Where a value was written: a file with line and column, or the environment variable or <c>--set</c> that it came by.</summary>
internal sealed record Place(string Source, int? Line = null, int? Column = null)
{
    public override string ToString() => Line is null ? Source : $"{Source}:{Line}:{Column}";
}

/// <summary>What is wrong with a value, and how to mend it.</summary>
internal sealed record Complaint(string Message, string Mend);

/// <summary>One error or warning: where, at which key path, what, and how to mend it.</summary>
internal sealed record ConfigurationError(Place Place, string Path, string Message, string Mend)
{
    public override string ToString() =>
        Path.Length == 0 ? $"{Place}  {Message}; {Mend}" : $"{Place}  {Path}  {Message}; {Mend}";
}

/// <summary>A configuration, or every reason why there is none.</summary>
internal sealed record ConfigurationResult(
    RouterConfiguration? Configuration, IReadOnlyList<ConfigurationError> Errors, IReadOnlyList<ConfigurationError> Warnings);
