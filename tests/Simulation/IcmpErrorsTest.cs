using Router.Configuration;
using Router.Wire;
using Support;

namespace Simulation;

/// <summary>ICMP errors about sessions, both ways (RFC 5508 section 4, RFC 5382 REQ-9). The plain cases are in TranslationTest.</summary>
public sealed class IcmpErrorsTest : IDisposable
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Hop = "203.0.113.1", Remote = "203.0.113.25", Outside = "203.0.113.2";

    /// <summary>IPv4 options that a path may add (RFC 791): a record of one hop, and padding.</summary>
    private static readonly byte[] Options = [7, 7, 8, 192, 0, 2, 1, 0];

    private readonly TestRouter _router = new(TestConfiguration.Default with
    {
        Nat = TestConfiguration.Default.Nat! with
        {
            PortForwards = [new PortForwardConfiguration { Protocol = TransportProtocol.Udp, Port = 8080, To = System.Net.IPEndPoint.Parse($"{Home}:80") }],
        },
    });

    public IcmpErrorsTest()
    {
        _router.Host("lan", Client);
        _router.Host("lan", Home);
        _router.Host("wan", Remote);
        _router.Host("wan", Hop);
    }

    public void Dispose() => _router.Dispose();

    private MacAddress Lan => _router.Interface("lan").Mac;

    private MacAddress Wan => _router.Interface("wan").Mac;

    [Theory]
    [InlineData(false, int.MaxValue)]
    [InlineData(true, int.MaxValue)]
    [InlineData(false, 28)]
    [InlineData(true, 36)]
    [InlineData(true, 44)]
    public void A_quote_may_have_IP_options_and_end_early(bool hasOptions, int quoted)
    {
        byte[] sent = Frames.TcpSegment(Client, 40000, Remote, 443, Lan, payload: [1, 2, 3]);
        _router.Receive("lan", sent);
        byte[] about = _router.SentOne("wan");
        byte[] expected = Frames.WithHeader(sent, header => header[8] = 63);
        _router.Receive("wan", Frames.IcmpError(Hop, Outside, 11, 0, hasOptions ? Frames.WithOptions(about, Options) : about, Wan, quoted));
        AssertPacket error = AssertPacket.That(_router.SentOne("lan")).FromTo(Hop, Client).IsIcmp(11, 0);
        byte[] whole = Frames.Network(hasOptions ? Frames.WithOptions(expected, Options) : expected);
        Assert.Equal(whole[..Math.Min(whole.Length, quoted)], error.Quote);
    }

    [Fact]
    public void The_error_itself_may_have_IP_options()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, Lan));
        byte[] error = Frames.IcmpError(Hop, Outside, 11, 0, _router.SentOne("wan"), Wan);
        _router.Receive("wan", Frames.WithOptions(error, Options));
        AssertPacket.That(_router.SentOne("lan")).FromTo(Hop, Client).IsIcmp(11, 0);
    }

    /// <summary>RFC 4884 section 5.1, RFC 5508 REQ-3: the length attribute, the padding and the extension structure stay as they are.</summary>
    [Fact]
    public void Extensions_survive()
    {
        byte[] sent = Frames.UdpDatagram(Client, 40000, Remote, 53, Lan);
        _router.Receive("lan", sent);
        byte[] about = _router.SentOne("wan");
        byte[] extension = [0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0x61, 0x40];
        ushort sum = (ushort)~InternetSum.Of(extension);
        (extension[2], extension[3]) = ((byte)(sum >> 8), (byte)sum);
        byte[] padded = [.. about, .. new byte[128 - Frames.Network(about).Length], .. extension];
        byte[] error = WithLengthAttribute(Frames.IcmpError(Hop, Outside, 11, 0, padded, Wan), words: 128 / 4);
        _router.Receive("wan", error);
        byte[] passed = _router.SentOne("lan");
        AssertPacket quote = AssertPacket.That(passed).FromTo(Hop, Client).IsIcmp(11, 0);
        byte[] original = Frames.Network(Frames.WithHeader(sent, header => header[8] = 63));
        Assert.Equal([.. original, .. new byte[128 - original.Length], .. extension], quote.Quote);
        Assert.Equal(32, passed[34 + 5]);
    }

    /// <summary>RFC 5508 REQ-3: the quoted transport checksum is not checked, and follows by difference; one of zero stays (RFC 768).</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0xBEEF)]
    public void The_quoted_transport_checksum_is_not_checked(int checksum)
    {
        byte[] sent = Frames.UdpDatagram(Client, 40000, Remote, 53, Lan);
        (sent[40], sent[41]) = ((byte)(checksum >> 8), (byte)checksum);
        _router.Receive("lan", sent);
        _router.Receive("wan", Frames.IcmpError(Remote, Outside, 3, 3, _router.SentOne("wan"), Wan));
        byte[] quote = AssertPacket.That(_router.SentOne("lan")).FromTo(Remote, Client).IsIcmp(3, 3).Quote;
        Assert.Equal(Frames.Network(Frames.WithHeader(sent, header => header[8] = 63)), quote);
    }

    [Fact]
    public void An_error_about_an_echo_request_has_its_identifier_turned_back()
    {
        byte[] other = Frames.Echo("192.168.25.11", Remote, 9, Lan), sent = Frames.Echo(Client, Remote, 9, Lan);
        _router.Host("lan", "192.168.25.11");
        _router.Receive("lan", other);
        _router.Receive("lan", sent);
        byte[] about = _router.Sent("wan")[1];
        _router.Receive("wan", Frames.IcmpError(Hop, Outside, 11, 0, about, Wan));
        byte[] quote = AssertPacket.That(_router.SentOne("lan")).FromTo(Hop, Client).IsIcmp(11, 0).Quote;
        Assert.Equal(Frames.Network(Frames.WithHeader(sent, header => header[8] = 63)), quote);
    }

    /// <summary>RFC 5508 REQ-7: between two hosts inside, by the outside address.</summary>
    [Fact]
    public void A_hairpinned_error_reaches_the_host_in_its_own_terms()
    {
        byte[] sent = Frames.UdpDatagram(Client, 40000, Outside, 8080, Lan);
        _router.Receive("lan", sent);
        byte[] hairpinned = _router.SentOne("lan");
        _router.Moved();
        _router.Receive("lan", Frames.IcmpError(Home, Outside, 3, 3, hairpinned, Lan));
        byte[] quote = AssertPacket.That(_router.SentOne("lan")).FromTo(Outside, Client).IsIcmp(3, 3).Quote;
        Assert.Equal(Frames.Network(Frames.WithHeader(sent, header => header[8] = 63)), quote);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1", _router.Moved());
    }

    /// <summary>The first fragment of a datagram may be what an error is about; a later one never is (RFC 1812 section 4.3.2.7).</summary>
    [Fact]
    public void A_first_fragment_may_be_quoted_and_a_later_one_may_not()
    {
        byte[][] fragments = Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 53, Lan, new byte[2000]), 77, 100);
        _router.Receive("lan", fragments[0]);
        _router.Receive("lan", fragments[1]);
        IReadOnlyList<byte[]> sent = _router.Sent("wan");
        _router.Moved();
        _router.Receive("wan", Frames.IcmpError(Hop, Outside, 11, 1, sent[0], Wan, quoted: 200));
        byte[] quote = AssertPacket.That(_router.SentOne("lan")).FromTo(Hop, Client).IsIcmp(11, 1).Quote;
        Assert.Equal(fragments[0][34..214], quote[20..]);
        _router.Receive("wan", Frames.IcmpError(Hop, Outside, 11, 1, sent[1], Wan, quoted: 200));
        Assert.Equal("lan sent 1, wan received 2, wan forwarded 1, wan dropped InvalidIcmpQuote 1", _router.Moved());
    }

    [Fact]
    public void An_error_that_quotes_an_error_or_comes_in_fragments_is_dropped()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, Lan, new byte[600]));
        byte[] about = _router.SentOne("wan");
        byte[] error = Frames.IcmpError(Hop, Outside, 11, 0, about, Wan);
        _router.Moved();
        _router.Receive("wan", Frames.IcmpError(Hop, Outside, 3, 1, error, Wan));
        foreach (byte[] fragment in Frames.Fragments(error, 77, 50))
            _router.Receive("wan", fragment);
        Assert.Equal("wan received 3, wan dropped InvalidIcmpChecksum 2, wan dropped InvalidIcmpQuote 1", _router.Moved());
    }

    private static byte[] WithLengthAttribute(byte[] error, byte words)
    {
        byte[] icmp = error[34..];
        icmp[5] = words;
        icmp[2] = icmp[3] = 0;
        ushort checksum = (ushort)~InternetSum.Of(icmp);
        (icmp[2], icmp[3]) = ((byte)(checksum >> 8), (byte)checksum);
        return [.. error[..34], .. icmp];
    }
}
