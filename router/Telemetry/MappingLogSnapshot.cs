namespace Router.Telemetry;

/// <summary>What became of the mapping log's records.</summary>
internal sealed record MappingLogSnapshot
{
    public const string Closed = "None";

    /// <summary><c>Mappings</c> or <c>Sessions</c>; <see cref="Closed"/>: there was a log, and a reload closed it.</summary>
    public required string Records { get; init; }

    /// <summary>Records written, or sent, by receiver: <c>file</c>, <c>ipfix</c>.</summary>
    public required IReadOnlyList<MappingLogCount> Kept { get; init; }

    /// <summary>Records lost, by where: <c>journal</c> before any receiver had them, <c>file</c>, <c>ipfix</c>.</summary>
    public required IReadOnlyList<MappingLogCount> Lost { get; init; }

    public required long PurgedFiles { get; init; }

    /// <summary>The same with the counts of one that ended before it.</summary>
    public MappingLogSnapshot With(MappingLogSnapshot? before) => before is null ? this : this with
    {
        Kept = Sums(before.Kept, Kept),
        Lost = Sums(before.Lost, Lost),
        PurgedFiles = before.PurgedFiles + PurgedFiles,
    };

    private static MappingLogCount[] Sums(IEnumerable<MappingLogCount> before, IEnumerable<MappingLogCount> after) =>
        [.. before.Concat(after).GroupBy(count => count.Receiver, StringComparer.Ordinal).Select(counts => new MappingLogCount(counts.Key, counts.Sum(count => count.Records)))];
}

internal sealed record MappingLogCount(string Receiver, long Records);
