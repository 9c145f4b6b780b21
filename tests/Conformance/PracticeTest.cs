using Router.Wire;
using Support;
using TapDev;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>What others got wrong once.</summary>
public sealed class PracticeTest : Scenario
{
    [Theory]
    [InlineData("c:FA s:FA", "c:S s:SA c:A")]
    [InlineData("c:FA s:FA", "s:S c:SA s:A")]
    [InlineData("s:R", "c:S s:SA c:A")]
    [InlineData("c:R", "c:S s:SA c:A")]
    [Requirement("Practice", "reopen", Level.Should)]
    public void A_SYN_reopens_a_closed_connection_at_once(string end, string again)
    {
        Conversation connection = Conversation.FromClient(Router);
        connection.Play($"c:S s:SA c:A {end}");
        connection.Renumber();
        connection.Play(again);
        Pass(TimeSpan.FromSeconds(7439));
        connection.Play("s:PA c:PA");
        Assert.Equal(1, Router.Path.Sessions.Count);
    }

    [Fact]
    [Requirement("Practice", "reloaded rule", Level.Expected)]
    public void A_session_ends_with_the_port_forward_that_a_reload_removes()
    {
        In(Tcp(Remote, 50000, Outside, 8080));
        Assert.Equal(1, Router.Path.Sessions.Count);

        Router.Reload(Default with { Nat = Default.Nat! with { PortForwards = [] } });

        Assert.Equal(0, Router.Path.Sessions.Count);
        Router.Sent("lan");
        Router.Receive("wan", Tcp(Remote, 50000, Outside, 8080, Ack));
        Assert.Empty(Router.Sent("lan"));
    }

    [Fact]
    [Requirement("Practice", "UDP checksum 0", Level.Expected)]
    public void A_UDP_checksum_of_zero_stays_zero_and_a_computed_zero_is_sent_as_ones()
    {
        byte[] without = Udp(Client, 40000, Remote, 53);
        (without[40], without[41]) = (0, 0);
        byte[] sent = Out(without);
        Assert.Equal((0, 0), (sent[40], sent[41]));

        // A payload that makes the translated datagram's sum all ones.
        byte[] translated = Frames.UdpDatagram(Outside, 40000, Remote, 53, Lan, [0, 0]);
        byte[] datagram = Udp(Client, 40000, Remote, 53, translated[40..42]);
        sent = Out(datagram);
        Assert.Equal((0xFF, 0xFF), (sent[40], sent[41]));
        AssertPacket.That(sent).FromTo(Outside, Remote).IsUdp(40000, 53);
    }

    [Fact]
    [Requirement("Practice", "offloaded checksum", Level.Expected)]
    public void A_checksum_that_is_left_to_the_offload_stays_left_to_it()
    {
        Router.ReceiveRaw("lan", Frames.WithoutChecksum(Tcp(Client, 40000, Remote, 443)));
        byte[] raw = Assert.Single(Router.SentRaw("wan"));
        Assert.Equal(VirtioHeader.NeedsChecksum, raw[0]);
        ReadOnlySpan<byte> network = raw.AsSpan(VirtioHeader.Size + 14);
        Assert.Equal(InternetSum.Of([.. network[12..20], 0, 6, 0, 20]), network[36] << 8 | network[37]);
    }

    [Fact]
    [Requirement("Practice", "unreplied inbound", Level.Expected)]
    public void What_nobody_asked_for_takes_no_port()
    {
        Router.Receive("wan", Udp(Remote, 53, Outside, 40000));
        Router.Receive("wan", Tcp(Remote, 443, Outside, 40000));
        Router.Sent("wan");
        Assert.Equal(0, Router.Path.Sessions.Count);
        AssertPacket.That(Out(Udp(Client, 40000, Remote, 53))).FromTo(Outside, Remote).IsUdp(40000, 53);
        AssertPacket.That(Out(Tcp(Client, 40000, Remote, 443))).FromTo(Outside, Remote).IsTcp(40000, 443, Syn);
    }

