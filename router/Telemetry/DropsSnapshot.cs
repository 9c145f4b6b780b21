namespace Router.Telemetry;

/// <summary>What was dropped, where and why, most frames first. It has addresses: it goes through the control socket alone.</summary>
internal sealed record DropsSnapshot
{
    /// <summary>When it was taken, wall clock.</summary>
    public required DateTimeOffset Time { get; init; }

    public required IReadOnlyList<DropSnapshot> Drops { get; init; }
}

/// <summary>One reason on one interface, the one that the frames came in by.</summary>
internal sealed record DropSnapshot
{
    public required string Interface { get; init; }

    /// <summary>The spelling of <c>DropReason</c>.</summary>
    public required string Reason { get; init; }

    public required string Stage { get; init; }

    public required long Frames { get; init; }

    public required string Text { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Mend { get; init; }

    /// <summary>The last such frame; null where none is kept: of what the kernel did not take when it was written.</summary>
    public required DropSampleSnapshot? Last { get; init; }
}

/// <summary>One frame, as far as it was read before it was dropped.</summary>
internal sealed record DropSampleSnapshot
{
    /// <summary>Wall clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary><c>tcp</c>, <c>udp</c>, <c>icmp</c>, the protocol's number, or <c>arp</c>, <c>ipv4</c>, <c>ipv6</c>, <c>ethernet 0x88cc</c> where no protocol was read.</summary>
    public required string Protocol { get; init; }

    /// <summary>Null where no addresses were read.</summary>
    public required FlowSnapshot? Flow { get; init; }

    /// <summary>The Ethernet address that sent it.</summary>
    public required string Station { get; init; }
}
