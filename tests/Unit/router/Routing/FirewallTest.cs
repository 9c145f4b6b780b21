using Router.Packets;
using Router.Routing;
using Router.Wire;
using Tests.Packets;

namespace Tests.Routing;

/// <summary>Who may open what: Lan to anywhere, Servers to Wan, and the rest by a forward or a rule.</summary>
public sealed class FirewallTest
{
    private static readonly Network Network = new();

    private readonly Firewall _firewall = new([(Ipv4Header.Tcp, Network.Address("198.51.100.25"), 25), (Ipv4Header.Tcp, Network.Address("192.168.25.20"), 22)]);

    [Theory]
    [InlineData("lan", "wan", "None")]
    [InlineData("lan", "servers", "None")]
    [InlineData("lan", "lan", "None")]
    [InlineData("servers", "wan", "None")]
    [InlineData("servers", "servers", "None")]
    [InlineData("servers", "lan", "ServersToLan")]
    [InlineData("wan", "lan", "UnsolicitedInbound")]
    [InlineData("wan", "servers", "UnsolicitedInbound")]
    [InlineData("wan", "wan", "UnsolicitedInbound")]
    public void Without_a_rule_the_roles_decide_and_a_session_is_not_asked(string ingress, string egress, string reason)
    {
        Assert.Equal(reason, Check(ingress, egress, "192.0.2.1", 80).ToString());
        Assert.Equal(DropReason.None, Check(ingress, egress, "192.0.2.1", 80, session: 3));
    }

    [Theory]
    [InlineData("wan", "servers", "198.51.100.25", 25, "None")]
    [InlineData("wan", "servers", "198.51.100.25", 26, "UnsolicitedInbound")]
    [InlineData("wan", "servers", "198.51.100.26", 25, "UnsolicitedInbound")]
    [InlineData("servers", "lan", "192.168.25.20", 22, "None")]
    [InlineData("servers", "lan", "192.168.25.20", 23, "ServersToLan")]
    public void A_rule_lets_in_what_it_names_and_nothing_else(string ingress, string egress, string destination, ushort port, string reason) =>
        Assert.Equal(reason, Check(ingress, egress, destination, port).ToString());

    [Theory]
    [InlineData("wan", "lan", "None")]
    [InlineData("servers", "lan", "None")]
    [InlineData("wan", "wan", "UnsolicitedInbound")]
    public void A_port_forward_lets_in_to_the_inside(string ingress, string egress, string reason) =>
        Assert.Equal(reason, Check(ingress, egress, "192.168.25.20", 80, isForwarded: true).ToString());

    private DropReason Check(string ingress, string egress, string destination, ushort port, bool isForwarded = false, int session = Packet.NoSession)
    {
        var packet = new Packet(Network[ingress], [], frame: null)
        {
            Egress = Network[egress],
            Protocol = Ipv4Header.Tcp,
            RealDestination = Network.Address(destination),
            RealDestinationPort = port,
            Entry = isForwarded ? NatEntry.PortForward : NatEntry.None,
            Session = session,
        };
        return _firewall.Check(packet).Reason;
    }
}
