using Router.Configuration;
using Router.Sessions;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>The life of a TCP connection through NAT44, on the wire: which segments pass, and when it is forgotten.</summary>
public sealed class TcpConnectionsTest : IDisposable
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Outside = "203.0.113.2";

    private const uint Next = Frames.InitialSequence + 1;

    private readonly TestRouter _router = new();

    public TcpConnectionsTest()
    {
        _router.Host("lan", Client);
        _router.Host("wan", Remote);
    }

    public void Dispose() => _router.Dispose();

    private MacAddress Lan => _router.Interface("lan").Mac;

    private MacAddress Wan => _router.Interface("wan").Mac;

    /// <summary>RFC 7857 section 2.2: it is translated, and the state stays for four minutes.</summary>
    [Fact]
    public void A_RST_of_the_connection_passes_and_ends_it_in_four_minutes()
    {
        Establish();
        FromRemote(Rst, sequence: Next);
        AssertPacket.That(_router.SentOne("lan")).FromTo(Remote, Client).IsTcp(443, 40000, Rst);
        Assert.Equal(SessionState.Reset, State());
        _router.Moved();
        _router.Wait(TimeSpan.FromSeconds(239));
        Assert.Equal("", _router.Moved());
        _router.Wait(TimeSpan.FromSeconds(3));
        Assert.Equal("sessions -1, mappings -1", _router.Moved());
    }

    /// <summary>RFC 5961 section 9, RFC 7857 section 2.2.</summary>
    [Fact]
    public void A_RST_that_its_receiver_will_challenge_passes_and_changes_nothing()
    {
        Establish();
        FromRemote(Rst, sequence: Next + 1);
        AssertPacket.That(_router.SentOne("lan")).IsTcp(443, 40000, Rst);
        Assert.Equal(SessionState.Established, State());
        Assert.Equal("lan sent 1, wan received 1, wan forwarded 1", _router.Moved());

        // The challenge ACK, and the answer to it.
        FromClient(Ack);
        FromRemote(Rst, sequence: Next);
        Assert.Equal(SessionState.Reset, State());
    }

    [Fact]
    public void A_RST_that_no_receiver_takes_is_dropped()
    {
        Establish();
        foreach (uint sequence in new[] { Next - 1, Next + (1u << 30) + 1, Next + (1u << 31), 0u })
            FromRemote(Rst, sequence);
        Assert.Empty(_router.Sent("lan"));
        Assert.Equal(SessionState.Established, State());
        Assert.Equal("wan received 4, wan dropped TcpResetOutOfWindow 4", _router.Moved());
    }

    /// <summary>It does not refresh either: else a stranger could keep a session for ever.</summary>
    [Fact]
    public void A_RST_that_is_not_exact_does_not_refresh()
    {
        FromClient(Syn);
        FromRemote(Syn | Ack);
        for (int i = 0; i < 4; i++)
        {
            Pass(TimeSpan.FromSeconds(61));
            FromRemote(Rst, sequence: Next + 5);
        }

        Assert.Equal(3, _router.Sent("lan").Count - 1);
        Assert.Equal(0, _router.Path.Sessions.Count);
    }

    [Fact]
    public void A_RST_with_a_bad_checksum_passes_and_ends_nothing()
    {
        Establish();
        byte[] reset = Frames.TcpSegment(Remote, 443, Outside, 40000, Wan, Rst);
        reset[^1] ^= 1;
        _router.Receive("wan", reset);
        Assert.Single(_router.Sent("lan"));
        Assert.Equal(SessionState.Established, State());
    }

    /// <summary>A checksum that is left to the offload cannot be verified: the frame never left this machine.</summary>
    [Fact]
    public void A_RST_whose_checksum_is_left_to_the_offload_counts()
    {
        Establish();
        _router.ReceiveRaw("wan", Frames.WithoutChecksum(Frames.TcpSegment(Remote, 443, Outside, 40000, Wan, Rst)));
        Assert.Equal(SessionState.Reset, State());
    }

    /// <summary>A refused connection: the caller hears of it, and its next try opens it.</summary>
    [Fact]
    public void A_refused_connection_is_opened_by_the_next_SYN()
    {
        FromClient(Syn);
        FromRemote(Rst | Ack, sequence: 0);
        AssertPacket.That(_router.SentOne("lan")).IsTcp(443, 40000, Rst | Ack);
        FromClient(Syn, sequence: 77_000);
        FromRemote(Syn | Ack, acknowledgment: 77_001);
        FromClient(Ack, sequence: 77_001);
        Assert.Equal(SessionState.Established, State());
    }

    /// <summary>RFC 9293 section 3.5.1: the other end still has a connection that the caller has forgotten. The caller's RST gets through, and the next SYN opens.</summary>
    [Fact]
    public void A_half_open_connection_from_before_is_recovered()
    {
        FromClient(Syn, sequence: 300_000);
        FromRemote(Ack, sequence: 9_000, acknowledgment: 3_000_000_000);
        FromClient(Rst, sequence: 3_000_000_000);
        Assert.Equal(2, _router.Sent("wan").Count);
        FromClient(Syn, sequence: 300_000);
        FromRemote(Syn | Ack, acknowledgment: 300_001);
        FromClient(Ack, sequence: 300_001);
        Assert.Equal(SessionState.Established, State());
    }

    /// <summary>A super-frame carries many segments: its length is the packet's.</summary>
    [Fact]
    public void A_RST_behind_a_super_frame_is_exact()
    {
        Establish();
        _router.ReceiveRaw("wan", Frames.SuperFrame(Remote, 443, Outside, 40000, Wan, new byte[30_000], 1448));
        FromRemote(Rst, sequence: Next + 30_000);
        Assert.Equal(SessionState.Reset, State());
    }

    /// <summary>RFC 5382 REQ-5, RFC 7857 section 2.1. A SYN that was answered and not acknowledged is a scan, or a flood with forged sources.</summary>
    [Theory]
    [InlineData(Syn, 239, true)]
    [InlineData(Syn, 241, false)]
    [InlineData(Syn | Ack, 239, true)]
    [InlineData(Syn | Ack, 241, false)]
    [InlineData(Ack, 7439, true)]
    [InlineData(Ack, 7441, false)]
    [InlineData(Fin, 239, true)]
    [InlineData(Fin, 241, false)]
    internal void A_silent_connection_lives(Frames.Tcp last, int seconds, bool lives)
    {
        FromClient(Syn);
        if (last != Syn)
            FromRemote(Syn | Ack);
        if (last is Ack or Fin)
            FromClient(Ack);
        if (last == Fin)
        {
            FromClient(Fin | Ack);
            FromRemote(Fin | Ack);
        }

        Pass(TimeSpan.FromSeconds(seconds));
        _router.Sent("lan");
        FromRemote(Ack);
        Assert.Equal(lives ? 1 : 0, _router.Sent("lan").Count);
    }

    [Fact]
    public void The_timers_are_the_configurations()
    {
        using var router = new TestRouter(TestConfiguration.Default with
        {
            Sessions = new SessionsConfiguration { Capacity = 4096, Timeouts = new TimeoutsConfiguration { TcpOpening = 300, Udp = 120 } },
        });
        router.Host("wan", Remote);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        router.Moved();
        router.Wait(TimeSpan.FromSeconds(119));
        Assert.Equal("", router.Moved());
        router.Wait(TimeSpan.FromSeconds(123));
        Assert.Equal("sessions -1, mappings -1", router.Moved());
        router.Wait(TimeSpan.FromSeconds(60));
        Assert.Equal("sessions -1, mappings -1", router.Moved());
    }

    /// <summary>A query that waits keeps the long timer; once answered it makes room soon.</summary>
    [Fact]
    public void An_answered_query_is_forgotten_soon_and_a_waiting_one_is_not()
    {
        Query();
        Pass(TimeSpan.FromSeconds(290));
        Answer();
        Assert.Single(_router.Sent("lan"));
        Assert.Equal(1, _router.Path.Sessions.CountOf(SessionState.DnsAnswered));

        // Asked again from the same port, it waits again.
        Pass(TimeSpan.FromSeconds(9));
        Query();
        Pass(TimeSpan.FromSeconds(30));
        Answer();
        Assert.Single(_router.Sent("lan"));
        _router.Moved();
        _router.Wait(TimeSpan.FromSeconds(22));
        Assert.Equal("sessions -1, mappings -1", _router.Moved());
    }

    [Fact]
    public void Another_port_keeps_its_timer_after_an_answer()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 53, Remote, 5353, Lan));
        _router.Receive("wan", Frames.UdpDatagram(Remote, 5353, Outside, 53, Wan));
        Assert.Equal(0, _router.Path.Sessions.CountOf(SessionState.DnsAnswered));
    }

    private void Query() => _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, Lan));

    private void Answer() => _router.Receive("wan", Frames.UdpDatagram(Remote, 53, Outside, 40000, Wan));

    private void FromClient(Frames.Tcp flags, uint? sequence = null, uint? acknowledgment = null) =>
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, Lan, flags, sequence: sequence, acknowledgment: acknowledgment));

    private void FromRemote(Frames.Tcp flags, uint? sequence = null, uint? acknowledgment = null) =>
        _router.Receive("wan", Frames.TcpSegment(Remote, 443, Outside, 40000, Wan, flags, sequence: sequence, acknowledgment: acknowledgment));

    private void Establish()
    {
        FromClient(Syn);
        FromRemote(Syn | Ack);
        FromClient(Ack);
        Assert.Equal(SessionState.Established, State());
        _router.Sent("lan");
        _router.Sent("wan");
        _router.Moved();
    }

    private SessionState State() => _router.Path.Sessions[0].State;

    /// <summary>Time goes by at once, and the hosts are still known.</summary>
    private void Pass(TimeSpan time)
    {
        _router.Time.Advance(time);
        _router.Host("lan", Client);
        _router.Host("wan", Remote);
    }
}
