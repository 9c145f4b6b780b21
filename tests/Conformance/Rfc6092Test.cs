using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>RFC 6092: the stateful firewall for IPv6.</summary>
public sealed class Rfc6092Test : Ipv6Scenario
{
    private const byte Esp = 50, Sctp = 132, Dccp = 33, MobilityHeader = 135, HostIdentity = 139, Ipv6InIpv6 = 41;

    private static readonly byte[] SctpData = [0x9C, 0x40, 0, 80, .. new byte[20]], SctpInit = [0, 80, 0, 81, .. new byte[8], 1, 0, 0, 20, .. new byte[16]];

    [Theory]
    [InlineData("lan", "ff02::1", Remote, "MartianSource")]
    [InlineData("lan", "ff0e::1", Remote, "MartianSource")]
    [InlineData("wan", "ff0e::1", Client, "MartianSource")]
    [Requirement("RFC 6092", "REC-1", Level.MustNot)]
    public void A_multicast_source_does_not_cross(string ingress, string source, string destination, string reason) => AssertDropped(ingress, source, destination, reason);

    [Theory]
    [InlineData("lan", Client, "ff02::1", "MulticastNotRouted")]
    [InlineData("lan", Client, "ff08::1", "MulticastNotRouted")]
    [InlineData("wan", Remote, "ff0e::1", "MulticastNotRouted")]
    [Requirement("RFC 6092", "REC-2", Level.MustNot)]
    public void A_group_is_not_reached(string ingress, string source, string destination, string reason) => AssertDropped(ingress, source, destination, reason);

    [Theory]
    [InlineData("wan", "::ffff:192.168.25.10", OwnServer, "MartianSource")]
    [InlineData("wan", "::198.51.100.25", OwnServer, "MartianSource")]
    [InlineData("wan", "::1", OwnServer, "MartianSource")]
    [InlineData("lan", Client, "::ffff:203.0.113.25", "MartianDestination")]
    [InlineData("lan", Client, "::1", "MartianDestination")]
    [InlineData("wan", "fec0::1", OwnServer, "AddressNotGlobal")]
    [InlineData("lan", Client, "fec0::1", "AddressNotGlobal")]
    [InlineData("wan", "2001:10::1", OwnServer, "AddressNotGlobal")]
    [InlineData("wan", "fe80::1", OwnServer, "BeyondScope")]
    [Requirement("RFC 6092", "REC-3", Level.MustNot)]
    public void An_address_that_may_not_be_seen_outside_does_not_cross(string ingress, string source, string destination, string reason) =>
        AssertDropped(ingress, source, destination, reason);

    [Fact]
    [Requirement("RFC 6092", "REC-4", Level.MustNot)]
    public void A_routing_header_of_type_0_does_not_cross()
    {
        Router.Receive("wan", Ipv6.WithExtensions(Tcp(Remote, 40000, OwnServer, 587), Ipv6.Routing(0, 0)));
        Router.Receive("lan", Ipv6.WithExtensions(Udp(Client, 40000, Remote, 53), Ipv6.Options(), Ipv6.Routing(0, 1)));
        Assert.Equal((1, 1), (Router.Dropped("wan", global::Router.Packets.DropReason.RoutingHeaderType0), Router.Dropped("lan", global::Router.Packets.DropReason.RoutingHeaderType0)));
        Assert.Empty(Router.Sent("servers"));
    }

    [Theory]
    [InlineData("lan", "2001:db8:ffff::9", Remote, "SpoofedInsideSource")]
    [InlineData("lan", Server, Remote, "SpoofedInsideSource")]
    [InlineData("servers", Client, Remote, "SpoofedInsideSource")]
    [InlineData("lan", LanGateway, Remote, "SpoofedInsideSource")]
    [Requirement("RFC 6092", "REC-5", Level.MustNot)]
    public void An_outbound_source_is_inside(string ingress, string source, string destination, string reason) => AssertDropped(ingress, source, destination, reason);

    [Theory]
    [InlineData("wan", Client, OwnServer, "SpoofedOutsideSource")]
    [InlineData("wan", WanGateway, OwnServer, "SpoofedOutsideSource")]
    [Requirement("RFC 6092", "REC-6", Level.MustNot)]
    public void An_inbound_source_is_not_inside(string ingress, string source, string destination, string reason) => AssertDropped(ingress, source, destination, reason);

    [Theory]
    [InlineData("wan", "fd00::1", OwnServer, "AddressNotGlobal")]
    [InlineData("lan", Client, "fd00::1", "AddressNotGlobal")]
    [Requirement("RFC 6092", "REC-7", Level.ShouldNot)]
    public void A_unique_local_address_does_not_cross(string ingress, string source, string destination, string reason) => AssertDropped(ingress, source, destination, reason);

