using Router.Packets;
using Router.Wire;

namespace Router.Sessions;

/// <summary>The TCP state machine of RFC 6146 section 3.5.2, with RFC 7857 section 2's reopening: a pure function.</summary>
internal static class TcpTracker
{
    /// <summary>The state after a segment of the direction.</summary>
    public static SessionState Next(SessionState state, Direction direction, TcpFlags flags)
    {
        if ((flags & TcpFlags.Rst) != 0)
            return SessionState.Reset;
        bool opens = Opens(flags);
        return state switch
        {
            SessionState.Opening when direction == Direction.Reply && (flags & TcpFlags.Syn) != 0 => SessionState.Established,
            SessionState.OpeningByReply when direction == Direction.Original && (flags & TcpFlags.Syn) != 0 => SessionState.Established,
            SessionState.Closed or SessionState.Reset when opens => direction == Direction.Original ? SessionState.Opening : SessionState.OpeningByReply,
            SessionState.Reset => SessionState.Established,
            SessionState.Established when (flags & TcpFlags.Fin) != 0 => direction == Direction.Original ? SessionState.ClosedByOriginal : SessionState.ClosedByReply,
            SessionState.ClosedByOriginal when direction == Direction.Reply && (flags & TcpFlags.Fin) != 0 => SessionState.Closed,
            SessionState.ClosedByReply when direction == Direction.Original && (flags & TcpFlags.Fin) != 0 => SessionState.Closed,
            _ => state,
        };
    }

    /// <summary>A SYN that may begin a connection.</summary>
    public static bool Opens(TcpFlags flags) => (flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst | TcpFlags.Fin)) == TcpFlags.Syn;
}
