using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>RFC 5508: what NAT does to ICMP.</summary>
public sealed class Rfc5508Test : Scenario
{
    private const string Hop = "203.0.113.1";

    [Fact]
    [Requirement("RFC 5508", "REQ-1", Level.Must)]
    [Requirement("RFC 5508", "REQ-10", Level.Must)]
    public void A_ping_from_inside_and_its_answer_pass()
    {
        AssertPacket.That(Out(Echo(Client, Remote, 77))).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsEcho(8, 77);
        AssertPacket.That(In(Echo(Remote, Outside, 77, isReply: true))).IsIpv4(ttl: 63).FromTo(Remote, Client).IsEcho(0, 77);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1, mappings 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 5508", "REQ-1a", Level.Should)]
    public void A_query_identifier_is_mapped_alike_for_all_destinations()
    {
        Out(Echo(Client, Remote, 77));
        ushort mapped = Identifier(Out(Echo(Other, Remote, 77)));
        Assert.NotEqual(77, mapped);
        Assert.Equal(mapped, Identifier(Out(Echo(Other, Elsewhere, 77))));
        AssertPacket.That(In(Echo(Elsewhere, Outside, mapped, isReply: true))).FromTo(Elsewhere, Other).IsEcho(0, 77);
        Assert.Equal("lan received 3, lan forwarded 3, lan sent 1, wan received 1, wan forwarded 1, wan sent 3, sessions 3, mappings 2", Router.Moved());
    }

    [Theory]
    [InlineData(59_999, true)]
    [InlineData(60_000, false)]
    [Requirement("RFC 5508", "REQ-2", Level.MustNot)]
    public void A_query_may_be_answered_for_a_minute(int milliseconds, bool lives)
    {
        Out(Echo(Client, Remote, 77));
        Pass(TimeSpan.FromMilliseconds(milliseconds));
        Router.Receive("wan", Echo(Remote, Outside, 77, isReply: true));
        Assert.Equal(lives ? 1 : 0, Router.Sent("lan").Count);
    }

    [Fact]
    [Requirement("RFC 5508", "REQ-3", Level.Should)]
    public void An_error_with_a_bad_checksum_is_dropped_in_silence()
    {
        byte[] error = Error(Hop, Outside, 3, 1, OpenUdp());
        error[^1] ^= 1;
        Router.Receive("wan", error);
        AssertSilence();
        Assert.Equal("wan received 1, wan dropped InvalidIcmpChecksum 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 5508", "REQ-3a", Level.Should)]
    public void An_error_that_quotes_a_bad_IP_checksum_is_dropped_in_silence()
    {
        byte[] quoted = OpenUdp();
        quoted[14 + 10] ^= 1;
        Router.Receive("wan", Error(Hop, Outside, 3, 1, quoted));
        AssertSilence();
        Assert.Equal("wan received 1, wan dropped InvalidIcmpQuote 1", Router.Moved());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(24)]
    [InlineData(40)]
    [Requirement("RFC 5508", "REQ-3b", Level.Must)]
    public void Options_in_the_quote_are_stepped_over(int length)
    {
        byte[] options = Enumerable.Repeat((byte)1, length).ToArray(), original = Udp(Client, 40000, Remote, 53);
        byte[] translated = Out(Frames.WithOptions(original, options));
        AssertPacket error = AssertPacket.That(In(Error(Hop, Outside, 11, 0, translated))).FromTo(Hop, Client).IsIcmp(11, 0);
        Assert.Equal(Lived(Frames.WithOptions(original, options)), error.Quote);
    }

    [Fact]
    [Requirement("RFC 5508", "REQ-3c", Level.ShouldNot)]
    public void A_wrong_transport_checksum_in_the_quote_stops_no_error()
    {
        byte[] quoted = OpenUdp();
        quoted[^1] ^= 0xFF;
        AssertPacket.That(In(Error(Hop, Outside, 3, 3, quoted))).FromTo(Hop, Client).IsIcmp(3, 3);
        Assert.Equal("lan sent 1, wan received 1, wan forwarded 1", Router.Moved());
    }

    /// <summary>RFC 4884 section 3: the quote is padded to 128 bytes, its length in words is in the header, and an object follows.</summary>
    [Fact]
    [Requirement("RFC 5508", "REQ-3d", Level.Must)]
    public void Extensions_behind_the_quote_survive()
    {
        byte[] original = Udp(Client, 40000, Remote, 53), translated = Out(original), labels = [0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0x31, 1];
        ushort sum = (ushort)~InternetSum.Of(labels);
        (labels[2], labels[3]) = ((byte)(sum >> 8), (byte)sum);
        byte[] padded = [.. translated, .. new byte[14 + 128 - translated.Length], .. labels];
        byte[] error = Error(Hop, Outside, 11, 0, padded);
        error[14 + 20 + 5] = 32;
        (error[36], error[37]) = (0, 0);
        sum = (ushort)~InternetSum.Of(error[34..]);
        (error[36], error[37]) = ((byte)(sum >> 8), (byte)sum);

        byte[] sent = In(error);
        AssertPacket read = AssertPacket.That(sent).FromTo(Hop, Client).IsIcmp(11, 0);
        Assert.Equal(32, sent[39]);
        Assert.Equal([.. Lived(original), .. new byte[128 - (original.Length - 14)], .. labels], read.Quote);
    }

    /// <summary>The quote may end behind its eighth transport byte (RFC 792), anywhere behind, or be whole.</summary>
    [Theory]
    [InlineData(28)]
    [InlineData(36)]
    [InlineData(int.MaxValue)]
    [Requirement("RFC 5508", "REQ-4", Level.Must)]
    [Requirement("RFC 5508", "REQ-10", Level.Must)]
    public void An_error_from_outside_reaches_the_host_in_its_own_terms(int quoted)
    {
        foreach (byte[] original in new[] { Udp(Client, 40000, Remote, 53, new byte[40]), Tcp(Client, 40000, Remote, 443), Echo(Client, Remote, 77) })
        {
            byte[] translated = Out(original);
            foreach ((byte type, byte code) in new (byte, byte)[] { (3, 1), (3, 4), (11, 0), (11, 1), (12, 0) })
            {
                AssertPacket error = AssertPacket.That(In(Error(Hop, Outside, type, code, translated, quoted))).IsIpv4(ttl: 63).FromTo(Hop, Client).IsIcmp(type, code);
                byte[] expected = Lived(original);
                Assert.Equal(expected[..Math.Min(expected.Length, quoted)], error.Quote);
            }
        }
    }

    [Fact]
    [Requirement("RFC 5508", "REQ-4", Level.Must)]
    [Requirement("RFC 5508", "REQ-5", Level.Must)]
    public void An_error_about_nothing_that_is_known_is_dropped_in_silence()
    {
        Router.Receive("wan", Error(Hop, Outside, 3, 1, Udp(Outside, 40000, Remote, 53)));
        Router.Receive("wan", Error(Hop, Outside, 3, 1, Echo(Outside, Remote, 77)));
        Router.Receive("lan", Error(Client, Remote, 3, 3, Tcp(Remote, 443, Client, 40000)));
        AssertSilence();
        Assert.Equal("lan received 1, lan dropped IcmpErrorWithoutSession 1, wan received 2, wan dropped IcmpErrorWithoutSession 2", Router.Moved());
    }

    /// <summary>The world learns the address of neither the host nor a router behind it.</summary>
    [Theory]
    [InlineData(Home)]
    [InlineData(Client)]
    [Requirement("RFC 5508", "REQ-5", Level.Must)]
    public void An_error_from_inside_reaches_the_world_in_its_terms(string sender)
    {
        byte[] original = Tcp(Remote, 50000, Outside, 8080), inside = In(original);
        Router.Moved();
        AssertPacket error = AssertPacket.That(Out(Error(sender, Remote, 3, 1, inside))).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsIcmp(3, 1);
        Assert.Equal(Lived(original), error.Quote);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1", Router.Moved());
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(60, false)]
    [Requirement("RFC 5508", "REQ-6", Level.MustNot)]
    public void An_error_neither_refreshes_nor_ends_a_query(int seconds, bool lives)
    {
        byte[] translated = Out(Echo(Client, Remote, 77));
        Pass(TimeSpan.FromSeconds(30));
        In(Error(Hop, Outside, 3, 1, translated));
        Pass(TimeSpan.FromSeconds(seconds - 30));
        Router.Receive("wan", Echo(Remote, Outside, 77, isReply: true));
        Assert.Equal(lives ? 1 : 0, Router.Sent("lan").Count);
    }

    [Fact]
    [Requirement("RFC 5508", "REQ-7", Level.Must)]
    public void A_hairpinned_error_reaches_the_other_inside_host_in_its_own_terms()
    {
        byte[] original = Tcp(Client, 40000, Outside, 8080);
        Router.Receive("lan", original);
        byte[] inside = Router.SentOne("lan");
        Router.Moved();
        Router.Receive("lan", Error(Home, Outside, 3, 3, inside));
        AssertPacket error = AssertPacket.That(Router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(Outside, Client).IsIcmp(3, 3);
        Assert.Equal(Lived(original), error.Quote);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 5508", "REQ-8", Level.Should)]
    [Requirement("RFC 1812", "5.2.7.1 code 13", Level.Should)]
    public void What_the_administrator_refuses_is_answered_with_3_13()
    {
        byte[] syn = Tcp(Server, 40000, Client, 22);
        Router.Receive("servers", syn);
        AssertPacket.That(Router.SentOne("servers")).FromTo(ServersGateway, Server).IsIcmp(3, 13).Quotes(syn);
        byte[] mail = Tcp(Client, 40000, Remote, 25);
        Router.Receive("lan", mail);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(3, 13).Quotes(mail);
        Assert.Equal("lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, servers received 1, servers dropped ServersToLan 1, servers generated 1, "
            + "servers sent 1, op25b dynamic blocked 1", Router.Moved());
    }

    /// <summary>A datagram as it left, whose session is known.</summary>
    private byte[] OpenUdp()
    {
        byte[] translated = Out(Udp(Client, 40000, Remote, 53));
        Router.Moved();
        return translated;
    }

    /// <summary>The packet as its sender knows it, but for the hop that it lost here.</summary>
    private static byte[] Lived(byte[] frame)
    {
        byte[] packet = Frames.Network(frame);
        packet[8]--;
        packet[10] = packet[11] = 0;
        ushort sum = (ushort)~InternetSum.Of(packet[..((packet[0] & 0xF) * 4)]);
        (packet[10], packet[11]) = ((byte)(sum >> 8), (byte)sum);
        return packet;
    }
}