    [Fact]
    [Requirement("RFC 6092", "REC-10", Level.ShouldNot)]
    public void An_error_about_no_session_does_not_cross()
    {
        Router.Receive("wan", Error(Hop, Client, 1, 0, Udp(Client, 40000, Remote, 53)));
        Router.Receive("wan", Error(Hop, Client, 2, 0, Tcp(Client, 40000, Remote, 443)));
        Assert.Equal("wan received 2, wan dropped IcmpErrorWithoutSession 2", Router.Moved());
    }

    [Theory]
    [InlineData(120, true)]
    [InlineData(600, false)]
    [Requirement("RFC 6092", "REC-12", Level.MustNot)]
    public void Another_protocols_session_lives_for_two_minutes_at_least(int seconds, bool lives)
    {
        Out(Packet(Client, Remote, Ipv6InIpv6, new byte[40]));
        Pass(TimeSpan.FromSeconds(seconds));
        Router.Receive("wan", Packet(Remote, Client, Ipv6InIpv6, new byte[40]));
        Assert.Equal(lives ? 1 : 0, Router.Sent("lan").Count);
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(300, false)]
    [Requirement("RFC 6092", "REC-14", Level.MustNot)]
    public void A_UDP_session_lives_for_five_minutes(int seconds, bool lives)
    {
        Out(Udp(Client, 40000, Remote, 50000));
        Pass(TimeSpan.FromSeconds(seconds));
        Router.Receive("wan", Udp(Remote, 50000, Client, 40000));
        Assert.Equal(lives ? 1 : 0, Router.Sent("lan").Count);
    }

    [Fact]
    [Requirement("RFC 6092", "REC-16", Level.Must)]
    public void What_goes_out_refreshes_it()
    {
        Out(Udp(Client, 40000, Remote, 50000));
        Pass(TimeSpan.FromSeconds(200));
        Out(Udp(Client, 40000, Remote, 50000));
        Pass(TimeSpan.FromSeconds(200));
        In(Udp(Remote, 50000, Client, 40000));
    }

    [Fact]
    [Requirement("RFC 6092", "REC-19", Level.MustNot)]
    [Requirement("RFC 6092", "REC-37", Level.MustNot)]
    [Requirement("RFC 6092", "REC-42", Level.MustNot)]
    [Requirement("RFC 6092", "REC-46", Level.MustNot)]
    public void No_ICMPv6_message_ends_a_session()
    {
        byte[][] opened = [Out(Udp(Client, 40000, Remote, 50000)), Out(Tcp(Client, 40000, Remote, 443)), Out(Packet(Client, Remote, Sctp, SctpData)), Out(Packet(Client, Remote, Dccp, new byte[16]))];
        foreach (byte[] sent in opened)
            foreach (byte type in new byte[] { 1, 2, 3, 4 })
                In(Error(Hop, Client, type, 0, sent));
        Assert.Equal(4, Router.Path.Sessions.Count);
        In(Udp(Remote, 50000, Client, 40000));
        In(Packet(Remote, Client, Sctp, SctpData));
        In(Packet(Remote, Client, Dccp, new byte[16]));
        In(Tcp(Remote, 443, Client, 40000, Syn | Ack));
    }

    [Fact]
    [Requirement("RFC 6092", "REC-21", Level.MustNot)]
    public void The_Authentication_Header_passes_both_ways()
    {
        In(Ipv6.WithExtensions(Udp(Remote, 4000, Client, 4001), Ipv6.Authentication()));
        Out(Ipv6.WithExtensions(Udp(Client, 4001, Remote, 4000), Ipv6.Authentication()));
        In(Ipv6.WithExtensions(Tcp(Remote, 4000, Client, 4001), Ipv6.Authentication()));
        Router.Receive("wan", Udp(Elsewhere, 4000, Client, 4001));
        Assert.Empty(Router.Sent("lan"));
    }

    [Fact]
    [Requirement("RFC 6092", "REC-22", Level.MustNot)]
    [Requirement("RFC 6092", "REC-23", Level.Must)]
    [Requirement("RFC 6092", "REC-25", Level.Should)]
    public void ESP_passes_both_ways_and_so_do_errors_about_it()
    {
        In(Packet(Remote, Client, Esp, [1, 2, 3, 4, .. new byte[36]]));
        byte[] answer = Out(Packet(Client, Remote, Esp, [5, 6, 7, 8, .. new byte[36]]));
        Assert.Equal(1, Router.Path.Sessions.Count);
        AssertPacket.That(In(Error(Hop, Client, 2, 0, answer))).IsIcmp(2, 0);
        AssertPacket.That(In(Error(Hop, Client, 1, 0, answer))).IsIcmp(1, 0);
    }

