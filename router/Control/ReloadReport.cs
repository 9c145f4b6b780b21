namespace Router.Control;

/// <summary>What <c>reload</c> is asked for, beside the file that the router was started with.</summary>
internal sealed record ReloadRequest
{
    /// <summary>Goes back by itself after so long without <c>confirm</c>; null: at once confirmed.</summary>
    public int? ConfirmWithinSeconds { get; init; }

    /// <summary>Says what would happen, and does nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Who is behind <c>sudo</c>. Believed of root only.</summary>
    public string? SudoUser { get; init; }
}

/// <summary>What became of <c>reload</c>, <c>confirm</c> or <c>rollback</c>. Its JSON is a contract.</summary>
internal sealed record ReloadReport
{
    /// <summary>The most lines of <see cref="Changes"/>.</summary>
    public const int MostChanges = 200;

    /// <summary>Whether another configuration came into force, or was confirmed.</summary>
    public required bool Applied { get; init; }

    /// <summary>One line: what is in force now and why.</summary>
    public required string Message { get; init; }

    /// <summary>What the change means, a line each.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>How many open sessions were ended, since the new policy would not let them begin.</summary>
    public int SessionsEnded { get; init; }

    /// <summary>The first of them, as they were opened.</summary>
    public IReadOnlyList<string> EndedSessions { get; init; } = [];

    public DateTimeOffset? ConfirmUntil { get; init; }

    /// <summary>Everything that is wrong with the file.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Keys that only a restart changes.</summary>
    public IReadOnlyList<string> NeedsRestart { get; init; } = [];

    /// <summary>It could not be done; <see cref="Message"/> says why.</summary>
    public bool IsRefused { get; init; }

    /// <summary>It was applied, and ended these.</summary>
    public ReloadReport With(EndedSessions ended) => this with { Applied = true, SessionsEnded = ended.Count, EndedSessions = [.. ended.Examples.Select(tuple => $"{tuple}")] };

    public static ReloadReport Refused(string message) => new() { Applied = false, IsRefused = true, Message = message };
}

/// <summary>The configuration in force, beside the file. Part of <c>status</c>.</summary>
internal sealed record ConfigurationStatus
{
    /// <summary>The file that <c>reload</c> reads.</summary>
    public required string File { get; init; }

    /// <summary>How it came into force, when, and by whom.</summary>
    public required string How { get; init; }

    public required DateTimeOffset Since { get; init; }

    public required string By { get; init; }

    public required string Hash { get; init; }

    public DateTimeOffset? ConfirmUntil { get; init; }

    /// <summary>What <c>reload</c> would change: the difference between the file and what is in force. Empty: they mean the same.</summary>
    public IReadOnlyList<string> Differences { get; init; } = [];

    /// <summary>Why the file cannot be compared: null: it can.</summary>
    public string? FileProblem { get; init; }

    public required bool LastReloadSucceeded { get; init; }
}
