using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Telemetry;

/// <summary>The protocols that sessions are told apart by, as in the label of <c>router_sessions</c>.</summary>
internal enum SessionProtocol : byte
{
    Tcp,
    Udp,
    Icmp,
    Other,
}

/// <summary>Which sessions are meant. What is null does not matter; all that is not must hold.</summary>
internal sealed record SessionFilter
{
    public SessionProtocol? Protocol { get; init; }

    /// <summary>One of the session's addresses, translated ones too, lies in it.</summary>
    public IpPrefix? Address { get; init; }

    /// <summary>One of its ports, or its echo identifier.</summary>
    public ushort? Port { get; init; }

    public SessionState? State { get; init; }

    public bool? IsIpv6 { get; init; }

    public bool Matches(in Session session)
    {
        if (State is { } state && session.State != state || IsIpv6 is { } isIpv6 && session.IsIpv6 != isIpv6 || Protocol is { } protocol && ProtocolOf(session) != protocol)
            return false;
        if (Address is null && Port is null)
            return true;
        FlowKey original = session.Key(Direction.Original), reply = session.Key(Direction.Reply);
        return (Address is not { } prefix || Touches(original, prefix) || Touches(reply, prefix))
            && (Port is not { } port || original.SourcePort == port || original.DestinationPort == port || reply.SourcePort == port || reply.DestinationPort == port);
    }

    public static SessionProtocol ProtocolOf(in Session session) => session.Protocol switch
    {
        Ipv4Header.Tcp => SessionProtocol.Tcp,
        Ipv4Header.Udp => SessionProtocol.Udp,
        Ipv4Header.Icmp or Icmpv6.Protocol => SessionProtocol.Icmp,
        _ => SessionProtocol.Other,
    };

    private static bool Touches(in FlowKey key, IpPrefix prefix) => prefix.Contains(key.Source) || prefix.Contains(key.Destination);
}

/// <summary>What a list of sessions is sorted by.</summary>
internal enum SessionOrder : byte
{
    /// <summary>The last used first.</summary>
    Idle,

    /// <summary>The one whose time is over soonest first.</summary>
    Expires,
    Source,
    Destination,

    /// <summary>By destination port.</summary>
    Port,
}

/// <summary>A list of sessions that somebody asks for.</summary>
internal sealed record SessionQuery
{
    /// <summary>A longer list is nobody's to read, and the answer has a bound.</summary>
    public const int Most = 10_000;

    public SessionFilter Filter { get; init; } = new();

    public SessionOrder Order { get; init; }

    public bool IsReversed { get; init; }

    /// <summary>How many are listed: 1 to <see cref="Most"/>.</summary>
    public int Top { get; init; } = Most;
}
