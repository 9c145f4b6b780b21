using Router.Packets;
using Router.Sessions;
using Router.Wire;
using TapDev;

namespace Router.Local;

/// <summary>
/// Answers a blocked client in the name of the server that it tried: 554 and why, 221 to QUIT, 503 to everything else (RFC 5321 section 3.1). No byte reaches the
/// server: every segment was dropped before it came here.
/// <para>Theory of operation. A small TCP (RFC 9293) that says one thing at a time and hears nothing until that is acknowledged; so a record and no buffer is all
/// that it needs to say it again. A SYN is answered with a <see cref="SynCookie"/>, and gets a record, so that a lost answer is repeated, only where its host has few of
/// them; without one the client's acknowledgment makes the record. Also after a conversation the cookie tells a late FIN from a stranger's.</para>
/// </summary>
/// <param name="fraction">There is room for one of so many parts of the conversations.</param>
internal sealed class SmtpResponder(SmtpText text, KeyedHash hash, Random random, int ipv6PrefixLength, int fraction = 1)
{
    /// <summary>Milliseconds: RFC 6298's first retransmission time; how long a client may be silent, and how long it has to hang up.</summary>
    private const long RetransmissionTime = 1000, IdleTime = 60_000, ClosingTime = 15_000, SweepInterval = 250;

    private const int MostRetries = 3, MostCommands = 10;

    private readonly SmtpConnections _connections = new(hash, ipv6PrefixLength, fraction);
    private readonly SynCookie _cookie = new(random);
    private readonly ErrorLimiter _limiter = new();
    private readonly byte[] _text = new byte[SmtpText.Longest];
    private SmtpText _words = text;
    private long _sweptAt;

    /// <summary>Says something else from now on.</summary>
    public void Speak(SmtpText words) => _words = words;

    /// <summary>Conversations that have a record.</summary>
    public int Count => _connections.Count;

