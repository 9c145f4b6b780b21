using CsCheck;
using Router.Packets;
using Router.Sessions;
using Router.Wire;
using static Router.Packets.Direction;
using static Router.Sessions.ResetJudgement;
using static Router.Sessions.SessionState;
using static Router.Wire.TcpFlags;

namespace Tests.Sessions;

/// <summary>RFC 6146 section 3.5.2 and RFC 7857 section 2, as a table; RFC 5961 section 3.2, by numbers.</summary>
public sealed class TcpTrackerTest
{
    private const uint ClientStart = 0xFFFF_FFF0, ServerStart = 5000;

    private Session _session = NewSession(Opening);

    [Theory]
    [InlineData(Opening, Original, Syn, Opening)]
    [InlineData(Opening, Original, Ack, Opening)]
    [InlineData(Opening, Original, Syn | Ack, Opening)]
    [InlineData(Opening, Reply, Ack, Opening)]
    [InlineData(Opening, Reply, Syn | Ack, Answered)]
    [InlineData(Opening, Reply, Syn, Answered)]
    [InlineData(Opening, Reply, Rst | Ack, Opening)]
    [InlineData(OpeningByReply, Reply, Syn, OpeningByReply)]
    [InlineData(OpeningByReply, Reply, Ack, OpeningByReply)]
    [InlineData(OpeningByReply, Original, Syn | Ack, AnsweredByOriginal)]
    [InlineData(OpeningByReply, Original, Syn, AnsweredByOriginal)]
    [InlineData(Answered, Reply, Syn | Ack, Answered)]
    [InlineData(Answered, Original, Syn, Answered)]
    [InlineData(Answered, Original, Ack, Established)]
    [InlineData(Answered, Original, Syn | Ack, Established)]
    [InlineData(Answered, Original, Fin | Ack, ClosedByOriginal)]
    [InlineData(Answered, Original, Rst, Reset)]
    [InlineData(AnsweredByOriginal, Original, Ack, AnsweredByOriginal)]
    [InlineData(AnsweredByOriginal, Reply, Ack, Established)]
    [InlineData(AnsweredByOriginal, Reply, Fin | Ack, ClosedByReply)]
    [InlineData(Established, Original, Ack, Established)]
    [InlineData(Established, Original, Syn, Established)]
    [InlineData(Established, Original, Fin | Ack, ClosedByOriginal)]
    [InlineData(Established, Reply, Fin | Ack, ClosedByReply)]
    [InlineData(Established, Reply, Rst, Reset)]
    [InlineData(ClosedByOriginal, Original, Fin | Ack, ClosedByOriginal)]
    [InlineData(ClosedByOriginal, Reply, Ack, ClosedByOriginal)]
    [InlineData(ClosedByOriginal, Reply, Fin | Ack, Closed)]
    [InlineData(ClosedByOriginal, Reply, Rst, Closed)]
    [InlineData(ClosedByReply, Reply, Fin | Ack, ClosedByReply)]
    [InlineData(ClosedByReply, Original, Fin | Ack, Closed)]
    [InlineData(ClosedByReply, Original, Rst, Closed)]
    [InlineData(Closed, Original, Ack, Closed)]
    [InlineData(Closed, Original, Rst, Closed)]
    [InlineData(Closed, Original, Syn, Opening)]
    [InlineData(Closed, Reply, Syn, OpeningByReply)]
    [InlineData(Closed, Reply, Syn | Ack, Closed)]
    [InlineData(Reset, Original, Rst, Reset)]
    [InlineData(Reset, Original, Syn, Opening)]
    [InlineData(Reset, Reply, Syn, OpeningByReply)]
    [InlineData(Reset, Reply, Ack, Established)]
    internal void A_segment_moves_a_connection_to(SessionState from, Direction direction, TcpFlags flags, SessionState to) =>
        Assert.Equal(to, TcpTracker.Next(from, direction, flags));

    [Theory]
    [InlineData(Syn, true)]
    [InlineData(Syn | Ece | Cwr, true)]
    [InlineData(Syn | Psh, true)]
    [InlineData(Syn | Ack, false)]
    [InlineData(Syn | Fin, false)]
    [InlineData(Syn | Rst, false)]
    [InlineData(Ack, false)]
    [InlineData(None, false)]
    internal void Only_a_SYN_alone_opens(TcpFlags flags, bool opens) => Assert.Equal(opens, TcpTracker.Opens(flags));

