using System.Net;
using Router.Configuration;

namespace Support;

/// <summary>The topology of DESIGN.md section 1, in both families, as a configuration.</summary>
internal static class TestConfiguration
{
    public static readonly RouterConfiguration Default = new()
    {
        Interfaces =
        [
            Interface("lan", InterfaceRole.Lan, "192.168.25.1", 24, "2001:db8:25:1::1"),
            Interface("servers", InterfaceRole.Servers, "198.51.100.1", 24, "2001:db8:25:2::1"),
            Interface("wan", InterfaceRole.Wan, "203.0.113.2", 24, "2001:db8:25:3::2"),
        ],
        Routes = [new RouteConfiguration { Destination = IPNetwork.Parse("0.0.0.0/0"), Via = IPAddress.Parse("203.0.113.1") },
            new RouteConfiguration { Destination = IPNetwork.Parse("::/0"), Via = IPAddress.Parse("2001:db8:25:3::1") }],
        Nat = new NatConfiguration
        {
            Addresses = [IPAddress.Parse("203.0.113.2")],
            PortForwards = [new PortForwardConfiguration { Protocol = TransportProtocol.Tcp, Port = 25, To = IPEndPoint.Parse("192.168.25.20:25") }],
        },
        Firewall = new FirewallConfiguration
        {
            Inbound =
            [
                new InboundRuleConfiguration { Protocol = TransportProtocol.Tcp, To = IPAddress.Parse("2001:db8:25:2::25"), Ports = [25, 465, 587] },
                new InboundRuleConfiguration { Protocol = TransportProtocol.Tcp, To = IPAddress.Parse("2001:db8:25:1::20"), Ports = [25] },
                new InboundRuleConfiguration { Protocol = TransportProtocol.Tcp, To = IPAddress.Parse("198.51.100.25"), Ports = [25, 465, 587] },
            ],
        },
        Sessions = new SessionsConfiguration { Capacity = 4096 },
        Op25b = new Op25bConfiguration
        {
            Groups =
            [
                new GroupConfiguration { Name = "dynamic", Sources = [IPNetwork.Parse("192.168.25.0/24"), IPNetwork.Parse("2001:db8:25:1::/64")] },
                new GroupConfiguration { Name = "fixed-ip", Sources = [IPNetwork.Parse("192.168.25.200/32"), IPNetwork.Parse("2001:db8:25:1::200/128")], Exempt = true, Reason = "fixed-address contract" },
            ],
            OwnMailServers = new OwnMailServersConfiguration { Addresses = [IPAddress.Parse("198.51.100.25"), IPAddress.Parse("2001:db8:25:2::25")] },
            Phases = [Phase(PhaseMode.Block, PhaseAction.Icmp)],
        },
    };

    /// <summary>The default, blocking, with no own mail servers but those that the names lead to; the provider's resolver is trusted.</summary>
    public static RouterConfiguration WithNames(params string[] hosts) => Default with
    {
        Op25b = Default.Op25b with
        {
            OwnMailServers = new OwnMailServersConfiguration { Hosts = hosts, TrustedResolvers = [IPAddress.Parse("198.51.100.53"), IPAddress.Parse("2001:db8:25:2::53")] },
        },
    };

    /// <summary>The default with one phase that rules from the beginning.</summary>
    public static RouterConfiguration With(PhaseMode mode, PhaseAction action = PhaseAction.Icmp) => WithPhases(Phase(mode, action));

    public static RouterConfiguration WithPhases(params PhaseConfiguration[] phases) => Default with { Op25b = Default.Op25b with { Phases = phases } };

    public static PhaseConfiguration Phase(PhaseMode mode, PhaseAction action = PhaseAction.Icmp, DateTimeOffset? from = null, string name = "op25b") =>
        new() { Name = name, From = from ?? DateTimeOffset.UnixEpoch, Mode = mode, Action = action };

    private static InterfaceConfiguration Interface(string name, InterfaceRole role, string address, int prefixLength, string ipv6) =>
        new() { Name = name, Role = role, Tap = name, Addresses = [new InterfaceAddress(IPAddress.Parse(address), prefixLength), new InterfaceAddress(IPAddress.Parse(ipv6), 64)] };
}
