using Router.Configuration;
using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Wire;

namespace Router.Control;

/// <summary>Names the entries of the configuration that decided about a packet, by the facts that its journey left in it.</summary>
internal sealed class RuleNames(RouterConfiguration configuration, DataPath path, NameRules names)
{
    /// <summary>Of the port-25 filter. None: it is not concerned.</summary>
    public IReadOnlyList<Rule> OfFilter(in Packet packet, DropReason reason) => packet.Op25b switch
    {
        _ when reason == DropReason.Op25bQuarantined => [OfGroup(packet)],
        Op25bOutcome.Blocked or Op25bOutcome.Limited or Op25bOutcome.Monitored => [OfPhase(), OfGroup(packet)],
        Op25bOutcome.AllowedExempt => [OfGroup(packet)],
        Op25bOutcome.AllowedOwn => [OfOwnMailServer(packet)],
        _ when reason == DropReason.Op25bFromPort25 && path.Filter.Phase != Op25bPolicy.NoPhase => [OfPhase()],
        _ when reason == DropReason.TunnelBlocked => [new Rule("Op25b:Tunnels", "Block")],
        _ => [],
    };

    /// <summary>The name that made one of the packet's addresses an own mail server's.</summary>
    public Telemetry.OwnNameAddress? NameOf(in Packet packet) => packet.Op25b != Op25bOutcome.AllowedOwn ? null
        : names.NameOf(packet.Destination) ?? names.NameOf(packet.RealDestination) ?? names.NameOf(packet.Source);

    public Rule OfForward(in Packet packet)
    {
        byte protocol = packet.Protocol;
        ushort port = packet.DestinationPort;
        var destination = packet.Destination.ToIPAddress();
        int index = (configuration.Nat?.PortForwards ?? []).ToList().FindIndex(forward =>
            DataPath.NumberOf(forward.Protocol) == protocol && port >= forward.Port && port <= (forward.LastPort ?? forward.Port) && (forward.Address is null || forward.Address.Equals(destination)));
        return new Rule(index < 0 ? "Nat:PortForwards" : $"Nat:PortForwards:{index}", $"{EndPoint(packet.Destination, packet.DestinationPort)} to {EndPoint(packet.RealDestination, packet.RealDestinationPort)}");
    }

    /// <summary>Null: no inbound rule is about it.</summary>
    public Rule? OfInbound(in Packet packet)
    {
        byte protocol = packet.Protocol;
        ushort port = packet.RealDestinationPort;
        var to = packet.RealDestination.ToIPAddress();
        int index = configuration.Firewall.Inbound.ToList().FindIndex(rule => DataPath.NumberOf(rule.Protocol) == protocol && rule.To.Equals(to) && rule.Ports.Contains(port));
        if (index >= 0)
            return new Rule($"Firewall:Inbound:{index}", $"{configuration.Firewall.Inbound[index].Protocol} to {to}");
        return packet.IsIpv6 && configuration.Firewall.TransparentIpv6 ? new Rule("Firewall:TransparentIpv6", "true") : null;
    }

    /// <summary>Null: the route is an interface's own network, which its addresses make.</summary>
    public Rule? OfRoute(Route? route)
    {
        if (route is null)
            return null;
        if (route.Kind != RouteKind.Static)
            return new Rule($"Interfaces:{route.Interface.Index}", $"\"{route.Interface.Name}\"");
        int index = configuration.Routes.ToList().FindIndex(entry => IpPrefix.From(entry.Destination) == route.Prefix && IpAddress.From(entry.Via) == route.NextHop);
        return new Rule(index < 0 ? "Routes" : $"Routes:{index}", $"{route.Prefix} via {route.NextHop}");
    }

    private Rule OfPhase()
    {
        Phase phase = path.Filter.Policy.Phases[path.Filter.Phase];
        // The policy has them in the order of their starts; the path is the configuration's.
        int index = configuration.Op25b.Phases.ToList().FindIndex(entry => entry.Name == phase.Name);
        string details = phase.Mode switch
        {
            Mode.Block => $", {phase.Action}",
            Mode.Limit => $", {phase.SessionsPerMinute} a minute, {phase.Action}",
            _ => "",
        };
        return new Rule($"Op25b:Phases:{index}", $"\"{phase.Name}\" ({phase.Mode}{details})");
    }

    private Rule OfGroup(in Packet packet)
    {
        if (packet.Group >= configuration.Op25b.Groups.Count)
            return new Rule("", "no group has the source (\"ungrouped\", not exempt)");
        GroupConfiguration group = configuration.Op25b.Groups[packet.Group];
        string reason = group.Reason is { } text ? $", {text}" : "";
        return new Rule($"Op25b:Groups:{packet.Group}", $"\"{group.Name}\" ({(group.Exempt ? "exempt" : "not exempt")}{reason})");
    }

    private Rule OfOwnMailServer(in Packet packet) =>
        names.RuleOf(packet.Destination) ?? names.RuleOf(packet.RealDestination) ?? names.RuleOf(packet.Source) ?? new Rule("Op25b:OwnMailServers", "");

    private static string EndPoint(in IpAddress address, ushort port) => address.IsIpv4 ? $"{address}:{port}" : $"[{address}]:{port}";
}
