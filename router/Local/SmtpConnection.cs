using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Local;

/// <summary>
/// Opening (our SYN is not acknowledged) -> Open (we said something, or listen) -> Closing (we sent our FIN) -> gone. RFC 9293 calls them SYN-RECEIVED,
/// ESTABLISHED, and FIN-WAIT or LAST-ACK.
/// </summary>
internal enum SmtpState : byte
{
    Opening,
    Open,
    Closing,
}

/// <summary>What was said and is not acknowledged yet: it can be said again from the record alone.</summary>
internal enum SmtpPending : byte
{
    Nothing,
    Handshake,
    Greeting,
    Replies,
}

/// <summary>One conversation: RFC 9293's send and receive variables, and as much of SMTP as there is.</summary>
internal struct SmtpConnection
{
    public FlowKey Client;

    /// <summary>Where the client is; null: the record is free.</summary>
    public Interface? Interface;
    public MacAddress Station;

    /// <summary>Of its host, in the budgets.</summary>
    public int Group;

    public SmtpState State;
    public SmtpPending Pending;
    public SmtpEnd End;

    /// <summary>SND.UNA, SND.NXT and RCV.NXT.</summary>
    public uint Unacknowledged, Next, Expected;

    /// <summary>The client's window. It is not scaled, since our SYN offers no scale (RFC 7323 section 2.2).</summary>
    public ushort Window;

    /// <summary>Commands in all, and those of them that the pending replies are for.</summary>
    public byte Commands, Refused;
    public byte Retries;

    public SmtpCommand Command;

    /// <summary>The client's FIN was heard: what is left is that ours is acknowledged.</summary>
    public bool HasClientClosed;

    /// <summary>When what is pending is said again, and when an idle client is given up.</summary>
    public long DueAt, EndsAt;

    public readonly bool IsWaiting => Unacknowledged != Next;

    public readonly bool SendsFin => End != SmtpEnd.None;

    /// <summary>Takes SEG.ACK. False where it acknowledges what was not sent, or what was acknowledged long ago.</summary>
    public bool TryAcknowledge(uint number)
    {
        uint acknowledged = number - Unacknowledged, outstanding = Next - Unacknowledged;
        if (acknowledged > outstanding)
            return false;

        // A part of a reply is as good as nothing of it; but of a reply with FIN, the FIN alone may be missing.
        if (acknowledged == outstanding || (SendsFin && acknowledged > 0 && acknowledged == outstanding - 1))
        {
            Unacknowledged = number;
            Pending = SmtpPending.Nothing;
            Retries = 0;
        }

        return true;
    }
}
