using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>RFC 7857: what was made clearer about the NAT of UDP, TCP and ICMP.</summary>
public sealed class Rfc7857Test : Scenario
{
    /// <summary>Figure 1 of section 2, seen from outside: how long each state lets the server's next segment through. The long time begins at the opener's ACK (ADR 16).</summary>
    [Theory]
    [InlineData("c:S s:SA", 239, true)]
    [InlineData("c:S s:SA", 240, false)]
    [InlineData("c:S s:SA c:A", 7439, true)]
    [InlineData("c:S s:SA c:A c:FA", 7439, true)]
    [InlineData("c:S s:SA c:A s:FA", 7439, true)]
    [InlineData("c:S s:SA c:A c:FA s:FA", 239, true)]
    [InlineData("c:S s:SA c:A c:FA s:FA", 240, false)]
    [InlineData("c:S s:SA c:A c:R", 239, true)]
    [InlineData("c:S s:SA c:A c:R", 240, false)]
    [InlineData("c:S s:SA c:A s:R c:PA", 7439, true)]
    [Requirement("RFC 7857", "section 2", Level.Should)]
    public void Each_state_of_a_connection_has_its_time(string segments, int seconds, bool lives)
    {
        Conversation connection = Conversation.FromClient(Router);
        connection.Play(segments);
        Pass(TimeSpan.FromSeconds(seconds));
        Assert.Equal(lives, connection.Send("s:A"));
    }

    [Theory]
    [InlineData("c:S", 300)]
    [InlineData("c:S s:SA", 300)]
    [InlineData("c:S s:SA c:A", 8000)]
    [InlineData("c:S s:SA c:A c:FA", 8000)]
    [InlineData("c:S s:SA c:A c:FA s:FA", 500)]
    [InlineData("c:S s:SA c:A s:R", 500)]
    [Requirement("RFC 7857", "section 2.1", Level.Should)]
    public void Opening_and_closing_have_times_of_their_own(string segments, int seconds)
    {
        foreach (bool lives in new[] { true, false })
        {
            Restart(Default with
            {
                Sessions = new SessionsConfiguration { Capacity = 4096, Timeouts = new() { TcpOpening = 300, TcpClosing = 500, TcpEstablished = 8000 } },
            });
            Conversation connection = Conversation.FromClient(Router);
            connection.Play(segments);
            Pass(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(lives ? 1 : 0));
            Assert.Equal(lives, connection.Send("s:A"));
        }
    }

    [Theory]
    [InlineData("c:R")]
    [InlineData("s:R")]
    [InlineData("s:RA")]
    [Requirement("RFC 7857", "section 2.2", Level.Must)]
    public void A_RST_passes_and_what_it_ended_is_kept_for_four_minutes(string reset)
    {
        Conversation connection = Conversation.FromClient(Router);
        connection.Play($"c:S s:SA c:A {reset}");
        Pass(TimeSpan.FromSeconds(239));
        Router.Turn();
        Assert.Equal(1, Router.Path.Sessions.Count);
        Router.Wait(TimeSpan.FromSeconds(3));
        Assert.Equal(0, Router.Path.Sessions.Count);
    }

    [Fact]
    [Requirement("RFC 7857", "section 5", Level.Must)]
    public void A_mapping_is_for_one_protocol()
    {
        Out(Udp(Client, 40000, Remote, 53));
        AssertPacket.That(Out(Tcp(Other, 40000, Remote, 443))).FromTo(Outside, Remote).IsTcp(40000, 443, Syn);
        AssertPacket.That(Out(Echo(Home, Remote, 40000))).FromTo(Outside, Remote).IsEcho(8, 40000);
        AssertPacket.That(In(Tcp(Remote, 443, Outside, 40000, Syn | Ack))).FromTo(Remote, Other).IsTcp(443, 40000);
        AssertPacket.That(In(Udp(Remote, 53, Outside, 40000))).FromTo(Remote, Client).IsUdp(53, 40000);
        AssertPacket.That(In(Echo(Remote, Outside, 40000, isReply: true))).FromTo(Remote, Home).IsEcho(0, 40000);
        Assert.Equal("lan received 3, lan forwarded 3, lan sent 3, wan received 3, wan forwarded 3, wan sent 3, sessions 3, mappings 3", Router.Moved());
    }

