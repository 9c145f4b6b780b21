namespace Router.Telemetry;

/// <summary>What became of the mapping log's records.</summary>
internal sealed record MappingLogSnapshot
{
    /// <summary><c>Mappings</c> or <c>Sessions</c>.</summary>
    public required string Records { get; init; }

    /// <summary>Records written, or sent, by receiver: <c>file</c>, <c>ipfix</c>.</summary>
    public required IReadOnlyList<MappingLogCount> Kept { get; init; }

    /// <summary>Records lost, by where: <c>journal</c> before any receiver had them, <c>file</c>, <c>ipfix</c>.</summary>
    public required IReadOnlyList<MappingLogCount> Lost { get; init; }

    public required long PurgedFiles { get; init; }
}

internal sealed record MappingLogCount(string Receiver, long Records);
