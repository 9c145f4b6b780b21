using Router.Packets;
using Router.Sessions;
using Router.Wire;
using static Router.Packets.Direction;
using static Router.Sessions.SessionState;
using static Router.Wire.TcpFlags;

namespace Tests.Sessions;

/// <summary>RFC 6146 section 3.5.2 and RFC 7857 section 2, as a table.</summary>
public sealed class TcpTrackerTest
{
    [Theory]
    [InlineData(Opening, Original, Syn, Opening)]
    [InlineData(Opening, Original, Ack, Opening)]
    [InlineData(Opening, Original, Syn | Ack, Opening)]
    [InlineData(Opening, Reply, Ack, Opening)]
    [InlineData(Opening, Reply, Syn | Ack, Established)]
    [InlineData(Opening, Reply, Syn, Established)]
    [InlineData(Opening, Reply, Rst | Ack, Reset)]
    [InlineData(OpeningByReply, Reply, Syn, OpeningByReply)]
    [InlineData(OpeningByReply, Reply, Ack, OpeningByReply)]
    [InlineData(OpeningByReply, Original, Syn | Ack, Established)]
    [InlineData(OpeningByReply, Original, Syn, Established)]
    [InlineData(Established, Original, Ack, Established)]
    [InlineData(Established, Original, Syn, Established)]
    [InlineData(Established, Original, Fin | Ack, ClosedByOriginal)]
    [InlineData(Established, Reply, Fin | Ack, ClosedByReply)]
    [InlineData(Established, Reply, Rst, Reset)]
    [InlineData(ClosedByOriginal, Original, Fin | Ack, ClosedByOriginal)]
    [InlineData(ClosedByOriginal, Reply, Ack, ClosedByOriginal)]
    [InlineData(ClosedByOriginal, Reply, Fin | Ack, Closed)]
    [InlineData(ClosedByReply, Reply, Fin | Ack, ClosedByReply)]
    [InlineData(ClosedByReply, Original, Fin | Ack, Closed)]
    [InlineData(ClosedByReply, Original, Rst, Reset)]
    [InlineData(Closed, Original, Ack, Closed)]
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

    /// <summary>RFC 4787 REQ-5, RFC 5508 REQ-2, RFC 5382 REQ-5.</summary>
    [Fact]
    public void No_state_lives_shorter_than_it_must() =>
        Assert.All(Enum.GetValues<SessionState>(), state => Assert.True(SessionTimeouts.MillisecondsOf(state) >= state switch
        {
            Free => 0,
            Udp => 300_000,
            Icmp => 60_000,
            Established or ClosedByOriginal or ClosedByReply => 7_440_000,
            Other or Opening or OpeningByReply or Closed or Reset => 240_000,
        }));
}