    /// <summary>An endpoint that everybody may reach by UDP is reached by nobody by TCP, and the other way round.</summary>
    [Fact]
    [Requirement("RFC 7857", "section 6", Level.Must)]
    public void What_a_mapping_lets_in_is_of_its_protocol()
    {
        Out(Udp(Client, 40000, Remote, 5000));
        Out(Tcp(Other, 41000, Remote, 443));
        Router.Moved();
        Router.Receive("wan", Tcp(Elsewhere, 50000, Outside, 40000));
        AssertSilence();
        byte[] datagram = Udp(Elsewhere, 50000, Outside, 41000);
        Router.Receive("wan", datagram);
        AssertPacket.That(Router.SentOne("wan")).FromTo(Outside, Elsewhere).IsIcmp(3, 3).Quotes(datagram);
        AssertSilence();
        Assert.Equal("wan received 2, wan delivered 1, wan dropped UnsolicitedSyn 1, wan generated 1, wan sent 1", Router.Moved());

        AssertPacket.That(In(Udp(Elsewhere, 50000, Outside, 40000))).FromTo(Elsewhere, Client).IsUdp(50000, 40000);
        AssertPacket.That(In(Tcp(Elsewhere, 50000, Outside, 41000))).FromTo(Elsewhere, Other).IsTcp(50000, 41000, Syn);
        Assert.Equal("lan sent 2, wan received 2, wan forwarded 2, sessions 2", Router.Moved());
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(300, false)]
    [Requirement("RFC 7857", "section 7.1", Level.ShouldNot)]
    [Requirement("RFC 5508", "REQ-6", Level.MustNot)]
    public void An_outbound_ICMP_error_does_not_keep_the_mapping(int seconds, bool lives)
    {
        Out(Udp(Client, 40000, Remote, 5000));
        Pass(TimeSpan.FromSeconds(200));
        AssertPacket.That(Out(Error(Client, Remote, 3, 3, Udp(Remote, 5000, Client, 40000)))).FromTo(Outside, Remote).IsIcmp(3, 3);
        Pass(TimeSpan.FromSeconds(seconds - 200));
        Router.Moved();
        Router.Receive("wan", Udp(Remote, 5000, Outside, 40000));
        Assert.Equal(lives ? 1 : 0, Router.Sent("lan").Count);
        Assert.Equal(lives ? "lan sent 1, wan received 1, wan forwarded 1" : "wan received 1, wan delivered 1, wan generated 1, wan sent 1, sessions -1, mappings -1", Router.Moved());
    }

    /// <summary>What a host says to the late segments of a connection that it ended, or that it has forgotten.</summary>
    [Theory]
    [InlineData("c:S s:SA c:A c:R", "c:R")]
    [InlineData("c:S s:SA c:A s:R", "c:R")]
    [InlineData("c:S s:SA c:A c:FA s:FA", "c:R")]
    [InlineData("c:S s:SA c:A c:FA s:FA", "c:RA")]
    [InlineData("c:S", "c:R")]
    [Requirement("RFC 7857", "section 7.1", Level.ShouldNot)]
    public void An_outbound_RST_does_not_keep_the_mapping(string segments, string reset)
    {
        Conversation connection = Conversation.FromClient(Router);
        connection.Play(segments);
        Router.Moved();
        Pass(TimeSpan.FromSeconds(200));
        Assert.True(connection.Send(reset));
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1", Router.Moved());
        Pass(TimeSpan.FromSeconds(39));
        Router.Turn();
        Assert.Equal("", Router.Moved());
        Router.Wait(TimeSpan.FromSeconds(3));
        Assert.Equal("sessions -1, mappings -1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 7857", "section 9", Level.Should)]
    [Requirement("RFC 6888", "REQ-15", Level.Should)]
    public void Ports_that_cannot_be_kept_are_strewn_over_the_range()
    {
        int[] ports = [.. Enumerable.Range(30, 201).Select(i => (int)SourcePort(Out(Udp($"192.168.25.{i}", 40000, Remote, 53))))];
        Assert.Equal(40000, ports[0]);
        int[] chosen = ports[1..], steps = [.. chosen.Zip(chosen[1..], (first, second) => second - first)];
        Assert.True(steps.Distinct().Count() > 190, "The next port follows from the last.");
        for (int low = 1024; low < 65536; low += 16128)
            Assert.InRange(chosen.Count(port => port >= low && port < low + 16128), 25, 75);
    }
}
