using Router.Configuration;
using Router.Packets;
using Support;
using TapDev;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>OP25B.md section 2, SmtpReply: a conversation segment by segment, and what goes wrong with it.</summary>
public abstract class SmtpReplyTest : IDisposable
{
    private readonly Family _family;

    private readonly TestRouter _router;

    private protected SmtpReplyTest(Family family)
    {
        _family = family;
        _router = Open(new SmtpReplyConfiguration { HelpUrl = "https://www.seikyou.example/port25" });
    }

    private string Client => _family.Client;

    private string Remote => _family.Remote;

    private string Greeting => $"554-5.7.1 Port 25 is blocked for {Client} by its provider.\r\n"
        + "554-5.7.1 Send mail on port 587 or 465 with a password (SMTP AUTH).\r\n554 5.7.1 See https://www.seikyou.example/port25\r\n";

    private const string Refused = "503 5.5.1 Mail is not accepted here; QUIT\r\n", Bye = "221 2.0.0 Bye\r\n";

    /// <summary>Whatever a test did: the server that was tried heard nothing of it, and no session or mapping was spent.</summary>
    public void Dispose()
    {
        Assert.Empty(_router.Sent("wan"));
        Assert.Equal(0, _router.Path.Sessions.Count);
        _router.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_client_is_greeted_with_554_refused_and_dismissed()
    {
        SmtpClient client = NewClient();
        client.Send(Syn);
        byte[] synAck = _router.SentOne("lan");
        AssertPacket.That(synAck).HasHops(64).FromTo(Remote, Client).IsTo(Frames.Host).IsTcp(25, 40000, Syn | Ack, acknowledgment: 7001);
        uint initial = Frames.Parse(synAck).Extract<PacketDotNet.TcpPacket>().SequenceNumber;
        (client.Next, client.Expected) = (7001, initial + 1);

        client.Send(Ack);
        Assert.Equal([$"Psh, Ack seq {initial + 1} ack 7001 {Greeting}"], client.Hear());
        client.Send(Ack);
        Assert.Empty(client.Hear());
        client.Say("EHLO client.example\r\n");
        Assert.Equal([$"Psh, Ack seq {initial + 1 + Greeting.Length} ack {client.Next} {Refused}"], client.Hear());
        client.Say("QUIT\r\n");
        Assert.Equal([$"Fin, Psh, Ack seq {initial + 1 + Greeting.Length + Refused.Length} ack {client.Next} {Bye}"], client.Hear());
        client.Send(Fin | Ack);
        Assert.Equal([$"Ack seq {client.Expected} ack {client.Next + 1} "], client.Hear());

        Assert.Equal(0, _router.Path.Smtp.Count);
        Assert.Equal("lan received 6, lan dropped Op25bBlocked 6, lan generated 5, lan sent 5, op25b dynamic blocked 1", _router.Moved());
    }

    [Fact]
    public void A_SYN_that_comes_again_gets_the_same_answer()
    {
        SmtpClient client = NewClient();
        client.Send(Syn);
        IReadOnlyList<string> first = client.Hear();
        client.Send(Syn);
        Assert.Equal(first, client.Hear());
        _router.Wait(TimeSpan.FromSeconds(1.25));
        Assert.Equal(first, client.Hear());
    }

    [Fact]
    public void A_lost_acknowledgment_of_the_handshake_is_asked_for()
    {
        SmtpClient client = NewClient();
        client.Send(Syn);
        client.Hear();
        client.Next++;
        _router.Wait(TimeSpan.FromSeconds(1.25));
        Assert.StartsWith("Syn, Ack", Assert.Single(client.Hear()), StringComparison.Ordinal);
        client.Send(Ack);
        Assert.Equal(Greeting, client.HearText());
    }

    [Fact]
    public void A_greeting_that_is_not_acknowledged_is_repeated_for_a_while_and_the_client_forgotten()
    {
        SmtpClient client = NewClient();
        client.Connect();
        string greeting = Assert.Single(client.Hear());
        foreach (int seconds in new[] { 1, 2, 4 })
        {
            _router.Wait(TimeSpan.FromSeconds(seconds + 0.5));
            Assert.Equal([greeting], client.Hear());
        }

        _router.Wait(TimeSpan.FromSeconds(9));
        Assert.Empty(client.Hear());
        Assert.Equal(0, _router.Path.Smtp.Count);
    }

    [Fact]
    public void A_command_that_comes_again_gets_the_same_reply_and_is_one_command()
    {
        SmtpClient client = NewClient().Greeted();
        byte[] command = client.Segment(Ack | Psh, "NOOP\r\n");
        client.Say("NOOP\r\n");
        string reply = Assert.Single(client.Hear());
        _router.Receive("lan", command);
        Assert.Equal([reply], client.Hear());
        client.Send(Ack);
        _router.Receive("lan", command);
        Assert.Equal([$"Ack seq {client.Expected} ack {client.Next} "], client.Hear());
    }

    [Fact]
    public void What_a_client_says_before_it_has_heard_the_greeting_waits()
    {
        SmtpClient client = NewClient();
        client.Send(Syn);
        client.Hear();
        client.Next++;
        client.Send(Ack | Psh, "EHLO early.example\r\n");
        Assert.EndsWith($" ack 7001 {Greeting}", Assert.Single(client.Hear()), StringComparison.Ordinal);
        client.Send(Ack | Psh, "EHLO early.example\r\n", acknowledgment: client.Expected - (uint)Greeting.Length);
        Assert.Empty(client.Hear());
        client.Say("EHLO early.example\r\n");
        Assert.Equal(Refused, client.HearText());
    }

    /// <summary>However the commands are cut: what is said, one octet at a time, is the same.</summary>
    [Theory]
    [InlineData("QUIT\r\n", 1, 0)]
    [InlineData("quit \n", 2, 0)]
    [InlineData("NOOP\r\nQUITS\r\nQUIT\r\n", 3, 2)]
    [InlineData("EHLO a.example\r\nMAIL FROM:<a@a.example>\r\n\r\nqUiT now\r\n", 7, 3)]
    [InlineData("QUI\r\nQUIT\r\n", 64, 1)]
    public void Commands_may_be_cut_anywhere(string commands, int size, int refused)
    {
        SmtpClient client = NewClient().Greeted();
        string heard = "";
        foreach (char[] piece in commands.Chunk(size))
        {
            client.Say(new string(piece));
            heard += client.HearText();
            if (!client.Flags.HasFlag(Fin))
                client.Send(Ack);
        }

        Assert.Equal(string.Concat(Enumerable.Repeat(Refused, refused)) + Bye, heard);
        Assert.Equal(Fin | Psh | Ack, client.Flags);
    }

    [Fact]
    public void A_client_that_does_not_stop_is_dismissed_with_421()
    {
        SmtpClient client = NewClient().Greeted();
        client.Say(string.Concat(Enumerable.Repeat("NOOP\r\n", 40)));
        Assert.Equal(string.Concat(Enumerable.Repeat(Refused, 10)) + "421 4.7.0 Too many commands\r\n", client.HearText());
        Assert.Equal(Fin | Psh | Ack, client.Flags);
    }

    [Fact]
    public void A_silent_client_is_dismissed_with_421_after_a_minute()
    {
        SmtpClient client = NewClient().Greeted();
        _router.Wait(TimeSpan.FromSeconds(59));
        Assert.Empty(client.Hear());
        _router.Wait(TimeSpan.FromSeconds(1.5));
        Assert.Equal("421 4.4.2 Timeout\r\n", client.HearText());
        client.Send(Ack);
        Assert.Equal(1, _router.Path.Smtp.Count);
        _router.Wait(TimeSpan.FromSeconds(16));
        Assert.Equal(0, _router.Path.Smtp.Count);
    }

    [Fact]
    public void A_client_that_hangs_up_is_let_go()
    {
        SmtpClient client = NewClient().Greeted();
        client.Send(Fin | Ack);
        client.Next++;
        Assert.Equal([$"Fin, Ack seq {client.Expected} ack {client.Next} "], client.Hear());
        client.Send(Ack);
        Assert.Empty(client.Hear());
        Assert.Equal(0, _router.Path.Smtp.Count);
    }

    /// <summary>The last acknowledgment was lost: what remembers the conversation then is its cookie alone.</summary>
    [Fact]
    public void A_late_FIN_is_acknowledged_and_anything_else_that_is_late_reset()
    {
        SmtpClient client = NewClient().Greeted();
        client.Say("QUIT\r\n");
        client.Hear();
        client.Send(Fin | Ack);
        string last = Assert.Single(client.Hear());
        Assert.Equal(0, _router.Path.Smtp.Count);
        client.Send(Fin | Ack);
        Assert.Equal([last], client.Hear());
        client.Send(Ack);
        Assert.Empty(client.Hear());
        client.Send(Ack | Psh, "NOOP\r\n");
        Assert.StartsWith("Rst", Assert.Single(client.Hear()), StringComparison.Ordinal);
        _router.Wait(TimeSpan.FromMinutes(6));
        client.Send(Fin | Ack);
        Assert.StartsWith("Rst", Assert.Single(client.Hear()), StringComparison.Ordinal);
    }

    /// <summary>RFC 5961 section 3.2, section 4.2.</summary>
    [Fact]
    public void Only_an_exact_RST_ends_it_and_a_SYN_does_not()
    {
        SmtpClient client = NewClient().Greeted();
        client.Send(Rst, sequence: client.Next + 3000);
        Assert.Empty(client.Hear());
        string challenge = $"Ack seq {client.Expected} ack {client.Next} ";
        client.Send(Rst, sequence: client.Next + 1);
        Assert.Equal([challenge], client.Hear());
        client.Send(Syn, sequence: 99);
        Assert.Equal([challenge], client.Hear());
        Assert.Equal(1, _router.Path.Smtp.Count);
        client.Send(Rst);
        Assert.Empty(client.Hear());
        Assert.Equal(0, _router.Path.Smtp.Count);
    }

    [Fact]
    public void A_segment_from_the_wrong_place_is_told_the_right_one()
    {
        SmtpClient client = NewClient().Greeted();
        string acknowledgment = $"Ack seq {client.Expected} ack {client.Next} ";
        client.Send(Ack | Psh, "QUIT\r\n", sequence: client.Next + 9);
        Assert.Equal([acknowledgment], client.Hear());
        client.Send(Ack, sequence: client.Next - 1);
        Assert.Equal([acknowledgment], client.Hear());
        client.Send(Ack | Psh, "QUIT\r\n", acknowledgment: client.Expected + 1);
        Assert.Equal([acknowledgment], client.Hear());
        client.Send(Ack | Psh, "xxQUIT\r\n", sequence: client.Next - 2);
        Assert.Equal(Bye, client.HearText());
    }

    [Fact]
    public void Sequence_numbers_wrap()
    {
        SmtpClient client = NewClient(initial: uint.MaxValue - 2).Greeted();
        client.Say("NOOP\r\n");
        Assert.Equal(Refused, client.HearText());
        client.Send(Ack);
        client.Say("QUIT\r\n");
        Assert.Equal(Bye, client.HearText());
    }

    /// <summary>RFC 9293 section 3.10.7.1: to what belongs to no conversation the port is closed.</summary>
    [Fact]
    public void A_stranger_is_reset()
    {
        SmtpClient client = NewClient();
        client.Expected = 12345;
        client.Send(Ack | Psh, "DATA\r\n");
        Assert.Equal(["Rst seq 12345 ack 0 "], client.Hear());
        client.Send(Syn | Fin);
        client.Send(Syn | Ack);
        Assert.Equal(["Rst, Ack seq 0 ack 7002 ", "Rst seq 12345 ack 0 "], client.Hear());
        client.Send(Rst);
        client.Send(Rst | Ack);
        client.Send(None);
        Assert.StartsWith("Rst", Assert.Single(client.Hear()), StringComparison.Ordinal);
        client.Send(Syn);
        client.Hear();
        client.Send(Ack, sequence: 7001, acknowledgment: client.Expected + 5);
        Assert.StartsWith("Rst", Assert.Single(client.Hear()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_super_frame_and_a_checksum_that_is_left_to_the_offload_are_heard()
    {
        SmtpClient client = NewClient();
        _router.ReceiveRaw("lan", Frames.WithoutChecksum(client.Segment(Syn)));
        client.Hear();
        client.Next++;
        _router.ReceiveRaw("lan", Frames.WithoutChecksum(client.Segment(Ack)));
        Assert.Equal(Greeting, client.HearText());
        client.Send(Ack);
        byte[] frame = Frames.Raw(client.Segment(Ack | Psh, string.Concat(Enumerable.Repeat("0123456789abcd\r\n", 4)) + new string('x', 3000) + "\r\nQUIT\r\n"));
        ushort transport = (ushort)(_family.IsIpv6 ? 54 : 34);
        VirtioHeader.Write(frame, VirtioHeader.NeedsChecksum, _family.IsIpv6 ? VirtioHeader.GsoTcp6 : VirtioHeader.GsoTcp4, (ushort)(transport + 20), 1440, transport, 16);
        _router.ReceiveRaw("lan", frame);
        Assert.Equal(string.Concat(Enumerable.Repeat(Refused, 5)) + Bye, client.HearText());
    }

    [Fact]
    public void Broken_checksums_and_fragments_are_not_answered()
    {
        SmtpClient client = NewClient().Greeted();
        byte[] broken = client.Segment(Ack | Psh, "QUIT\r\n");
        broken[^1] ^= 1;
        _router.Receive("lan", broken);
        _router.Receive("lan", Frames.Fragment(client.Segment(Ack | Psh, "QUIT\r\n      "), 0, more: true));
        _router.Receive("lan", Frames.Fragment(client.Segment(Ack | Psh, "QUIT\r\n      "), 4, more: false));
        Assert.Empty(client.Hear());
    }

    [Fact]
    public void Nothing_is_sent_beyond_the_clients_window()
    {
        SmtpClient client = NewClient().Greeted();
        byte[] command = client.Segment(Ack | Psh, "QUIT\r\n");
        _router.Receive("lan", WithWindow(command, 10));
        Assert.Empty(client.Hear());
        _router.Wait(TimeSpan.FromSeconds(1.5));
        Assert.Empty(client.Hear());
        _router.Receive("lan", command);
        Assert.Equal(Bye, client.HearText());
    }

    [Theory]
    [InlineData(new byte[] { 2, 4, 2, 23 }, "Rst")]
    [InlineData(new byte[] { 1, 2, 4, 0, 10, 1, 1, 1 }, "Rst")]
    [InlineData(new byte[] { 2, 4, 2, 24 }, "Syn")]
    [InlineData(new byte[] { 1, 3, 0, 0 }, "Syn")]
    [InlineData(new byte[] { 0, 2, 4, 0 }, "Syn")]
    public void A_client_that_takes_only_small_segments_finds_a_closed_port(byte[] options, string answer)
    {
        SmtpClient client = NewClient();
        _router.Receive("lan", Frames.WithTcpOptions(client.Segment(Syn), options));
        Assert.StartsWith(answer, Assert.Single(client.Hear()), StringComparison.Ordinal);
    }

    /// <summary>F20: a flood of SYNs takes four records, is answered fifty times a second, and does not keep the host's real client out.</summary>
    [Fact]
    public void A_flood_of_SYNs_is_bounded_and_a_handshake_needs_no_record()
    {
        for (ushort i = 0; i < 10_000; i++)
            NewClient((ushort)(1024 + i)).Send(Syn);
        Assert.Equal(50, _router.Sent("lan").Count);
        Assert.Equal(4, _router.Path.Smtp.Count);
        _router.Time.Advance(TimeSpan.FromMilliseconds(900));
        SmtpClient client = NewClient(50000);
        client.Send(Syn);
        Assert.StartsWith("Syn", Assert.Single(client.Hear()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_handshake_without_a_record_is_recognized_by_its_cookie()
    {
        for (ushort i = 0; i < 4; i++)
            NewClient((ushort)(1024 + i)).Send(Syn);
        _router.Sent("lan");
        SmtpClient client = NewClient(50000);
        client.Connect();
        Assert.Equal(Greeting, client.HearText());
        Assert.Equal(5, _router.Path.Smtp.Count);
    }

    /// <summary>A subscriber has four at most, in IPv6 with all addresses of its prefix; all have 256.</summary>
    [Fact]
    public void Handshakes_that_are_not_finished_are_bounded_and_forgotten()
    {
        string prefix = Client[..^2];
        for (int host = 10; host < 200; host++)
            for (ushort i = 0; i < 4; i++)
                _router.Receive("lan", Frames.TcpSegment($"{prefix}{host}", (ushort)(1024 + i), Remote, 25, _router.Interface("lan").Mac));
        Assert.Equal(_family.IsIpv6 ? 4 : 256, _router.Path.Smtp.Count);
        _router.Wait(TimeSpan.FromSeconds(17));
        Assert.Equal(0, _router.Path.Smtp.Count);
    }

    [Fact]
    public void A_host_has_thirty_two_conversations_at_most()
    {
        for (ushort i = 0; i < 32; i++)
        {
            NewClient((ushort)(1024 + i)).Greeted();
            _router.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(32, _router.Path.Smtp.Count);
        SmtpClient client = NewClient(50000);
        client.Connect();
        Assert.StartsWith("Rst", Assert.Single(client.Hear()), StringComparison.Ordinal);
        Assert.Equal(32, _router.Path.Smtp.Count);
    }

    [Theory]
    [InlineData("Japanese", "554-5.7.1 Port 25 e no chokusetsu no soushin wa dekimasen (CLIENT).\r\n554 5.7.1 Port 587 ka 465 to SMTP ninshou (SMTP AUTH) o o-tsukai kudasai.\r\n")]
    [InlineData("English", "554 5.7.1 CLIENT port 40000 may not reach SERVER\r\n", "{address} port {port} may not reach {server}")]
    public void It_says_what_the_configuration_says(string language, string greeting, params string[] text)
    {
        using TestRouter router = Open(new SmtpReplyConfiguration { Language = Enum.Parse<ReplyLanguage>(language), Text = text });
        SmtpClient client = NewClient(router: router);
        client.Connect();
        Assert.Equal(greeting.Replace("CLIENT", Client, StringComparison.Ordinal).Replace("SERVER", Remote, StringComparison.Ordinal), client.HearText());
    }

    private SmtpClient NewClient(ushort port = 40000, uint initial = 7000, TestRouter? router = null) => new(router ?? _router, port, Client, Remote, initial);

    private byte[] WithWindow(byte[] frame, ushort window)
    {
        byte[] raw = Frames.WithTcpOptions(frame, []);
        int at = (_family.IsIpv6 ? 54 : 34) + 14;
        (raw[at], raw[at + 1]) = ((byte)(window >> 8), (byte)window);
        return Frames.WithTcpOptions(raw, []);
    }

    private TestRouter Open(SmtpReplyConfiguration reply)
    {
        RouterConfiguration configuration = TestConfiguration.With(PhaseMode.Block, PhaseAction.SmtpReply);
        var router = new TestRouter(configuration with { Op25b = configuration.Op25b with { SmtpReply = reply } });
        router.Host("lan", Client);
        router.Host("wan", Remote);
        return router;
    }
}

public sealed class SmtpReplyIpv4Test() : SmtpReplyTest(Family.Ipv4);

public sealed class SmtpReplyIpv6Test() : SmtpReplyTest(Family.Ipv6);