    [Fact]
    [Requirement("RFC 6092", "REC-24", Level.MustNot)]
    public void IKE_passes_both_ways()
    {
        AssertPacket.That(In(Udp(Remote, 500, Client, 500))).IsUdp(500, 500);
        AssertPacket.That(In(Udp(Remote, 12345, Other, 500))).IsUdp(12345, 500);
        AssertPacket.That(Out(Udp(Client, 500, Remote, 500))).IsUdp(500, 500);
    }

    [Fact]
    [Requirement("RFC 6092", "REC-26", Level.MustNot)]
    public void The_Host_Identity_Protocol_passes_both_ways()
    {
        byte[] packet = [59, 4, .. new byte[38]];
        In(Packet(Remote, Client, HostIdentity, packet));
        Out(Packet(Client, Remote, HostIdentity, packet));
    }

    [Fact]
    [Requirement("RFC 6092", "REC-27", Level.MustNot)]
    public void An_answer_with_a_type_2_routing_header_passes()
    {
        Out(Tcp(Client, 40000, Remote, 443));
        In(Ipv6.WithExtensions(Tcp(Remote, 443, Client, 40000, Syn | Ack), Ipv6.Routing(2, 1)));
        Router.Receive("wan", Ipv6.WithExtensions(Udp(Remote, 443, Client, 40000), Ipv6.Routing(2, 1)));
        Assert.Empty(Router.Sent("lan"));
    }

    [Fact]
    [Requirement("RFC 6092", "REC-28", Level.Must)]
    [Requirement("RFC 6092", "REC-29", Level.Must)]
    public void Mobility_passes_where_it_was_opened_from_inside()
    {
        byte[] update = [59, 1, 5, .. new byte[13]];
        Router.Receive("wan", Packet(Elsewhere, Client, MobilityHeader, update));
        Assert.Empty(Router.Sent("lan"));
        byte[] sent = Out(Packet(Client, Remote, MobilityHeader, update));
        In(Packet(Remote, Client, MobilityHeader, update));
        AssertPacket.That(In(Error(Hop, Client, 2, 0, sent))).IsIcmp(2, 0);
    }

    [Fact]
    [Requirement("RFC 6092", "REC-30", Level.Must)]
    public void What_is_encapsulated_passes_both_ways()
    {
        Out(Packet(Client, Remote, Ipv6InIpv6, new byte[40]));
        In(Packet(Remote, Client, Ipv6InIpv6, new byte[40]));
    }

    [Theory]
    [InlineData("c:S s:SA c:A c:PA s:PA c:A s:A c:FA s:A s:FA c:A")]
    [InlineData("c:S s:SA c:A s:FA c:A c:PA s:A c:PA s:A c:FA s:A")]
    [InlineData("c:S c:S* s:SA s:SA* c:A c:A* c:PA c:PA* s:A c:FA c:FA* s:FA s:FA* c:A c:A*")]
    [InlineData("c:SP s:SA c:A s:PA c:FPA s:FPA c:A")]
    [InlineData("c:S s:RA")]
    [InlineData("c:S s:SA c:A c:PA s:RA")]
    [InlineData("c:S s:S c:SA* s:SA* c:A s:PA c:PA s:FA c:FA")]
    [Requirement("RFC 6092", "REC-31", Level.Must)]
    public void Every_valid_sequence_passes(string segments) => Conversation.OverIpv6(Router).Play(segments);

    [Theory]
    [InlineData(0)]
    [InlineData(70_000)]
    [InlineData(2_000_000_000)]
    [Requirement("RFC 6092", "REC-32", Level.MustNot)]
    public void A_segment_beyond_the_window_passes(int beyond)
    {
        Conversation.OverIpv6(Router).Play("c:S s:SA c:A");
        Router.Receive("wan", Frames.TcpSegment(Remote, 443, Client, 40000, Wan, Ack | Psh, [1, 2], sequence: 9_000_001 + (uint)beyond, acknowledgment: 1001));
        Assert.Single(Router.Sent("lan"));
    }

    [Fact]
    [Requirement("RFC 6092", "REC-34", Level.Must)]
    public void A_SYN_that_nobody_asked_for_is_refused_after_six_seconds() => AssertRefusedLater(Tcp(Remote, 40000, Client, 80));

    [Fact]
    [Requirement("RFC 6092", "REC-39", Level.Must)]
    public void An_INIT_that_nobody_asked_for_is_refused_after_six_seconds() => AssertRefusedLater(Packet(Remote, Client, Sctp, SctpInit));

