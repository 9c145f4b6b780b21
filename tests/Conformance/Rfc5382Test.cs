using System.Text;
using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>RFC 5382: what NAT does to TCP.</summary>
public sealed class Rfc5382Test : Scenario
{
    [Fact]
    [Requirement("RFC 5382", "REQ-1", Level.Must)]
    public void One_inside_endpoint_has_one_outside_port_for_all_connections()
    {
        AssertPacket.That(Out(Tcp(Client, 40000, Remote, 443))).FromTo(Outside, Remote).IsTcp(40000, 443, Syn);
        AssertPacket.That(Out(Tcp(Client, 40000, Remote, 80))).FromTo(Outside, Remote).IsTcp(40000, 80, Syn);
        ushort port = SourcePort(Out(Tcp(Other, 40000, Remote, 443)));
        AssertPacket.That(Out(Tcp(Other, 40000, Elsewhere, 443))).FromTo(Outside, Elsewhere).IsTcp(port, 443, Syn);
        Assert.Equal("lan received 4, lan forwarded 4, wan sent 4, sessions 4, mappings 2", Router.Moved());
    }

    /// <summary>RFC 9293: open, talk, and end in every order that two ends can.</summary>
    [Theory]
    [InlineData("c:S s:SA c:A c:PA s:PA c:A s:A c:FA s:A s:FA c:A")]
    [InlineData("c:S s:SA c:A s:FA c:FA s:A c:A")]
    [InlineData("c:S s:SA c:A c:FA s:A s:PA c:A s:PA c:A s:PA c:A s:FA c:A")]
    [InlineData("c:S s:SA c:A s:FA c:A c:PA s:A c:PA s:A c:FA s:A")]
    [InlineData("c:S c:S* s:SA s:SA* c:A c:A* c:PA c:PA* s:A c:FA c:FA* s:FA s:FA* c:A c:A*")]
    [InlineData("c:SP s:SA c:A s:PA c:FPA s:FPA c:A")]
    [InlineData("c:S s:RA")]
    [InlineData("c:S s:SA c:R")]
    [InlineData("c:S s:SA c:A c:PA s:RA")]
    [InlineData("c:S s:SA c:A s:PA c:RA")]
    [InlineData("c:S s:SA c:A c:FA s:A s:RA")]
    [Requirement("RFC 5382", "REQ-2", Level.Must)]
    [Requirement("RFC 7857", "section 2", Level.Should)]
    public void Every_valid_sequence_from_inside_passes(string segments)
    {
        Conversation.FromClient(Router).Play(segments);
        AssertAllForwarded(segments, mappings: 1);
    }

    [Theory]
    [InlineData("s:S c:SA s:A s:PA c:A c:PA s:A s:FA c:FA s:A")]
    [InlineData("s:S s:S* c:SA s:A c:FA s:A s:PA c:A s:FA c:A")]
    [InlineData("s:S c:RA")]
    [InlineData("s:S c:SA s:A s:RA")]
    [Requirement("RFC 5382", "REQ-2", Level.Must)]
    public void Every_valid_sequence_from_outside_passes_where_a_port_forward_permits_it(string segments)
    {
        Conversation.ThroughPortForward(Router).Play(segments);
        AssertAllForwarded(segments, mappings: 0);
    }

    [Fact]
    [Requirement("RFC 5382", "REQ-2a", Level.Must)]
    public void A_simultaneous_open_becomes_a_connection()
    {
        const string Segments = "c:S s:S c:SA* s:SA* c:A s:PA c:PA s:FA c:FA";
        Conversation.FromClient(Router).Play(Segments);
        AssertAllForwarded(Segments, mappings: 1);
        Pass(TimeSpan.FromSeconds(239));
        Assert.Equal(1, Router.Path.Sessions.Count);
    }

    /// <summary>Silence for six seconds; then the caller is told that nobody listens there.</summary>
    [Fact]
    [Requirement("RFC 5382", "REQ-4", Level.MustNot)]
    public void An_unsolicited_SYN_is_not_answered_for_six_seconds()
    {
        byte[] syn = Tcp(Remote, 50000, Outside, 41000);
        Router.Receive("wan", syn);
        Assert.Equal("wan received 1, wan dropped UnsolicitedSyn 1", Router.Moved());
        Router.Wait(TimeSpan.FromMilliseconds(5750));
        Router.Time.Advance(TimeSpan.FromMilliseconds(249));
        Router.Turn();
        AssertSilence();
        Assert.Equal("", Router.Moved());
        Router.Wait(TimeSpan.FromMilliseconds(1));
        AssertPacket.That(Router.SentOne("wan")).FromTo(Outside, Remote).IsIcmp(3, 3).Quotes(syn);
        Assert.Equal("wan generated 1, wan sent 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 5382", "REQ-4", Level.MustNot)]
    public void An_outbound_SYN_meanwhile_makes_the_connection()
    {
        Router.Receive("wan", Tcp(Remote, 443, Outside, 40000));
        Router.Wait(TimeSpan.FromMilliseconds(5750));
        Conversation connection = Conversation.FromClient(Router);
        connection.Play("c:S s:S c:SA* s:SA* c:A");
        Router.Moved();
        Router.Wait(TimeSpan.FromSeconds(10));
        AssertSilence();
        Assert.Equal("", Router.Moved());
        Pass(TimeSpan.FromSeconds(7400));
        connection.Play("s:PA c:PA");
    }

