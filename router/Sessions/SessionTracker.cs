using Router.Packets;

namespace Router.Sessions;

/// <summary>What a packet does to the session that it belongs to: it moves it on in its life, and refreshes it.</summary>
internal static class SessionTracker
{
    private const ushort DnsPort = 53;

    /// <summary>The state that a UDP session begins in.</summary>
    public static SessionState OpensUdp(in Packet packet) => packet.DestinationPort == DnsPort ? SessionState.DnsQuery : SessionState.Udp;

    /// <summary>The first packet of a session that was just opened.</summary>
    public static void Begin(in Packet packet, SessionTable sessions)
    {
        if (packet.IsTcp)
            TcpTracker.Follow(ref sessions[packet.Session], ref sessions.SequencesOf(packet.Session), Direction.Original, TcpSegment.Of(packet));
    }

    /// <summary>A later packet. A drop where it is a RST that no receiver would take.</summary>
    public static Verdict Follow(in Packet packet, SessionTable sessions, uint now)
    {
        ref Session session = ref sessions[packet.Session];
        if (packet.IsTcp)
            return FollowTcp(packet, ref session, sessions, now);
        sessions.Touch(packet.Session, NextWithoutConnection(session.State, packet.Direction), now);
        return Verdict.Continue;
    }

    private static Verdict FollowTcp(in Packet packet, ref Session session, SessionTable sessions, uint now)
    {
        TcpSegment segment = TcpSegment.Of(packet);
        ref TcpSequences sequences = ref sessions.SequencesOf(packet.Session);
        if (segment.IsReset)
        {
            ResetJudgement judgement = TcpTracker.Judge(session, ref sequences, packet.Direction, segment);
            if (judgement == ResetJudgement.NotOfConnection)
                return DropReason.TcpResetOutOfWindow;
            // RFC 5961 section 9: one that its receiver will challenge clears nothing here; nor does one that its receiver cannot read.
            if (judgement == ResetJudgement.InWindow || !TransportChecksum.IsValid(packet))
                return Verdict.Continue;
        }
        else
        {
            if (!TcpTracker.IsCredible(session, ref sequences, packet.Direction, segment))
                return Verdict.Continue;
            TcpTracker.Follow(ref session, ref sequences, packet.Direction, segment);
        }

        // RFC 7857 section 7.1: a RST moves a connection on, and does not refresh one that it moves no further.
        SessionState next = TcpTracker.Next(session.State, packet.Direction, segment.Flags);
        if (!segment.IsReset || next != session.State)
            sessions.Touch(packet.Session, next, now);
        return Verdict.Continue;
    }

    /// <summary>RFC 4787 REQ-5a: a well-known port may have a timer of its own. A query that waits for its answer keeps the long one.</summary>
    private static SessionState NextWithoutConnection(SessionState state, Direction direction) => state switch
    {
        SessionState.DnsQuery or SessionState.DnsAnswered => direction == Direction.Original ? SessionState.DnsQuery : SessionState.DnsAnswered,
        _ => state,
    };
}
