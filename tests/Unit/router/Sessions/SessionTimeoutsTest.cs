using Router.Sessions;
using static Router.Sessions.SessionState;

namespace Tests.Sessions;

public sealed class SessionTimeoutsTest
{
    /// <summary>RFC 4787 REQ-5, RFC 5508 REQ-2, RFC 5382 REQ-5.</summary>
    [Fact]
    public void No_state_lives_shorter_than_it_must_by_default()
    {
        uint[] milliseconds = new SessionTimeouts().Milliseconds();
        Assert.All(Enum.GetValues<SessionState>(), state => Assert.True(milliseconds[(int)state] >= state switch
        {
            Free => 0,
            Udp or DnsQuery => 300_000,
            DnsAnswered => 5_000,
            Icmp => 60_000,
            Established or Association or ClosedByOriginal or ClosedByReply => 7_440_000,
            Other or Opening or OpeningByReply or Answered or AnsweredByOriginal or Closed or Reset => 240_000,
        }));
    }

    [Fact]
    public void Opening_and_closing_have_timers_of_their_own()
    {
        uint[] milliseconds = new SessionTimeouts { TcpOpening = TimeSpan.FromSeconds(300), TcpClosing = TimeSpan.FromSeconds(400) }.Milliseconds();
        Assert.All([Opening, OpeningByReply, Answered, AnsweredByOriginal], state => Assert.Equal(300_000u, milliseconds[(int)state]));
        Assert.All([Closed, Reset], state => Assert.Equal(400_000u, milliseconds[(int)state]));
    }
}
