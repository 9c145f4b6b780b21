using Router.Packets;
using Router.Wire;

namespace Router.Sessions;

/// <summary>
/// The TCP state machine of RFC 6146 section 3.5.2 and RFC 7857 section 2: pure functions of a state, a segment and what is known of the sequence numbers.
/// </summary>
internal static class TcpTracker
{
    /// <summary>The state after a segment of the direction that is believed.</summary>
    public static SessionState Next(SessionState state, Direction direction, TcpFlags flags)
    {
        if ((flags & TcpFlags.Rst) != 0)
            return AfterReset(state);
        bool isOriginal = direction == Direction.Original, isSyn = (flags & TcpFlags.Syn) != 0, isAck = (flags & TcpFlags.Ack) != 0, isFin = (flags & TcpFlags.Fin) != 0;
        return state switch
        {
            SessionState.Opening when !isOriginal && isSyn => SessionState.Answered,
            SessionState.OpeningByReply when isOriginal && isSyn => SessionState.AnsweredByOriginal,
            SessionState.Answered when isOriginal && isAck => isFin ? SessionState.ClosedByOriginal : SessionState.Established,
            SessionState.AnsweredByOriginal when !isOriginal && isAck => isFin ? SessionState.ClosedByReply : SessionState.Established,
            SessionState.Closed or SessionState.Reset when Opens(flags) => isOriginal ? SessionState.Opening : SessionState.OpeningByReply,
            SessionState.Reset => SessionState.Established,
            SessionState.Established when isFin => isOriginal ? SessionState.ClosedByOriginal : SessionState.ClosedByReply,
            SessionState.ClosedByOriginal when !isOriginal && isFin => SessionState.Closed,
            SessionState.ClosedByReply when isOriginal && isFin => SessionState.Closed,
            _ => state,
        };
    }

    /// <summary>A SYN that may begin a connection.</summary>
    public static bool Opens(TcpFlags flags) => (flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst | TcpFlags.Fin)) == TcpFlags.Syn;

    /// <summary>Before both SYNs are acknowledged.</summary>
    public static bool IsOpening(SessionState state) => state is SessionState.Opening or SessionState.OpeningByReply || IsAnswered(state);

    /// <summary>
    /// Whether an ACK that opens a connection acknowledges what the other end sent. One that does not is a stranger's, or an old one: its receiver answers with a
    /// RST (RFC 9293 section 3.10.7.3), and it moves nothing here. What is established is left to its ends.
    /// </summary>
    public static bool IsCredible(in Session session, ref TcpSequences sequences, Direction direction, in TcpSegment segment)
    {
        if (!IsOpening(session.State) || !segment.Acknowledges || direction == Opener(session.State) && !IsAnswered(session.State))
            return true;
        return Stream(ref sequences, direction == Direction.Original ? Direction.Reply : Direction.Original).CanBeAcknowledgedAt(segment.Acknowledgment);
    }

    /// <summary>
    /// RFC 5961 section 3.2, seen from the middle: a RST ends a connection whose receiver expects exactly its number. That is what the receiver acknowledged last,
    /// or the end of what was sent where no answer to it came by yet.
    /// </summary>
    public static ResetJudgement Judge(in Session session, ref TcpSequences sequences, Direction direction, in TcpSegment reset)
    {
        if (IsOpening(session.State) && !IsAnswered(session.State))
        {
            // Nothing is known of the numbers of the end that is called; RFC 5961: in SYN-SENT a RST counts where it acknowledges the SYN. The caller's own RST may
            // be about a connection that the other end still has from before.
            bool isCaller = direction == Opener(session.State);
            return isCaller ? ResetJudgement.InWindow : reset.Acknowledges && IsCredible(session, ref sequences, direction, reset) ? ResetJudgement.Exact : ResetJudgement.NotOfConnection;
        }

        ref TcpStream stream = ref Stream(ref sequences, direction);
        if (reset.Sequence == stream.Acknowledged || reset.Sequence == stream.End && (session.Traits & Unanswered(direction)) != 0)
            return ResetJudgement.Exact;
        // Some stacks reset with the number of the FIN that they sent before.
        if (reset.Sequence == stream.Acknowledged - 1 && HasClosed(session.State, direction))
            return ResetJudgement.Exact;
        return reset.Sequence - stream.Acknowledged <= TcpStream.LargestWindow ? ResetJudgement.InWindow : ResetJudgement.NotOfConnection;
    }

    /// <summary>Takes in the numbers of a segment other than a RST, as seen in the state before it.</summary>
    public static void Follow(ref Session session, ref TcpSequences sequences, Direction direction, in TcpSegment segment)
    {
        ref TcpStream stream = ref Stream(ref sequences, direction);
        if (segment.IsSyn && Begins(session.State, direction, segment.Flags))
            stream.Begin(segment);
        else
            stream.Send(segment);
        bool isOriginal = direction == Direction.Original;
        if (segment.Acknowledges)
            Stream(ref sequences, isOriginal ? Direction.Reply : Direction.Original).Acknowledge(segment.Acknowledgment);
        SessionTraits traits = session.Traits & ~Unanswered(isOriginal ? Direction.Reply : Direction.Original);
        session.Traits = segment.End != segment.Sequence ? traits | Unanswered(direction) : traits;
    }

    /// <summary>RFC 6146 moves from ESTABLISHED to TRANS. A connection that is half closed is not taken up again after a RST, and one that opens goes on waiting.</summary>
    private static SessionState AfterReset(SessionState state) => state switch
    {
        SessionState.Answered or SessionState.AnsweredByOriginal or SessionState.Established => SessionState.Reset,
        SessionState.ClosedByOriginal or SessionState.ClosedByReply => SessionState.Closed,
        _ => state,
    };

    /// <summary>Whether a SYN is believed about where its stream begins: not once the connection stands, when it is a stranger's or a restart's (RFC 5961 section 4).</summary>
    private static bool Begins(SessionState state, Direction direction, TcpFlags flags) => state switch
    {
        SessionState.Opening or SessionState.OpeningByReply => true,
        // The answer may come again with another number: SYN cookies.
        SessionState.Answered => direction == Direction.Reply,
        SessionState.AnsweredByOriginal => direction == Direction.Original,
        SessionState.Closed or SessionState.Reset => Opens(flags),
        _ => false,
    };

    private static bool HasClosed(SessionState state, Direction direction) =>
        state == SessionState.Closed || state == (direction == Direction.Original ? SessionState.ClosedByOriginal : SessionState.ClosedByReply);

    private static bool IsAnswered(SessionState state) => state is SessionState.Answered or SessionState.AnsweredByOriginal;

    private static Direction Opener(SessionState state) =>
        state is SessionState.Opening or SessionState.Answered ? Direction.Original : Direction.Reply;

    private static SessionTraits Unanswered(Direction direction) =>
        direction == Direction.Original ? SessionTraits.OriginalUnanswered : SessionTraits.ReplyUnanswered;

    private static ref TcpStream Stream(ref TcpSequences sequences, Direction direction) =>
        ref direction == Direction.Original ? ref sequences.Original : ref sequences.Reply;
}
