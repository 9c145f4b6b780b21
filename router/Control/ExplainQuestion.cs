namespace Router.Control;

/// <summary>
/// A question as it crosses the control socket: a flow, written as on the command line, or a frame as it arrived (Ethernet, in base64) with the interface that it came in by.
/// </summary>
internal sealed record ExplainQuestion
{
    /// <summary><c>tcp</c>, <c>udp</c> or <c>icmp</c>.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>192.168.25.10:40000</c>, <c>[2001:db8::10]:40000</c>; no port for icmp.</summary>
    public string? Source { get; init; }

    public string? Destination { get; init; }

    /// <summary>The interface that it comes in by; null: the one whose prefixes hold the source. A frame needs it.</summary>
    public string? In { get; init; }

    /// <summary>The time to judge at; null: the policy's own.</summary>
    public string? At { get; init; }

    public byte[]? Frame { get; init; }
}
