using System.Text;
using Router.Configuration;
using Support;

namespace Conformance;

/// <summary>RFC 8200 on the way, and what amends it about fragments and extension headers.</summary>
public sealed class Rfc8200Test : Ipv6Scenario
{
    [Fact]
    [Requirement("RFC 8200", "4", Level.MustNot)]
    [Requirement("RFC 8200", "4.3", Level.Expected)]
    [Requirement("RFC 7045", "2.1", Level.Must)]
    public void Extension_headers_cross_as_they_are()
    {
        (byte, byte[])[][] chains =
        [
            // An option with the action "discard" (RFC 8200 section 4.2) is for those who read hop-by-hop options.
            [(0, [0, 0xFE, 4, 1, 2, 3, 4])], [Ipv6.Options()], [Ipv6.Routing(2, 1)], [Ipv6.Routing(3, 0)], [Ipv6.Authentication()], [Ipv6.Options(135)], [Ipv6.Options(139)],
            [Ipv6.Options(140)], [Ipv6.FragmentHeader(1, 0, more: false)], [Ipv6.Options(0), Ipv6.Options(), Ipv6.Routing(2, 1), Ipv6.Authentication(), Ipv6.Options()],
        ];
        foreach ((byte, byte[])[] chain in chains)
        {
            byte[] segment = Ipv6.WithExtensions(Tcp(Client, 40000, Remote, 443), chain), sent = Out(segment);
            AssertPacket.That(sent).IsIpv6(hopLimit: 63).FromTo(Client, Remote);
            Assert.Equal(segment[54..], sent[54..]);
            Assert.Equal(segment[20], sent[20]);
        }

        Router.Moved();
        Router.Receive("lan", Packet(Client, Remote, 253, new byte[40]));
        Assert.Equal("lan received 1, lan dropped UnknownNextHeader 1, lan generated 1, lan sent 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 8200", "4.1", Level.Must)]
    public void Hop_by_hop_options_elsewhere_are_dropped()
    {
        Router.Receive("lan", Ipv6.WithExtensions(Tcp(Client, 40000, Remote, 443), Ipv6.Options(), Ipv6.Options(0)));
        Assert.Equal("lan received 1, lan dropped InvalidExtensionHeader 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 8200", "RFC 5095", Level.Must)]
    public void A_routing_header_of_type_0_is_told_of()
    {
        byte[] segment = Ipv6.WithExtensions(Tcp(Client, 40000, Remote, 443), Ipv6.Routing(0, 1));
        Router.Receive("lan", segment);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(4, 0, nextHopMtu: 42).Quotes(segment);
    }

    [Fact]
    [Requirement("RFC 8200", "4.5 router", Level.MustNot)]
    [Requirement("RFC 4443", "3.2", Level.Must)]
    public void What_is_too_big_is_never_cut_up()
    {
        using var router = new TestRouter(WithMtu("wan", 1280));
        router.Host("lan", Client);
        router.Host("wan", Remote);
        foreach (int length in new[] { 1233, 1452 })
        {
            byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 53, router.Interface("lan").Mac, new byte[length]);
            router.Receive("lan", datagram);
            AssertPacket.That(router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(2, 0, nextHopMtu: 1280).Quotes(datagram);
        }

        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, router.Interface("lan").Mac, new byte[1232]));
        Assert.Equal(1294, router.SentOne("wan").Length);
    }

    [Fact]
    [Requirement("RFC 8200", "4.5 first", Level.Must)]
    public void Later_fragments_go_with_the_protocol_of_the_first()
    {
        byte[] datagram = Ipv6.WithExtensions(Udp(Client, 40000, Remote, 53, new byte[200]), Ipv6.Options());
        byte[][] fragments = Ipv6.Fragments(datagram, 7, 5, 9);
        // What a later fragment says of its protocol means nothing.
        fragments[1][54] = 6;
        foreach (int i in new[] { 1, 0, 2 })
            Router.Receive("lan", fragments[i]);
        Assert.Equal(3, Router.Sent("wan").Count);
        Assert.Equal("lan received 3, lan forwarded 3, wan sent 3, sessions 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 8200", "5", Level.Must)]
    public void An_MTU_below_1280_is_an_error_of_the_configuration()
    {
        const string Text = """{ "Interfaces": [{ "Name": "lan", "Role": "Lan", "Tap": "lan", "Mtu": 1279, "Addresses": ["2001:db8::1/64"] }] }""";
        ConfigurationResult result = ConfigurationLoader.Load(new("router.jsonc"), Encoding.UTF8.GetBytes(Text));
        Assert.Contains(result.Errors, error => $"{error}".Contains("1279 is too small", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Requirement("RFC 5722", "4", Level.Must)]
    public void Fragments_that_overlap_take_their_datagram_with_them(int which)
    {
        byte[] segment = Tcp(Client, 40000, Remote, 443), longer = [.. segment, .. new byte[100]], part = longer[54..];
        byte[][] fragments =
        [
            Ipv6.Piece(longer, 7, 10, part[80..], more: false),
            which switch
            {
                0 => Ipv6.Piece(longer, 7, 5, part[40..88], more: true),
                1 => Ipv6.Piece(longer, 7, 10, part[80..], more: false),
                _ => Ipv6.Piece(longer, 7, 14, part[..16], more: true),
            },
            Ipv6.Piece(longer, 7, 0, part[..40], more: true),
            Ipv6.Piece(longer, 7, 5, part[40..80], more: true),
        ];
        foreach (byte[] fragment in fragments)
            Router.Receive("lan", fragment);
        Router.Wait(TimeSpan.FromSeconds(31));
        AssertSilence();
    }

    [Fact]
    [Requirement("RFC 6946", "4", Level.Must)]
    public void An_atomic_fragment_is_nobody_elses_business()
    {
        byte[] datagram = Udp(Client, 40000, Remote, 53, new byte[100]);
        byte[][] fragments = Ipv6.Fragments(datagram, 7, 5);
        Router.Receive("lan", fragments[0]);
        Out2(Ipv6.WithExtensions(datagram, Ipv6.FragmentHeader(7, 0, more: false)));
        Router.Receive("lan", fragments[1]);
        Assert.Single(Router.Sent("wan"));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(32)]
    [Requirement("RFC 7112", "5", Level.Expected)]
    public void A_first_fragment_has_the_whole_chain(int bytes)
    {
        byte[] segment = Ipv6.WithExtensions(Tcp(Client, 40000, Remote, 443), Ipv6.Options(60, 16));
        Router.Receive("lan", Ipv6.Piece(segment, 7, 0, segment[54..(54 + bytes)], more: true));
        Router.Receive("lan", Ipv6.Piece(segment, 7, bytes / 8, [.. segment[(54 + bytes)..], .. new byte[40]], more: false));
        AssertSilence();
        Assert.Equal("lan received 2, lan dropped IncompleteHeaderChain 2", Router.Moved());
    }

    private void Out2(byte[] frame)
    {
        Router.Receive("lan", frame);
        Assert.Equal(2, Router.Sent("wan").Count);
    }
}
