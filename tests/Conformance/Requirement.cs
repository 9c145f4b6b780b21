namespace Conformance;

/// <summary>
/// A row of docs/conformance.md. Without a reason its tests say that it is met; with one it is either not met, or not applicable to this router.
/// </summary>
internal sealed record Requirement(string Document, string Name, Level Level, string Text)
{
    /// <summary>Why the router does not meet it.</summary>
    public string? NotMet { get; init; }

    /// <summary>Why it does not concern this router.</summary>
    public string? NotApplicable { get; init; }
}