    /// <summary>RFC 9293 section 3.10.7.3: whoever did not see the SYN cannot acknowledge it.</summary>
    [Fact]
    public void An_answer_that_does_not_acknowledge_the_SYN_opens_nothing()
    {
        Send(Original, Syn, ClientStart);
        Send(Reply, Syn | Ack, ServerStart, ClientStart);
        Assert.Equal(Opening, _session.State);
        Send(Reply, Syn | Ack, ServerStart, ClientStart + 2);
        Assert.Equal(Opening, _session.State);
        Send(Reply, Syn | Ack, ServerStart, ClientStart + 1);
        Assert.Equal(Answered, _session.State);
        Send(Original, Ack, ClientStart + 1, ServerStart);
        Send(Original, Ack, ClientStart + 1, ServerStart + 2);
        Assert.Equal(Answered, _session.State);
        Send(Original, Ack, ClientStart + 1, ServerStart + 1);
        Assert.Equal(Established, _session.State);
    }

    /// <summary>SYN cookies: a second answer begins elsewhere.</summary>
    [Fact]
    public void The_last_answer_counts()
    {
        Send(Original, Syn, ClientStart);
        Send(Reply, Syn | Ack, ServerStart, ClientStart + 1);
        Send(Reply, Syn | Ack, 777, ClientStart + 1);
        Send(Original, Ack, ClientStart + 1, 778);
        Assert.Equal(Established, _session.State);
    }

    /// <summary>RFC 7413: the SYN carries data, of which the answer takes some, all or nothing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(101)]
    public void A_SYN_with_data_is_answered(uint taken)
    {
        Send(Original, Syn, ClientStart, length: 100);
        Send(Reply, Syn | Ack, ServerStart, unchecked(ClientStart + taken));
        Assert.Equal(Answered, _session.State);
    }

    [Theory]
    [InlineData(0, Exact)]
    [InlineData(1, InWindow)]
    [InlineData(-1, NotOfConnection)]
    [InlineData(0x4000_0000, InWindow)]
    [InlineData(0x4000_0001, NotOfConnection)]
    [InlineData(int.MinValue, NotOfConnection)]
    internal void A_RST_is_held_against_what_its_receiver_acknowledged(int ahead, ResetJudgement judgement)
    {
        Establish();
        Send(Reply, Ack, ServerStart + 1, ClientStart + 1, length: 1000);
        Send(Original, Ack, ClientStart + 1, ServerStart + 1001);
        Assert.Equal(judgement, Judge(Reply, Rst, unchecked(ServerStart + 1001 + (uint)ahead)));
        Assert.Equal(ahead == 0 ? Exact : judgement, Judge(Original, Rst, unchecked(ClientStart + 1 + (uint)ahead)));
    }

    /// <summary>An end that gives up resets behind what it sent last, which the other may have taken without a word.</summary>
    [Fact]
    public void A_RST_right_behind_what_was_sent_is_exact()
    {
        Establish();
        Send(Reply, Ack, ServerStart + 1, ClientStart + 1, length: 1000);
        Assert.Equal(Exact, Judge(Reply, Rst, ServerStart + 1001));
    }

    /// <summary>A stranger sends a segment and then a RST behind it: the owner of the address that he writes to answers his segment, and the connection goes on.</summary>
    [Fact]
    public void A_stranger_cannot_make_the_number_that_he_resets_at()
    {
        Establish();
        Send(Reply, Ack, ServerStart + 500_000, ClientStart + 1, length: 10);
        Send(Original, Ack, ClientStart + 1, ServerStart + 1);
        Assert.Equal(InWindow, Judge(Reply, Rst, ServerStart + 500_010));

        Send(Reply, Ack, ServerStart + 600_000, ClientStart + 1, length: 10);
        Assert.Equal(Exact, Judge(Reply, Rst, ServerStart + 600_010));
        _session.State = TcpTracker.Next(_session.State, Reply, Rst);
        Send(Original, Ack, ClientStart + 1, ServerStart + 1);
        Assert.Equal(Established, _session.State);
    }

    /// <summary>Whoever acknowledges what was never sent does not move what the owner expects.</summary>
    [Fact]
    public void An_acknowledgement_of_nothing_does_not_count()
    {
        Establish();
        Send(Reply, Ack, ServerStart + 1, unchecked(ClientStart + 9000));
        Assert.Equal(Exact, Judge(Original, Rst, ClientStart + 1));
    }

    /// <summary>RFC 5961 section 3.2: in SYN-SENT a RST counts where it acknowledges the SYN. The caller's own may be about a half-open connection from before.</summary>
    [Fact]
    public void While_it_opens_a_RST_has_to_acknowledge_the_SYN()
    {
        Send(Original, Syn, ClientStart);
        Assert.Equal(Exact, Judge(Reply, Rst | Ack, 0, ClientStart + 1));
        Assert.Equal(NotOfConnection, Judge(Reply, Rst | Ack, 0, ClientStart + 2));
        Assert.Equal(NotOfConnection, Judge(Reply, Rst, ClientStart + 1, ClientStart + 1));
        Assert.Equal(InWindow, Judge(Original, Rst, 123_456_789));
    }

