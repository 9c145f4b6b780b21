using System.Net;
using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>Inside hosts that meet by outside endpoints (RFC 4787 section 6, RFC 5382 section 7.2), whatever the filtering.</summary>
public sealed class HairpinTest : Scenario
{
    [Theory]
    [InlineData(nameof(FilteringMode.EndpointIndependent))]
    [InlineData(nameof(FilteringMode.AddressDependent))]
    [InlineData(nameof(FilteringMode.AddressAndPortDependent))]
    [Requirement("RFC 4787", "REQ-9", Level.Must)]
    [Requirement("RFC 4787", "REQ-9a", Level.Must)]
    public void Datagrams_between_two_inside_hosts_turn_here_by_their_mappings(string filtering)
    {
        Restart(Default with { Nat = Default.Nat! with { Filtering = Enum.Parse<FilteringMode>(filtering) } });
        Out(Udp(Client, 40000, Remote, 3478));
        Out(Udp(Other, 41000, Remote, 3478));
        Router.Moved();
        AssertPacket.That(Turned(Udp(Other, 41000, Outside, 40000))).IsIpv4(ttl: 63).FromTo(Outside, Client).IsUdp(41000, 40000);
        AssertPacket.That(Turned(Udp(Client, 40000, Outside, 41000))).IsIpv4(ttl: 63).FromTo(Outside, Other).IsUdp(40000, 41000);
        Assert.Equal("lan received 2, lan forwarded 2, lan sent 2, sessions 1", Router.Moved());
    }

    [Theory]
    [InlineData(nameof(FilteringMode.EndpointIndependent))]
    [InlineData(nameof(FilteringMode.AddressDependent))]
    [InlineData(nameof(FilteringMode.AddressAndPortDependent))]
    [Requirement("RFC 5382", "REQ-8", Level.Must)]
    [Requirement("RFC 5382", "REQ-8a", Level.Must)]
    public void A_connection_between_two_inside_hosts_turns_here_by_their_mappings(string filtering)
    {
        Restart(Default with { Nat = Default.Nat! with { Filtering = Enum.Parse<FilteringMode>(filtering) } });
        Out(Tcp(Client, 40000, Remote, 443));
        Router.Moved();
        AssertPacket.That(Turned(Tcp(Other, 41000, Outside, 40000))).IsIpv4(ttl: 63).FromTo(Outside, Client).IsTcp(41000, 40000, Syn);
        AssertPacket.That(Turned(Tcp(Client, 40000, Outside, 41000, Syn | Ack))).IsIpv4(ttl: 63).FromTo(Outside, Other).IsTcp(40000, 41000, Syn | Ack);
        AssertPacket.That(Turned(Tcp(Other, 41000, Outside, 40000, Ack))).IsIpv4(ttl: 63).FromTo(Outside, Client).IsTcp(41000, 40000, Ack);
        Assert.Equal("lan received 3, lan forwarded 3, lan sent 3, sessions 1, mappings 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 4787", "REQ-9", Level.Must)]
    [Requirement("RFC 5382", "REQ-8", Level.Must)]
    public void A_port_forward_is_reached_from_inside_as_from_outside()
    {
        Restart(Default with { Nat = Default.Nat! with { PortForwards = [Forward(TransportProtocol.Tcp, 8080, 80), Forward(TransportProtocol.Udp, 8081, 81)] } });
        AssertPacket.That(Turned(Tcp(Client, 40000, Outside, 8080))).FromTo(Outside, Home).IsTcp(40000, 80, Syn);
        AssertPacket.That(Turned(Tcp(Home, 80, Outside, 40000, Syn | Ack))).FromTo(Outside, Client).IsTcp(8080, 40000, Syn | Ack);
        AssertPacket.That(Turned(Udp(Client, 40000, Outside, 8081))).FromTo(Outside, Home).IsUdp(40000, 81);
        AssertPacket.That(Turned(Udp(Home, 81, Outside, 40000))).FromTo(Outside, Client).IsUdp(8081, 40000);
        Assert.Equal("lan received 4, lan forwarded 4, lan sent 4, sessions 2, mappings 2", Router.Moved());
    }

    /// <summary>A server has an address of its own, and is seen by it.</summary>
    [Fact]
    [Requirement("RFC 4787", "REQ-9", Level.Must)]
    [Requirement("RFC 5382", "REQ-8", Level.Must)]
    public void A_server_reaches_a_port_forward_too_and_is_seen_by_its_address()
    {
        Router.Receive("servers", Tcp(Server, 40000, Outside, 8080));
        AssertPacket.That(Router.SentOne("lan")).FromTo(Server, Home).IsTcp(40000, 80, Syn);
        Router.Receive("lan", Tcp(Home, 80, Server, 40000, Syn | Ack));
        AssertPacket.That(Router.SentOne("servers")).FromTo(Outside, Server).IsTcp(8080, 40000, Syn | Ack);
        Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, servers received 1, servers forwarded 1, servers sent 1, sessions 1", Router.Moved());
    }

    /// <summary>The frame comes in from the LAN, and what left by the LAN is one frame.</summary>
    private byte[] Turned(byte[] frame)
    {
        Router.Receive("lan", frame);
        return Router.SentOne("lan");
    }

    private static PortForwardConfiguration Forward(TransportProtocol protocol, int port, int to) =>
        new() { Protocol = protocol, Port = port, To = new IPEndPoint(IPAddress.Parse(Home), to) };
}
