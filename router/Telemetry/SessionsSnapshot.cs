namespace Router.Telemetry;

/// <summary>
/// Sessions of the running router. It is collected bit by bit while frames go by, so it is no instant: a session that ended or began meanwhile is in it, or is not.
/// </summary>
internal sealed record SessionsSnapshot
{
    public required int Capacity { get; init; }

    /// <summary>Live sessions, whatever the filter.</summary>
    public required int Live { get; init; }

    /// <summary>How many the filter let through; the list may have fewer.</summary>
    public required int Matched { get; init; }

    public required IReadOnlyList<SessionSnapshot> Sessions { get; init; }
}

/// <summary>One session. It has addresses: it goes through the control socket alone.</summary>
internal sealed record SessionSnapshot
{
    /// <summary><c>tcp</c>, <c>udp</c>, <c>icmp</c>, or the protocol's number.</summary>
    public required string Protocol { get; init; }

    /// <summary><c>ipv4</c> or <c>ipv6</c>.</summary>
    public required string Family { get; init; }

    /// <summary>The spelling of <c>SessionState</c>: <c>Established</c>, <c>Udp</c>.</summary>
    public required string State { get; init; }

    /// <summary>As its first packet arrived.</summary>
    public required FlowSnapshot Flow { get; init; }

    /// <summary>As packets of that direction leave; null: nothing is translated.</summary>
    public required FlowSnapshot? Translated { get; init; }

    /// <summary>Whether it was opened from outside.</summary>
    public required bool IsFromOutside { get; init; }

    public required long IdleSeconds { get; init; }

    /// <summary>When its time is over, if no packet comes.</summary>
    public required long SecondsLeft { get; init; }
}

/// <summary>Ports are zero where the protocol has none; an echo's identifier is in the source port.</summary>
internal sealed record FlowSnapshot(string Source, int SourcePort, string Destination, int DestinationPort);

/// <summary>How many sessions were ended.</summary>
internal sealed record SessionsEnded(int Ended);
