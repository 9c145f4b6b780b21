namespace Router.Telemetry;

/// <summary>How the forwarding loop fares. All but gauges only grow.</summary>
internal sealed record LoopSnapshot
{
    /// <summary>Why the back end is the one in use.</summary>
    public string? BackendReason { get; init; }

    /// <summary>The nice level of the loop's thread, from -20 (most of the processors) to 19.</summary>
    public int NiceLevel { get; init; }

    public required long Turns { get; init; }

    /// <summary>Turns that began so late after the one before that timers were late too.</summary>
    public required long LateTurns { get; init; }

    /// <summary>How far the sweep of sessions is behind the clock, seconds.</summary>
    public required long TimerLagSeconds { get; init; }

    /// <summary>Time of the loop's thread on a processor; null where the kernel does not tell.</summary>
    public double? RunningSeconds { get; init; }

    /// <summary>Time in which it had to wait for a processor.</summary>
    public double? WaitingSeconds { get; init; }
}

/// <summary>One table's live entries, and how many it has room for.</summary>
internal sealed record TableCount(string Table, int Entries, int Capacity);

/// <summary>Neighbours of an interface in one state of RFC 4861.</summary>
internal sealed record NeighborCount(string Interface, string State, int Count);

/// <summary>How many log lines of a kind were not written, because there were too many of them.</summary>
internal sealed record LogCount(string Kind, long Suppressed);
