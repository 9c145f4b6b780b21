using Router.Configuration;
using Router.Packets;
using Router.Sessions;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>NAT44 as hosts on both sides see it.</summary>
public sealed class TranslationTest : IDisposable
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Own = "198.51.100.25", Remote = "203.0.113.25", Outside = "203.0.113.2";

    private const string Opened = "lan received 1, lan forwarded 1, wan sent 1, sessions 1, mappings 1";

    private readonly TestRouter _router = new(TestConfiguration.Default with
    {
        Nat = TestConfiguration.Default.Nat! with
        {
            PortForwards =
            [
                .. TestConfiguration.Default.Nat!.PortForwards,
                new PortForwardConfiguration { Protocol = TransportProtocol.Tcp, Port = 8080, To = System.Net.IPEndPoint.Parse("192.168.25.20:80") },
            ],
        },
    });

    private readonly MacAddress _clientMac;

    public TranslationTest()
    {
        _clientMac = _router.Host("lan", Client);
        _router.Host("lan", Home);
        _router.Host("servers", Own);
        _router.Host("wan", Remote);
    }

    public void Dispose() => _router.Dispose();

    private MacAddress Lan => _router.Interface("lan").Mac;

    private MacAddress Wan => _router.Interface("wan").Mac;

    [Fact]
    public void A_connection_leaves_from_the_outside_address_and_its_answer_comes_back()
    {
        FromClient(Syn);
        AssertPacket.That(_router.SentOne("wan")).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsTcp(40000, 443, Syn);
        Assert.Equal(Opened, _router.Moved());
        FromRemote(Syn | Ack);
        AssertPacket.That(_router.SentOne("lan")).IsTo(_clientMac).IsIpv4(ttl: 63).FromTo(Remote, Client).IsTcp(443, 40000, Syn | Ack);
        Assert.Equal("lan sent 1, wan received 1, wan forwarded 1", _router.Moved());
    }

    [Fact]
    public void A_datagram_leaves_from_the_outside_address_and_its_answer_comes_back()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, Lan));
        AssertPacket.That(_router.SentOne("wan")).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsUdp(40000, 53);
        _router.Receive("wan", Frames.UdpDatagram(Remote, 53, Outside, 40000, Wan));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Remote, Client).IsUdp(53, 40000);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1, mappings 1", _router.Moved());
    }

    [Fact]
    public void Echo_replies_find_the_host_that_asked_by_the_identifier()
    {
        _router.Receive("lan", Frames.Echo(Client, Remote, 77, Lan));
        byte[] first = _router.SentOne("wan");
        _router.Receive("lan", Frames.Echo(Home, Remote, 77, Lan));
        byte[] second = _router.SentOne("wan");
        ushort Identifier(byte[] frame) => (ushort)(frame[38] << 8 | frame[39]);
        Assert.Equal(77, Identifier(first));
        Assert.NotEqual(77, Identifier(second));
        _router.Receive("wan", Frames.Echo(Remote, Outside, Identifier(second), Wan, isReply: true));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Remote, Home).IsEcho(0, 77);
        _router.Receive("wan", Frames.Echo(Remote, Outside, Identifier(first), Wan, isReply: true));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Remote, Client).IsEcho(0, 77);
        _router.Moved();
        _router.Receive("wan", Frames.Echo(Remote, Outside, 9999, Wan, isReply: true));
        Assert.Equal("wan received 1, wan dropped EchoReplyWithoutSession 1", _router.Moved());
    }

    /// <summary>RFC 4787 REQ-1 and REQ-3: one mapping for every destination, and never one for two hosts.</summary>
    [Fact]
    public void One_inside_endpoint_has_one_outside_port_and_two_never_share_one()
    {
        FromClient(Syn);
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, "203.0.113.25", 80, Lan));
        _router.Receive("lan", Frames.TcpSegment(Home, 40000, Remote, 443, Lan));
        IReadOnlyList<byte[]> sent = _router.Sent("wan");
        AssertPacket.That(sent[0]).IsTcp(40000, 443);
        AssertPacket.That(sent[1]).IsTcp(40000, 80);
        int port = sent[2][34] << 8 | sent[2][35];
        Assert.True(port != 40000 && port >= 1024 && port % 2 == 0, $"{port}");
        Assert.Equal("lan received 3, lan forwarded 3, wan sent 3, sessions 3, mappings 2", _router.Moved());
    }

    [Fact]
    public void A_port_forward_lets_the_world_in_and_the_answers_out()
    {
        _router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 8080, Wan));
        AssertPacket.That(_router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(Remote, Home).IsTcp(50000, 80, Syn);
        _router.Receive("lan", Frames.TcpSegment(Home, 80, Remote, 50000, Lan, Syn | Ack));
        AssertPacket.That(_router.SentOne("wan")).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsTcp(8080, 50000, Syn | Ack);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1", _router.Moved());
    }

    /// <summary>RFC 4787 REQ-9: the inside peer sees the outside address and port.</summary>
    [Fact]
    public void A_hairpin_through_a_port_forward_shows_the_outside_address_on_both_sides()
    {
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, Outside, 8080, Lan));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Outside, Home).IsTcp(40000, 80, Syn);
        _router.Receive("lan", Frames.TcpSegment(Home, 80, Outside, 40000, Lan, Syn | Ack));
        AssertPacket.That(_router.SentOne("lan")).IsTo(_clientMac).FromTo(Outside, Client).IsTcp(8080, 40000, Syn | Ack);
        Assert.Equal("lan received 2, lan forwarded 2, lan sent 2, sessions 1, mappings 1", _router.Moved());
    }

    /// <summary>Two names for one inside endpoint: the answers of the second connection would be the first one's.</summary>
    [Fact]
    public void A_session_whose_answers_could_not_be_told_from_another_ones_is_not_opened()
    {
        using var router = new TestRouter(TestConfiguration.Default with
        {
            Nat = TestConfiguration.Default.Nat! with
            {
                PortForwards = [.. new[] { 8080, 8081 }.Select(port => new PortForwardConfiguration
                {
                    Protocol = TransportProtocol.Tcp, Port = port, To = System.Net.IPEndPoint.Parse("192.168.25.20:80"),
                })],
            },
        });
        router.Host("lan", Home);
        MacAddress wan = router.Interface("wan").Mac;
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 8080, wan));
        router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 8081, wan));
        router.Receive("wan", Frames.TcpSegment(Remote, 50001, Outside, 8081, wan));
        Assert.Equal("lan sent 2, wan received 3, wan forwarded 2, wan dropped SessionConflict 1, sessions 2", router.Moved());
    }

    [Fact]
    public void A_server_reaches_a_port_forward_to_the_LAN()
    {
        _router.Receive("servers", Frames.TcpSegment(Own, 50000, Outside, 25, _router.Interface("servers").Mac));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Own, Home).IsTcp(50000, 25, Syn);
        _router.Receive("lan", Frames.TcpSegment(Home, 25, Own, 50000, Lan, Syn | Ack));
        AssertPacket.That(_router.SentOne("servers")).FromTo(Outside, Own).IsTcp(25, 50000, Syn | Ack);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, servers received 1, servers forwarded 1, servers sent 1, op25b ungrouped allowed_own 1, sessions 1",
            _router.Moved());
    }

    [Fact]
    public void From_the_LAN_to_the_servers_nothing_is_translated()
    {
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, Own, 587, Lan));
        AssertPacket.That(_router.SentOne("servers")).IsIpv4(ttl: 63).FromTo(Client, Own).IsTcp(40000, 587, Syn);
        Assert.Equal("lan received 1, lan forwarded 1, servers sent 1, sessions 1", _router.Moved());
    }

    /// <summary>RFC 5508 REQ-4: an error from outside reaches the host in its own terms, also where the quote ends behind eight bytes.</summary>
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(28)]
    [InlineData(36)]
    public void An_error_from_outside_quotes_the_packet_as_the_host_sent_it(int quoted)
    {
        byte[][] sent =
        [
            Frames.TcpSegment(Client, 40000, Remote, 443, Lan, ttl: 2),
            Frames.UdpDatagram(Client, 40001, Remote, 53, Lan, [1, 2, 3, 4, 5, 6, 7, 8, 9], ttl: 2),
            Frames.Echo(Client, Remote, 77, Lan, ttl: 2),
        ];
        foreach (byte[] original in sent)
        {
            _router.Receive("lan", original);
            byte[] translated = _router.SentOne("wan");
            _router.Moved();
            _router.Receive("wan", Frames.IcmpError("203.0.113.1", Outside, 11, 0, translated, Wan, quoted));
            AssertPacket error = AssertPacket.That(_router.SentOne("lan")).IsTo(_clientMac).FromTo("203.0.113.1", Client).IsIcmp(11, 0);
            Assert.Equal("lan sent 1, wan received 1, wan forwarded 1", _router.Moved());

            // The hop that it lost on the way stays lost.
            byte[] expected = Frames.Network(Frames.WithHeader(original, header => header[8]--));
            Assert.Equal(expected[..Math.Min(expected.Length, quoted)], error.Quote);
        }
    }

    [Fact]
    public void An_error_from_inside_quotes_the_packet_as_the_world_sent_it_and_hides_the_inside_address()
    {
        _router.Receive("wan", Frames.TcpSegment(Remote, 50000, Outside, 8080, Wan));
        byte[] inside = _router.SentOne("lan");
        _router.Moved();
        _router.Receive("lan", Frames.IcmpError(Home, Remote, 3, 3, inside, Lan));
        AssertPacket error = AssertPacket.That(_router.SentOne("wan")).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsIcmp(3, 3);
        Assert.Equal(Frames.Network(Frames.TcpSegment(Remote, 50000, Outside, 8080, Wan, ttl: 63)), error.Quote);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1", _router.Moved());
    }

    [Fact]
    public void An_error_that_makes_no_sense_or_is_about_no_session_is_dropped()
    {
        FromClient(Syn);
        byte[] translated = _router.SentOne("wan");
        _router.Moved();
        byte[] broken = Frames.IcmpError(Remote, Outside, 3, 1, translated, Wan);
        broken[^1] ^= 1;
        _router.Receive("wan", broken);
        byte[] brokenQuote = [.. translated];
        brokenQuote[14 + 10] ^= 1;
        _router.Receive("wan", Frames.IcmpError(Remote, Outside, 3, 1, brokenQuote, Wan));
        _router.Receive("wan", Frames.IcmpError(Remote, Outside, 3, 1, translated, Wan, quoted: 27));
        _router.Receive("wan", Frames.IcmpError(Remote, Outside, 3, 1, Frames.TcpSegment(Outside, 40002, Remote, 443, Wan), Wan));
        Assert.Empty(_router.Sent("lan"));
        Assert.Equal("wan received 4, wan dropped InvalidIcmpChecksum 1, wan dropped InvalidIcmpQuote 2, wan dropped IcmpErrorWithoutSession 1", _router.Moved());
    }

    /// <summary>RFC 5508 REQ-6, RFC 4787 REQ-12: an error neither ends a session nor keeps it.</summary>
    [Fact]
    public void An_error_neither_ends_nor_refreshes_a_session()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, Lan));
        byte[] translated = _router.SentOne("wan");
        _router.Time.Advance(TimeSpan.FromSeconds(299));
        Relearn();
        _router.Receive("wan", Frames.IcmpError(Remote, Outside, 3, 3, translated, Wan));
        Assert.Single(_router.Sent("lan"));
        _router.Time.Advance(TimeSpan.FromSeconds(1));
        _router.Receive("wan", Frames.UdpDatagram(Remote, 53, Outside, 40000, Wan));
        Assert.Empty(_router.Sent("lan"));
        Assert.Equal(0, _router.Path.Sessions.Count);
    }

    [Theory]
    [InlineData(299_999, true)]
    [InlineData(300_000, false)]
    public void A_UDP_session_lives_five_minutes_to_the_millisecond(int milliseconds, bool lives)
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, Lan));
        AssertLives(milliseconds, lives, () => _router.Receive("wan", Frames.UdpDatagram(Remote, 53, Outside, 40000, Wan)));
    }

    [Theory]
    [InlineData(7_439_999, true)]
    [InlineData(7_440_000, false)]
    public void An_established_connection_lives_124_minutes_to_the_millisecond(int milliseconds, bool lives)
    {
        Establish();
        AssertLives(milliseconds, lives, () => FromRemote(Ack));
    }

    [Theory]
    [InlineData(239_999, true)]
    [InlineData(240_000, false)]
    public void A_connection_that_nobody_answered_lives_four_minutes(int milliseconds, bool lives)
    {
        FromClient(Syn);
        AssertLives(milliseconds, lives, () => FromRemote(Syn | Ack));
    }

    [Theory]
    [InlineData(239_999, true)]
    [InlineData(240_000, false)]
    public void A_connection_closed_from_both_ends_lives_four_minutes(int milliseconds, bool lives)
    {
        Establish();
        FromClient(Fin | Ack);
        FromRemote(Fin | Ack);
        FromClient(Ack);
        AssertLives(milliseconds, lives, () => FromRemote(Ack));
    }

    [Fact]
    public void What_is_over_is_swept_and_its_port_is_free_again()
    {
        FromClient(Syn);
        _router.Moved();
        _router.Wait(TimeSpan.FromSeconds(242));
        Assert.Equal("sessions -1, mappings -1", _router.Moved());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    internal void A_connection_that_was_reset_or_closed_is_opened_again_by_a_SYN(bool isReset)
    {
        Establish();
        if (isReset)
        {
            FromRemote(Rst);
        }
        else
        {
            FromClient(Fin | Ack);
            FromRemote(Fin | Ack);
        }

        Establish();
        Assert.Equal(SessionState.Established, State());
        Assert.Equal(1, _router.Path.Sessions.Count);
    }

    [Fact]
    public void A_closed_connection_is_opened_again_by_the_other_end()
    {
        Establish();
        FromClient(Fin | Ack);
        FromRemote(Fin | Ack);
        Assert.Equal(SessionState.Closed, State());
        FromRemote(Syn);
        FromClient(Syn | Ack);
        FromRemote(Ack);
        Assert.Equal(SessionState.Established, State());
    }

    [Fact]
    public void A_simultaneous_open_becomes_established()
    {
        FromClient(Syn);
        FromRemote(Syn);
        FromClient(Syn | Ack);
        Assert.Equal(SessionState.Established, State());
        Assert.Equal("lan received 2, lan forwarded 2, lan sent 1, wan received 1, wan forwarded 1, wan sent 2, sessions 1, mappings 1", _router.Moved());
    }

    [Fact]
    public void A_full_session_table_says_so_and_evicts_nobody()
    {
        using var router = new TestRouter(TestConfiguration.Default with { Sessions = new SessionsConfiguration { Capacity = 4 } });
        router.Host("lan", Client);
        router.Host("wan", Remote);
        MacAddress lan = router.Interface("lan").Mac;
        for (ushort port = 1; port <= 4; port++)
            router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, port, lan));
        Assert.Equal(4, router.Sent("wan").Count);
        router.Moved();
        byte[] fifth = Frames.UdpDatagram(Client, 40001, Remote, 5, lan);
        router.Receive("lan", fifth);
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 1).Quotes(fifth);
        Assert.Equal("lan received 1, lan dropped SessionTableFull 1, lan generated 1, lan sent 1", router.Moved());
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 1, lan));
        Assert.Single(router.Sent("wan"));
    }

    [Fact]
    public void A_UDP_checksum_of_zero_stays_zero()
    {
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 53, Lan);
        datagram[14 + 20 + 6] = datagram[14 + 20 + 7] = 0;
        _router.Receive("lan", datagram);
        byte[] sent = _router.SentOne("wan");
        Assert.Equal((0, 0), (sent[40], sent[41]));
    }

    private void FromClient(Frames.Tcp flags) => _router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, Lan, flags));

    private void FromRemote(Frames.Tcp flags) => _router.Receive("wan", Frames.TcpSegment(Remote, 443, Outside, 40000, Wan, flags));

    private void Establish()
    {
        FromClient(Syn);
        FromRemote(Syn | Ack);
        FromClient(Ack);
    }

    private SessionState State() => _router.Path.Sessions[0].State;

    private void Relearn()
    {
        _router.Host("lan", Client);
        _router.Host("wan", Remote);
    }

    /// <summary>A packet comes so long after the last one: does it still reach the client?</summary>
    private void AssertLives(int milliseconds, bool lives, Action send)
    {
        _router.Sent("lan");
        _router.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Relearn();
        send();
        Assert.Equal(lives ? 1 : 0, _router.Sent("lan").Count);
    }
}