    [Theory]
    [InlineData("c:S s:SA c:A", 7439, true)]
    [InlineData("c:S s:SA c:A", 7440, false)]
    [InlineData("s:S c:SA s:A", 7439, true)]
    [InlineData("c:S", 239, true)]
    [InlineData("c:S", 240, false)]
    [InlineData("c:S s:SA c:A c:FA s:FA c:A", 239, true)]
    [InlineData("c:S s:SA c:A c:FA s:FA c:A", 240, false)]
    [Requirement("RFC 5382", "REQ-5", Level.MustNot)]
    public void An_idle_connection_is_kept_as_long_as_it_must_be(string segments, int seconds, bool lives)
    {
        Conversation connection = segments[0] == 'c' ? Conversation.FromClient(Router) : Conversation.ThroughPortForward(Router);
        connection.Play(segments);
        Pass(TimeSpan.FromSeconds(seconds));
        Assert.Equal(lives, connection.Send(segments == "c:S" ? "s:SA" : segments[0] == 'c' ? "s:A" : "c:A"));
    }

    /// <summary>What an FTP or H.323 gateway would rewrite arrives as it was sent.</summary>
    [Theory]
    [InlineData(21, "PORT 192,168,25,10,156,74\r\n")]
    [InlineData(5060, "INVITE sip:bob@203.0.113.25 SIP/2.0\r\nVia: SIP/2.0/TCP 192.168.25.10:40000\r\n\r\n")]
    [InlineData(554, "SETUP rtsp://203.0.113.25/ RTSP/1.0\r\nTransport: RTP/AVP;unicast;client_port=40002-40003\r\n\r\n")]
    [Requirement("RFC 5382", "REQ-6", Level.Recommended)]
    public void What_a_connection_carries_is_nobodys_business(ushort port, string payload)
    {
        Out(Tcp(Client, 40000, Remote, port));
        In(Tcp(Remote, port, Outside, 40000, Syn | Ack));
        byte[] bytes = Encoding.Latin1.GetBytes(payload);
        byte[] sent = Out(Frames.TcpSegment(Client, 40000, Remote, port, Lan, Ack | Psh, bytes, sequence: 1001, acknowledgment: 1001));
        Assert.Equal(bytes, AssertPacket.That(sent).FromTo(Outside, Remote).IsTcp(40000, port, Ack | Psh, sequence: 1001).Payload);

        // The connection that PORT announces has nothing to arrive by.
        Router.Receive("wan", Tcp(Remote, 20, Outside, 156 * 256 + 74));
        Assert.Empty(Router.Sent("lan"));
    }

    [Fact]
    [Requirement("RFC 5382", "REQ-7", Level.MustNot)]
    public void Two_inside_hosts_never_share_an_outside_port()
    {
        byte[] first = Out(Tcp(Client, 40000, Remote, 443)), second = Out(Tcp(Other, 40000, Elsewhere, 80));
        Assert.NotEqual(SourcePort(first), SourcePort(second));
        AssertPacket.That(In(Tcp(Elsewhere, 80, Outside, SourcePort(second), Syn | Ack))).FromTo(Elsewhere, Other).IsTcp(80, 40000, Syn | Ack);
        Assert.Equal("lan received 2, lan forwarded 2, lan sent 1, wan received 1, wan forwarded 1, wan sent 2, sessions 2, mappings 2", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 5382", "REQ-9", Level.Should)]
    public void Destination_unreachable_reaches_the_host_with_its_code_and_its_own_segment()
    {
        byte[] syn = Tcp(Client, 40000, Remote, 443), translated = Out(syn);
        for (byte code = 0; code <= 15; code++)
        {
            AssertPacket error = AssertPacket.That(In(Error("203.0.113.1", Outside, 3, code, translated))).FromTo("203.0.113.1", Client).IsIcmp(3, code);
            Assert.Equal(Frames.Network(Frames.WithHeader(syn, header => header[8]--)), error.Quote);
        }
    }

    [Fact]
    [Requirement("RFC 5382", "REQ-10", Level.MustNot)]
    public void No_ICMP_message_ends_a_connection()
    {
        Conversation connection = Conversation.FromClient(Router);
        connection.Play("c:S s:SA c:A");
        byte[] translated = Tcp(Outside, 40000, Remote, 443, Ack), inside = Tcp(Remote, 443, Client, 40000, Ack);
        for (byte type = 0; type <= 18; type++)
            for (byte code = 0; code <= 15; code++)
            {
                Router.Receive("wan", Error(Remote, Outside, type, code, translated));
                Router.Receive("lan", Error(Client, Remote, type, code, inside));
            }

        Router.Sent("lan");
        Router.Sent("wan");
        Pass(TimeSpan.FromSeconds(7439));
        connection.Play("s:PA c:PA");
    }

    private void AssertAllForwarded(string segments, int mappings)
    {
        int inside = segments.Split(' ').Count(segment => segment[0] == 'c'), outside = segments.Split(' ').Length - inside;
        string made = mappings == 0 ? "sessions 1" : "sessions 1, mappings 1";
        Assert.Equal($"lan received {inside}, lan forwarded {inside}, lan sent {outside}, wan received {outside}, wan forwarded {outside}, wan sent {inside}, {made}",
            Router.Moved());
    }
}
