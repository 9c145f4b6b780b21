using System.Text.Json.Serialization;

namespace Router.Control;

[JsonConverter(typeof(JsonStringEnumConverter<ConfigurationState>))]
internal enum ConfigurationState
{
    /// <summary>It counts: a restart may use it, and a roll-back leads to it.</summary>
    Confirmed,

    /// <summary>On trial: without <c>confirm</c> it goes.</summary>
    Unconfirmed,

    /// <summary>It was on trial and not confirmed, or it was left by <c>rollback</c>: a restart does not use it.</summary>
    RolledBack,
}

/// <summary>One entry of the history: which configuration came into force, when, by whom and how.</summary>
internal sealed record AppliedConfiguration
{
    public const int MostChanges = 20;

    public required int Number { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>A user as the control socket's peer, <c>SIGHUP</c>, <c>start</c>, or <c>time-out</c>.</summary>
    public required string By { get; init; }

    /// <summary><c>start</c>, <c>reload</c> or <c>rollback</c>.</summary>
    public required string How { get; init; }

    /// <summary>SHA-256 of the file's bytes, in hexadecimal digits.</summary>
    public required string Hash { get; init; }

    public ConfigurationState State { get; init; }

    /// <summary>Until when it has to be confirmed; null: it need not be.</summary>
    public DateTimeOffset? ConfirmUntil { get; init; }

    /// <summary>What it changed, the first lines.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];
}
