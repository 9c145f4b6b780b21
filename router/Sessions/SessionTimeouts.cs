namespace Router.Sessions;

/// <summary>How long a session lives after its last packet, by its state. The defaults; the configuration knows the floors.</summary>
internal sealed record SessionTimeouts
{
    /// <summary>RFC 4787 REQ-5: not under two minutes, five by default.</summary>
    public TimeSpan Udp { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>RFC 4787 REQ-5a: a well-known port may have its own. Long enough for the second answer to a query that was sent twice.</summary>
    public TimeSpan UdpDns { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>RFC 5508 REQ-2: not under 60 s.</summary>
    public TimeSpan Icmp { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Protocols without ports: tunnels, which are silent for long.</summary>
    public TimeSpan Other { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>RFC 5382 REQ-5: not under 2 hours 4 minutes. Half-closed connections too (RFC 6146 section 3.5.2.2).</summary>
    public TimeSpan TcpEstablished { get; init; } = TimeSpan.FromMinutes(124);

    /// <summary>RFC 5382 REQ-5: not under 4 minutes; a timer of its own (RFC 7857 section 2.1).</summary>
    public TimeSpan TcpOpening { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>RFC 5382 REQ-5 and, after a RST, RFC 7857 section 2.2: not under 4 minutes.</summary>
    public TimeSpan TcpClosing { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>In the order of the states.</summary>
    public uint[] Milliseconds() => [.. Enum.GetValues<SessionState>().Select(state => (uint)Of(state).TotalMilliseconds)];

    private TimeSpan Of(SessionState state) => state switch
    {
        SessionState.Free => TimeSpan.Zero,
        SessionState.Udp or SessionState.DnsQuery => Udp,
        SessionState.DnsAnswered => UdpDns,
        SessionState.Icmp => Icmp,
        SessionState.Other => Other,
        SessionState.Established or SessionState.Association or SessionState.ClosedByOriginal or SessionState.ClosedByReply => TcpEstablished,
        SessionState.Opening or SessionState.OpeningByReply or SessionState.Answered or SessionState.AnsweredByOriginal => TcpOpening,
        SessionState.Closed or SessionState.Reset => TcpClosing,
    };
}
