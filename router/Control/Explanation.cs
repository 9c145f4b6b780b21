using System.Net;
using System.Net.Sockets;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;

namespace Router.Control;

/// <summary>A packet to ask about: <c>explain PROTOCOL SOURCE[:PORT] DESTINATION[:PORT] [--in INTERFACE] [--at TIME]</c>.</summary>
internal sealed record ExplainRequest
{
    public ExplainProtocol Protocol { get; init; }

    /// <summary>Port 0 where the protocol has none.</summary>
    public IPEndPoint Source { get; init; } = new(IPAddress.Any, 0);

    public IPEndPoint Destination { get; init; } = new(IPAddress.Any, 0);

    /// <summary>An Ethernet frame as it arrived, in the place of all that; <see cref="In"/> says where.</summary>
    public byte[]? Frame { get; init; }

    /// <summary>The interface's name; null: the one whose prefixes hold the source, else the Wan.</summary>
    public string? In { get; init; }

    /// <summary>Of TCP; null: a SYN, or an ACK where the tuple has a session already.</summary>
    public TcpFlags? Flags { get; init; }

    /// <summary>The policy clock; null: now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The tuple of the packet that is built; an echo request has its identifier for a source port.</summary>
    public FlowKey Flow => new(IpAddress.From(Source.Address), Protocol == ExplainProtocol.Icmp ? ProbePacket.EchoIdentifier : (ushort)Source.Port,
        IpAddress.From(Destination.Address), (ushort)Destination.Port, ProtocolNumber, zone: 0);

    public byte ProtocolNumber => Protocol switch
    {
        ExplainProtocol.Tcp => Ipv4Header.Tcp,
        ExplainProtocol.Udp => Ipv4Header.Udp,
        ExplainProtocol.Icmp => Source.AddressFamily == AddressFamily.InterNetworkV6 ? Icmpv6.Protocol : Ipv4Header.Icmp,
    };
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

    /// <summary>Where the rule was written, as <c>router.jsonc:30</c>.</summary>
    public string? Place { get; init; }

    public string? Session { get; init; }

    /// <summary>What the packet looks like when it leaves.</summary>
    public string? Rewrite { get; init; }

    /// <summary>The catalogue's text, for people.</summary>
    public required string Text { get; init; }

    /// <summary>What would pass instead, or what to change.</summary>
    public string? Mend { get; init; }

    /// <summary>The packet that was judged.</summary>
    public string Packet { get; init; } = "";

    /// <summary>Whose state it was judged on: <c>running</c>, that of a router, or <c>empty</c>, a configuration's alone.</summary>
    public string Tables { get; init; } = "empty";

    /// <summary>The policy clock that it was judged at, and the phase that rules then.</summary>
    public DateTimeOffset At { get; init; }

    public string Phase { get; init; } = "none";

    /// <summary>The name that made an address an own mail server's, and until when.</summary>
    public OwnNameAddress? Name { get; init; }

    /// <summary>The stages that it went through, in the journey's order, the deciding one last.</summary>
    public IReadOnlyList<ExplainedStage> Stages { get; init; } = [];

    /// <summary>What would become of it when the next phase rules; null: there is none.</summary>
    public NextPhase? Next { get; init; }
}

/// <summary>What one stage made of the packet: <see cref="Verdict"/> is <c>passed</c>, or how the journey ended there.</summary>
internal sealed record ExplainedStage(string Stage, string Verdict, string Text, string? Rule = null, string? Place = null);

/// <summary>The same packet when another phase rules.</summary>
internal sealed record NextPhase(string Phase, DateTimeOffset From, string Mode, string Verdict, string? Reason, string Text);

/// <summary>The request makes no sense; the message says why and what would.</summary>
internal sealed class ExplainException(string message) : Exception(message);
