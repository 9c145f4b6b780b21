namespace Router.Control;

/// <summary>One operation of the control API as its document describes it. <see cref="Verb"/>: the one of the command line that uses it; null: none does.</summary>
internal sealed record ControlOperation(string Method, string Path, string Summary, string? Verb = null)
{
    public IReadOnlyList<ControlParameter> Parameters { get; init; } = [];

    /// <summary>The body of the request; null: it has none.</summary>
    public Type? Request { get; init; }

    public bool IsRequestRequired { get; init; }

    /// <summary>The JSON of the answer; null: <see cref="AnswerMedia"/> says what it is, or there is none.</summary>
    public Type? Answer { get; init; }

    public string AnswerMedia { get; init; } = "application/json";

    public int Status { get; init; } = 200;

    /// <summary>Headers of the answer, and what they say.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Other statuses than success, and why; their answer is a line of text, or that of a success where <see cref="IsRefusalAnAnswer"/>.</summary>
    public IReadOnlyDictionary<int, string> Refusals { get; init; } = new Dictionary<int, string>();

    /// <summary>What is refused with 409 is an answer like another.</summary>
    public bool IsRefusalAnAnswer { get; init; }
}

/// <summary>A parameter, in <c>query</c> or <c>path</c>. <see cref="Values"/>: the only ones there are.</summary>
internal sealed record ControlParameter(string Name, string In, string Description, string Type = "string")
{
    public IReadOnlyList<string>? Values { get; init; }
}
