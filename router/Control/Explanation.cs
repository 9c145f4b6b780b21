using System.Net;
using Router.Wire;

namespace Router.Control;

/// <summary>A packet to ask about: <c>explain PROTOCOL SOURCE[:PORT] DESTINATION[:PORT] [--in INTERFACE] [--at TIME]</c>.</summary>
internal sealed record ExplainRequest
{
    public required ExplainProtocol Protocol { get; init; }

    /// <summary>Port 0 where the protocol has none.</summary>
    public required IPEndPoint Source { get; init; }

    public required IPEndPoint Destination { get; init; }

    /// <summary>The interface's name; null: the one whose prefixes hold the source, else the Wan.</summary>
    public string? In { get; init; }

    /// <summary>Of TCP; a SYN where nothing else is said.</summary>
    public TcpFlags Flags { get; init; } = TcpFlags.Syn;

    /// <summary>The policy clock; null: now.</summary>
    public DateTimeOffset? At { get; init; }
}

internal enum ExplainProtocol
{
    Tcp,
    Udp,
    Icmp,
}

/// <summary>What became of it. <see cref="Verdict"/> is <c>forwarded</c>, <c>delivered</c>, <c>held</c> or <c>dropped</c>; the fields that do not apply are null.</summary>
internal sealed record Explanation
{
    public required string Verdict { get; init; }

    /// <summary>The <c>DropReason</c> member.</summary>
    public string? Reason { get; init; }

    /// <summary>The stage of the journey that decided.</summary>
    public required string Stage { get; init; }

    /// <summary>Whose rule: the configuration's key path and name.</summary>
    public string? Rule { get; init; }

    public string? Session { get; init; }

    /// <summary>What the packet looks like when it leaves.</summary>
    public string? Rewrite { get; init; }

    /// <summary>The catalogue's text, for people.</summary>
    public required string Text { get; init; }

    /// <summary>What would pass instead, or what to change.</summary>
    public string? Mend { get; init; }
}

/// <summary>The request makes no sense; the message says why and what would.</summary>
internal sealed class ExplainException(string message) : Exception(message);