    [Fact]
    [Requirement("Practice", "VLAN offload", Level.Expected)]
    public void A_tagged_frame_is_dropped_whatever_its_offload_says()
    {
        byte[] syn = Tcp(Client, 40000, Remote, 443);
        byte[] tagged = Frames.Raw([.. syn[..12], 0x81, 0, 0, 5, .. syn[12..]]);
        Router.ReceiveRaw("lan", tagged);
        VirtioHeader.Write(tagged, VirtioHeader.NeedsChecksum, VirtioHeader.GsoTcp4, 58, 1448, 38, 16);
        Router.ReceiveRaw("lan", tagged);
        AssertSilence();
        Assert.Equal("lan received 2, lan dropped VlanTagged 2", Router.Moved());
    }

    [Fact]
    [Requirement("Practice", "GSO checksum", Level.Expected)]
    public void A_super_frame_without_an_IPv4_checksum_leaves_with_one()
    {
        Conversation.FromClient(Router).Play("c:S s:SA c:A");
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, Lan, new byte[9000], 1448);
        (super[VirtioHeader.Size + 14 + 10], super[VirtioHeader.Size + 14 + 11]) = (0, 0);
        Router.ReceiveRaw("lan", super);
        byte[] raw = Assert.Single(Router.SentRaw("wan"));
        Assert.Equal(super.Length, raw.Length);
        AssertPacket.That(raw[VirtioHeader.Size..]).IsIpv4(ttl: 63).FromTo(Outside, Remote);
    }

    /// <summary>GRE (PPTP), ESP and AH (IPsec), IPIP: what comes back is told apart by its sender alone.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(47)]
    [InlineData(50)]
    [InlineData(51)]
    [Requirement("Practice", "VPN", Level.Expected)]
    public void A_protocol_without_ports_is_one_inside_hosts_for_each_remote_address(byte protocol)
    {
        AssertPacket.That(Out(Portless(protocol, Client, Remote))).IsIpv4(ttl: 63).FromTo(Outside, Remote);
        AssertPacket.That(In(Portless(protocol, Remote, Outside))).IsIpv4(ttl: 63).FromTo(Remote, Client);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1", Router.Moved());
        byte[] second = Portless(protocol, Other, Remote);
        Router.Receive("lan", second);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Other).IsIcmp(3, 1).Quotes(second);
        AssertSilence();
        Assert.Equal("lan received 1, lan dropped ProtocolTaken 1, lan generated 1, lan sent 1", Router.Moved());
        AssertPacket.That(Out(Portless(protocol, Other, Elsewhere))).FromTo(Outside, Elsewhere);
        AssertPacket.That(In(Portless(protocol, Elsewhere, Outside))).FromTo(Elsewhere, Other);
        AssertPacket.That(In(Portless(protocol, Remote, Outside))).FromTo(Remote, Client);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 2, wan received 2, wan forwarded 2, wan sent 1, sessions 1", Router.Moved());
    }

    [Theory]
    [InlineData(33)]
    [InlineData(136)]
    [Requirement("Practice", "other transports", Level.Expected)]
    public void A_transport_that_would_arrive_broken_is_refused(byte protocol)
    {
        byte[] packet = Portless(protocol, Client, Remote);
        Router.Receive("lan", packet);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(3, 13).Quotes(packet);
        AssertSilence();
        Assert.Equal("lan received 1, lan dropped ProtocolNotTranslated 1, lan generated 1, lan sent 1", Router.Moved());
    }

    /// <summary>It passes, for its receiver will challenge it; one that no receiver takes is dropped. Neither is believed here.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(30_000, true)]
    [InlineData(-1, false)]
    [InlineData(int.MinValue, false)]
    [Requirement("Practice", "inexact RST", Level.Must)]
    public void A_RST_that_is_not_exact_ends_nothing(int beside, bool passes)
    {
        Conversation connection = Conversation.FromClient(Router);
        connection.Play("c:S s:SA c:A");
        Router.Moved();
        const uint Expected = 9_000_001;
        Router.Receive("wan", Frames.TcpSegment(Remote, 443, Outside, 40000, Wan, Rst, sequence: unchecked(Expected + (uint)beside)));
        if (passes)
            AssertPacket.That(Router.SentOne("lan")).FromTo(Remote, Client).IsTcp(443, 40000, Rst, sequence: unchecked(Expected + (uint)beside));
        AssertSilence();
        Assert.Equal(passes ? "lan sent 1, wan received 1, wan forwarded 1" : "wan received 1, wan dropped TcpResetOutOfWindow 1", Router.Moved());
        Pass(TimeSpan.FromSeconds(7439));
        connection.Play("s:PA c:PA");
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1", Router.Moved());
    }
}