    [Theory]
    [InlineData("c:S s:SA c:A", 7439, true)]
    [InlineData("c:S s:SA c:A", 7440, false)]
    [InlineData("c:S", 239, true)]
    [InlineData("c:S", 240, false)]
    [InlineData("c:S s:SA c:A c:FA s:FA c:A", 239, true)]
    [Requirement("RFC 6092", "REC-35", Level.MustNot)]
    public void An_idle_connection_is_kept(string segments, int seconds, bool lives)
    {
        Conversation.OverIpv6(Router).Play(segments);
        Pass(TimeSpan.FromSeconds(seconds));
        Router.Turn();
        Router.Receive("wan", Frames.TcpSegment(Remote, 443, Client, 40000, Wan, Ack));
        Assert.Equal(lives ? 1 : 0, Router.Sent("lan").Count);
    }

    [Fact]
    [Requirement("RFC 6092", "REC-36", Level.Must)]
    [Requirement("RFC 6092", "REC-41", Level.Must)]
    [Requirement("RFC 6092", "REC-45", Level.Must)]
    public void Errors_about_TCP_SCTP_and_DCCP_pass()
    {
        foreach (byte[] sent in new[] { Out(Tcp(Client, 40000, Remote, 443)), Out(Packet(Client, Remote, Sctp, SctpData)), Out(Packet(Client, Remote, Dccp, new byte[16])) })
            foreach (byte type in new byte[] { 1, 2 })
                AssertPacket.That(In(Error(Hop, Client, type, 0, sent))).FromTo(Hop, Client).IsIcmp(type, 0);
    }

    [Theory]
    [InlineData(Sctp)]
    [InlineData(Dccp)]
    [Requirement("RFC 6092", "REC-38", Level.Must)]
    [Requirement("RFC 6092", "REC-40", Level.MustNot)]
    [Requirement("RFC 6092", "REC-43", Level.Must)]
    public void Associations_pass_and_are_kept(byte protocol)
    {
        Router.Receive("wan", Packet(Elsewhere, Client, protocol, SctpData));
        Assert.Empty(Router.Sent("lan"));
        Out(Packet(Client, Remote, protocol, SctpData));
        In(Packet(Remote, Client, protocol, SctpData));
        Pass(TimeSpan.FromSeconds(7439));
        In(Packet(Remote, Client, protocol, SctpData));
    }

    [Fact]
    [Requirement("RFC 6092", "REC-47", Level.Must)]
    public void Shim6_passes()
    {
        Out(Ipv6.WithExtensions(Tcp(Client, 40000, Remote, 443), Ipv6.Options(140)));
        In(Ipv6.WithExtensions(Tcp(Remote, 443, Client, 40000, Syn | Ack), Ipv6.Options(140)));
    }

    [Fact]
    [Requirement("RFC 6092", "REC-49", Level.Must)]
    public void A_transparent_firewall_lets_everything_in_but_mail()
    {
        using var router = new TestRouter(Default with { Firewall = Default.Firewall with { TransparentIpv6 = true } });
        router.Host("lan", Client);
        router.Receive("wan", Frames.TcpSegment(Remote, 40000, Client, 22, router.Interface("wan").Mac));
        AssertPacket.That(router.SentOne("lan")).FromTo(Remote, Client).IsTcp(40000, 22, Syn);
        router.Receive("wan", Frames.TcpSegment(Remote, 25, Client, 22, router.Interface("wan").Mac));
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 25, router.Interface("lan").Mac));
        Assert.Equal("lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 2, wan received 2, wan forwarded 1, wan dropped Op25bFromPort25 1, "
            + "op25b dynamic blocked 1, sessions 1", router.Moved());
    }

    [Fact]
    [Requirement("RFC 6092", "REC-50", Level.MustNot)]
    public void The_router_is_not_managed_from_outside()
    {
        Assert.Null(Default.Metrics);
        foreach (ushort port in new ushort[] { 22, 23, 80, 443, 9125 })
        {
            Router.Receive("wan", Tcp(Remote, 40000, WanGateway, port));
            AssertPacket.That(Router.SentOne("wan")).IsTcp(port, 40000, Rst | Ack);
        }
    }

    private void AssertDropped(string ingress, string source, string destination, string reason)
    {
        byte[] frame = Ipv6.Packet(source, destination, 6, Tcp("2001:db8:25:1::5", 40000, "2001:db8:25:3::5", 587)[54..], Router.Interface(ingress).Mac);
        Router.Receive(ingress, frame);
        Assert.StartsWith($"{ingress} received 1, {ingress} dropped {reason} 1", Router.Moved());
        foreach (string other in new[] { "lan", "servers", "wan" }.Where(name => name != ingress))
            Assert.Empty(Router.Sent(other));
    }

    private void AssertRefusedLater(byte[] opening)
    {
        Router.Receive("wan", opening);
        Router.Wait(TimeSpan.FromSeconds(5.75));
        AssertSilence();
        Router.Wait(TimeSpan.FromSeconds(0.5));
        AssertPacket.That(Router.SentOne("wan")).FromTo(WanGateway, Remote).IsIcmp(1, 1).Quotes(opening);
    }
}
