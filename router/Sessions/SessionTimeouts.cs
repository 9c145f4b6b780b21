namespace Router.Sessions;

/// <summary>How long a session lives after its last packet, by its state.</summary>
internal static class SessionTimeouts
{
    /// <summary>RFC 4787 REQ-5: five minutes by default.</summary>
    public static readonly TimeSpan Udp = TimeSpan.FromMinutes(5);

    /// <summary>RFC 5508 REQ-2: not under 60 s.</summary>
    public static readonly TimeSpan Icmp = TimeSpan.FromSeconds(60);

    public static readonly TimeSpan Other = TimeSpan.FromMinutes(10);

    /// <summary>RFC 5382 REQ-5: not under 2 hours 4 minutes.</summary>
    public static readonly TimeSpan Established = TimeSpan.FromMinutes(124);

    /// <summary>RFC 5382 REQ-5: not under 4 minutes.</summary>
    public static readonly TimeSpan Transitory = TimeSpan.FromMinutes(4);

    private static readonly uint[] Milliseconds = [.. Enum.GetValues<SessionState>().Select(state => (uint)Of(state).TotalMilliseconds)];

    public static uint MillisecondsOf(SessionState state) => Milliseconds[(int)state];

    private static TimeSpan Of(SessionState state) => state switch
    {
        SessionState.Free => TimeSpan.Zero,
        SessionState.Udp => Udp,
        SessionState.Icmp => Icmp,
        SessionState.Other => Other,
        SessionState.Established or SessionState.ClosedByOriginal or SessionState.ClosedByReply => Established,
        SessionState.Opening or SessionState.OpeningByReply or SessionState.Closed or SessionState.Reset => Transitory,
    };
}