    /// <summary>Answers a segment that was dropped. False where it belongs to no conversation, and none begins with it: it is a closed port's to answer.</summary>
    public bool Answer(in Packet packet, long now)
    {
        if (!packet.IsTcp || packet.IsFragment || new EthernetHeader(packet.Bytes[VirtioHeader.Size..]).Source.IsGroup || !TransportChecksum.IsValid(packet)
            || !_limiter.Allows(packet.Source, now))
            return true;
        var client = FlowKey.Of(packet);
        var segment = TcpSegment.Of(packet);
        if (_connections.TryFind(client, out int number))
            return Follow(number, packet, segment, now);
        if (segment.IsReset)
            return true;
        if ((segment.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Fin)) == TcpFlags.Syn)
            return Begin(packet, client, segment, now);
        return segment.Acknowledges && !segment.IsSyn && Resume(packet, client, segment, now);
    }

    /// <summary>Lets the sender's conversation go, without a word.</summary>
    public void Forget(in Packet packet)
    {
        if (_connections.Count > 0 && _connections.TryFind(FlowKey.Of(packet), out int number))
            _connections.Remove(number);
    }

    /// <summary>What was lost is said again, and who is silent is given up. Every quarter of a second is enough.</summary>
    public void Sweep(long now)
    {
        if (_connections.Count == 0 || now - _sweptAt < SweepInterval)
            return;
        _sweptAt = now;
        for (int number = 0; number < _connections.Places; number++)
            if (_connections[number].Interface is not null)
                ActOn(number, now);
    }

    private bool Begin(in Packet packet, in FlowKey client, in TcpSegment syn, long now)
    {
        // What we say is one segment: a host that takes only smaller ones is answered like by a closed port.
        if (SegmentSize.Announced(packet.Transport[..packet.TransportHeaderLength]) < SmtpText.Longest)
            return false;
        uint initial = _cookie.Of(client, now), expected = syn.Sequence + 1;
        if (_connections.TryAdd(packet, client, SmtpState.Opening, out int number))
        {
            ref SmtpConnection connection = ref _connections[number];
            (connection.Unacknowledged, connection.Next, connection.Expected, connection.Pending) = (initial, initial + 1, expected, SmtpPending.Handshake);
            connection.DueAt = now + RetransmissionTime;
        }

        SmtpSegment.Send(packet.Ingress, new EthernetHeader(packet.Bytes[VirtioHeader.Size..]).Source, client, initial, expected, TcpFlags.Syn | TcpFlags.Ack, []);
        return true;
    }

    /// <summary>A segment without a record: the end of a handshake that we remember only by its cookie, or a conversation that is over.</summary>
    private bool Resume(in Packet packet, in FlowKey client, in TcpSegment segment, long now)
    {
        if (!_cookie.Recognizes(client, segment.Acknowledgment, now, out uint position))
            return false;
        if (position > 1)
        {
            // Our last acknowledgment was lost: a FIN is acknowledged again, as in TIME-WAIT. To anything else the port is closed.
            if ((segment.Flags & TcpFlags.Fin) != 0)
                SmtpSegment.Send(packet.Ingress, new EthernetHeader(packet.Bytes[VirtioHeader.Size..]).Source, client, segment.Acknowledgment, segment.End, TcpFlags.Ack, []);
            return (segment.Flags & TcpFlags.Fin) != 0 || segment.End == segment.Sequence;
        }

        if (!_connections.TryAdd(packet, client, SmtpState.Open, out int number))
            return false;
        ref SmtpConnection connection = ref _connections[number];
        connection.Unacknowledged = connection.Next = segment.Acknowledgment;
        connection.Expected = segment.Sequence;
        connection.Window = new TcpHeader(packet.Transport).Window;
        Say(ref connection, SmtpPending.Greeting, now);
        return true;
    }

    /// <summary>RFC 9293 section 3.10.7.4, in its order.</summary>
    private bool Follow(int number, in Packet packet, in TcpSegment segment, long now)
    {
        ref SmtpConnection connection = ref _connections[number];
        if (segment.IsReset)
            Reset(number, segment);
        else if (segment.IsSyn)
            Repeat(ref connection, isSaidBefore: connection.State == SmtpState.Opening && segment.Sequence + 1 == connection.Expected);
        else if (segment.Acknowledges)
            return Hear(number, packet, segment, now);
        return true;
    }

    /// <summary>RFC 5961 section 3.2: only an exact RST ends it; one in the window is challenged.</summary>
    private void Reset(int number, in TcpSegment segment)
    {
        ref SmtpConnection connection = ref _connections[number];
        if (segment.Sequence == connection.Expected)
            _connections.Remove(number);
        else if (segment.Sequence - connection.Expected < SmtpSegment.Window)
            Acknowledge(connection);
    }

    private bool Hear(int number, in Packet packet, in TcpSegment segment, long now)
    {
        ref SmtpConnection connection = ref _connections[number];
        connection.Window = new TcpHeader(packet.Transport).Window;
        bool isAcceptable = connection.TryAcknowledge(segment.Acknowledgment);
        if (connection.State == SmtpState.Opening)
        {
            // In SYN-RECEIVED an acknowledgment of anything but the SYN is answered with a RST.
            if (!isAcceptable || connection.IsWaiting)
                return false;
            if (!_connections.TryEstablish(number))
            {
                _connections.Remove(number);
                return false;
            }

            Say(ref connection, SmtpPending.Greeting, now);
            return true;
        }

        if (!isAcceptable)
            Acknowledge(connection);
        else if (connection is { HasClientClosed: true, IsWaiting: false })
            _connections.Remove(number);
        else
            Read(number, packet, segment, now);
        return true;
    }

    private void Read(int number, in Packet packet, in TcpSegment segment, long now)
    {
        ref SmtpConnection connection = ref _connections[number];
        uint length = segment.End - segment.Sequence, known = connection.Expected - segment.Sequence;
        if (length == 0 && known == 0)
            return;
        if (known >= length)
        {
            // It was heard before, and our answer was lost; or, where the difference is negative, something before it was lost.
            Repeat(ref connection, isSaidBefore: connection.IsWaiting && (int)known > 0);
            return;
        }

        // One thing at a time: the client sends it again.
        if (connection.IsWaiting)
            return;
        connection.Expected = segment.End;
        bool isFin = (segment.Flags & TcpFlags.Fin) != 0;
        if (connection.State == SmtpState.Closing)
        {
            Acknowledge(connection);
            if (isFin)
                _connections.Remove(number);
            return;
        }

        Span<byte> data = packet.Transport[packet.TransportHeaderLength..];
        ReadCommands(ref connection, data[Math.Min((int)known, data.Length)..]);
        if (isFin && !connection.SendsFin)
            connection.End = SmtpEnd.ClientClosed;
        connection.HasClientClosed = isFin;
        if (connection.Refused > 0 || connection.SendsFin)
            Say(ref connection, SmtpPending.Replies, now);
        else
            Acknowledge(connection);
    }

    private static void ReadCommands(ref SmtpConnection connection, ReadOnlySpan<byte> data)
    {
        connection.Refused = 0;
        foreach (byte octet in data)
        {
            if (!connection.Command.Take(octet))
                continue;
            bool isQuit = connection.Command.IsQuit;
            connection.Command = default;
            if (!isQuit)
            {
                connection.Refused++;
                connection.Commands++;
            }

            if (isQuit || connection.Commands == MostCommands)
            {
                connection.End = isQuit ? SmtpEnd.Quit : SmtpEnd.TooManyCommands;
                return;
            }
        }
    }

    private void ActOn(int number, long now)
    {
        ref SmtpConnection connection = ref _connections[number];
        if (connection.IsWaiting)
        {
            if (now < connection.DueAt)
                return;
            if (connection.Retries == MostRetries)
            {
                _connections.Remove(number);
                return;
            }

            connection.Retries++;
            connection.DueAt = now + (RetransmissionTime << connection.Retries);
            Transmit(connection);
        }
        else if (now >= connection.EndsAt)
        {
            if (connection.State == SmtpState.Closing)
            {
                _connections.Remove(number);
                return;
            }

            connection.Refused = 0;
            connection.End = SmtpEnd.TimedOut;
            Say(ref connection, SmtpPending.Replies, now);
        }
    }

    private void Say(ref SmtpConnection connection, SmtpPending pending, long now)
    {
        connection.Pending = pending;
        connection.Next = connection.Unacknowledged + (uint)Compose(connection) + (connection.SendsFin ? 1u : 0);
        connection.Retries = 0;
        connection.DueAt = now + RetransmissionTime;
        connection.EndsAt = now + (connection.SendsFin ? ClosingTime : IdleTime);
        if (connection.SendsFin)
            connection.State = SmtpState.Closing;
        Transmit(connection);
    }

    private void Repeat(ref SmtpConnection connection, bool isSaidBefore)
    {
        if (isSaidBefore)
            Transmit(connection);
        else
            Acknowledge(connection);
    }

    private void Transmit(in SmtpConnection connection)
    {
        int length = Compose(connection);

        // RFC 9293 section 3.8.6: not beyond the client's window. It is tried again as if it had been lost.
        if (length > connection.Window)
            return;
        TcpFlags flags = TcpFlags.Ack | (connection.Pending == SmtpPending.Handshake ? TcpFlags.Syn : TcpFlags.None)
            | (length > 0 ? TcpFlags.Psh : TcpFlags.None) | (connection.SendsFin ? TcpFlags.Fin : TcpFlags.None);
        SmtpSegment.Send(connection.Interface!, connection.Station, connection.Client, connection.Unacknowledged, connection.Expected, flags, _text.AsSpan(0, length));
    }

    private static void Acknowledge(in SmtpConnection connection) =>
        SmtpSegment.Send(connection.Interface!, connection.Station, connection.Client, connection.Next, connection.Expected, TcpFlags.Ack, []);

    /// <summary>Writes what is pending, and returns its length.</summary>
    private int Compose(in SmtpConnection connection) => connection.Pending switch
    {
        SmtpPending.Greeting => _words.WriteGreeting(_text, connection.Client),
        SmtpPending.Replies => SmtpText.WriteReplies(_text, connection.Refused, connection.End),
        _ => 0,
    };
}