    [Fact]
    public void A_RST_with_the_number_of_the_FIN_ends_what_was_closed()
    {
        Establish();
        Assert.Equal(NotOfConnection, Judge(Reply, Rst, ServerStart));
        Send(Reply, Fin | Ack, ServerStart + 1, ClientStart + 1);
        Send(Original, Ack, ClientStart + 1, ServerStart + 2);
        Assert.Equal(Exact, Judge(Reply, Rst, ServerStart + 1));
        Assert.Equal(Exact, Judge(Reply, Rst, ServerStart + 2));
    }

    /// <summary>RFC 5961 section 4: a SYN in the middle of a connection is a stranger's or a restart's; the answer's RST then has the right number.</summary>
    [Fact]
    public void A_SYN_with_a_session_does_not_move_its_numbers()
    {
        Establish();
        Send(Original, Syn, 42);
        Assert.Equal(Established, _session.State);
        Assert.Equal(Exact, Judge(Original, Rst, ClientStart + 1));
    }

    [Fact]
    public void Opened_again_it_has_new_numbers()
    {
        Establish();
        Send(Original, Fin | Ack, ClientStart + 1, ServerStart + 1);
        Send(Reply, Fin | Ack, ServerStart + 1, ClientStart + 2);
        Assert.Equal(Closed, _session.State);
        Send(Reply, Syn, 70);
        Send(Original, Syn | Ack, 90, 71);
        Assert.Equal(AnsweredByOriginal, _session.State);
        Send(Reply, Ack, 71, 91);
        Assert.Equal(Established, _session.State);
        Assert.Equal((Exact, Exact), (Judge(Reply, Rst, 71), Judge(Original, Rst, 91)));
        Assert.Equal(NotOfConnection, Judge(Reply, Rst, ServerStart + 0x8000_0000));
    }

    /// <summary>Whatever the segments, lost and repeated: the RST that a receiver expects is never refused, and never one that it must discard is taken for its end.</summary>
    [Fact]
    public void It_agrees_with_a_receiver_that_sees_everything() =>
        Gen.Select(Gen.UInt, Gen.Int[1, 60_000], Gen.Bool).Array[1, 60].Sample(steps =>
        {
            _session = NewSession(Opening);
            Establish();
            uint sent = ServerStart + 1, expected = ServerStart + 1;
            foreach ((uint _, int length, bool isAcknowledged) in steps)
            {
                Send(Reply, Ack, sent, ClientStart + 1, (uint)length);
                sent += (uint)length;
                if (!isAcknowledged)
                    continue;
                expected = sent;
                Send(Original, Ack, ClientStart + 1, expected);
            }

            Assert.Equal(Exact, Judge(Reply, Rst, expected));
            Assert.Equal(Exact, Judge(Reply, Rst, sent));
            Assert.Equal(NotOfConnection, Judge(Reply, Rst, unchecked(expected - 1)));
            Assert.Equal(NotOfConnection, Judge(Reply, Rst, expected + TcpStream.LargestWindow + 1));
        }, iter: 1000, threads: 1);

    private static Session NewSession(SessionState state)
    {
        var session = new Session { State = state };
        var key = new FlowKey(IpAddress.FromIpv4(0xC0A8190A), 40000, IpAddress.FromIpv4(0xCB007119), 443, Ipv4Header.Tcp, zone: 0);
        session.SetKeys(key, key.Reversed);
        return session;
    }

    private void Establish()
    {
        Send(Original, Syn, ClientStart);
        Send(Reply, Syn | Ack, ServerStart, ClientStart + 1);
        Send(Original, Ack, ClientStart + 1, ServerStart + 1);
        Assert.Equal(Established, _session.State);
    }

    private void Send(Direction direction, TcpFlags flags, uint sequence, uint acknowledgment = 0, uint length = 0)
    {
        TcpSegment segment = TcpSegment.Of(flags, sequence, acknowledgment, length);
        if (!TcpTracker.IsCredible(_session, ref _session.Sequences, direction, segment))
            return;
        TcpTracker.Follow(ref _session, ref _session.Sequences, direction, segment);
        _session.State = TcpTracker.Next(_session.State, direction, flags);
        Assert.Equal(443, _session.Key(Original).DestinationPort);
    }

    private ResetJudgement Judge(Direction direction, TcpFlags flags, uint sequence, uint acknowledgment = 0) =>
        TcpTracker.Judge(_session, ref _session.Sequences, direction, TcpSegment.Of(flags, sequence, acknowledgment, 0));
}
