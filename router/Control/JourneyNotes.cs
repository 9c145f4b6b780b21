using Router.Configuration;
using Router.Neighbors;
using Router.Nat;
using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router.Control;

/// <summary>What each stage found, told afterwards by the facts that the journey left in the packet. The order is <see cref="Stage"/>'s: the journey's own.</summary>
internal sealed class JourneyNotes(DataPath path, RuleNames rules, KeyPlaces? places)
{
    /// <summary>The stages up to the one that ended the journey.</summary>
    public IReadOnlyList<ExplainedStage> Of(in Packet packet, Verdict verdict)
    {
        Stage last = LastOf(packet, verdict);
        var notes = new List<ExplainedStage>();
        foreach (Stage stage in Enum.GetValues<Stage>())
        {
            if (stage > last)
                break;
            if (stage != last && !IsOnTheWay(stage, packet))
                continue;
            (string text, Rule? rule) = stage == last && verdict.Outcome == Outcome.Dropped ? (DropCatalogue.Of(verdict.Reason).Text, RuleOf(stage, packet, verdict)) : Tell(stage, packet, verdict);
            notes.Add(new ExplainedStage($"{stage}", stage == last ? Name(verdict) : "passed", text, rule is { } named ? $"{named}" : null, rule is { Path.Length: > 0 } entry ? places?.PlaceOf(entry.Path) : null));
        }

        return notes;
    }

    public static string Name(Verdict verdict) => verdict.Outcome.ToString().ToLowerInvariant();

    public static Stage LastOf(in Packet packet, Verdict verdict) => verdict.Outcome switch
    {
        // What came to every station of a link is refused where it is read.
        Outcome.Dropped when verdict.Reason == DropReason.BroadcastNotRouted && packet.Egress is null && IsToAllStations(packet) => Stage.Parse,
        Outcome.Dropped => DropCatalogue.Of(verdict.Reason).Stage,
        Outcome.Held => packet.Egress is null ? Stage.Fragment : Stage.Neighbor,
        Outcome.Delivered => packet.IsNeighborMessage ? Stage.NeighborMessage : Stage.Local,
        _ => Stage.Emit,
    };

    /// <summary>The tuple as people write it.</summary>
    public static string Show(in Packet packet)
    {
        if (packet.IsNeighborMessage && !packet.IsIpv6)
            return "arp";
        if (packet.NetworkLength == 0)
            return "a frame that is no packet";
        string flags = packet.IsTcp && packet.TransportHeaderLength > 0 ? $" [{packet.TcpFlags}]" : "";
        return $"{FlowKey.Of(packet)}{flags}";
    }

    private static bool IsToAllStations(in Packet packet) =>
        packet.Bytes.Length >= Packet.NetworkOffset && new EthernetHeader(packet.Bytes[TapDev.VirtioHeader.Size..]).Destination.IsGroup;

    private static bool IsOnTheWay(Stage stage, in Packet packet) => stage switch
    {
        Stage.NeighborMessage => packet.IsNeighborMessage,
        Stage.Fragment => packet.IsFragment,
        _ => true,
    };

    private Rule? RuleOf(Stage stage, in Packet packet, Verdict verdict) => stage switch
    {
        Stage.Op25b => rules.OfFilter(packet, verdict.Reason) is [var first, ..] ? first : null,
        _ => null,
    };

    private (string Text, Rule? Rule) Tell(Stage stage, in Packet packet, Verdict verdict) => stage switch
    {
        Stage.Parse => ($"{Show(packet)}, by {packet.Ingress.Name}, {packet.NetworkLength} bytes", null),
        Stage.NeighborMessage => ("a message between neighbours: the router answers it, or learns from it", null),
        Stage.AntiSpoofing => TellSource(packet),
        Stage.Fragment => (packet.FragmentUnits == 0 ? "the first fragment of a datagram: its verdict is the others' too"
            : verdict.Outcome == Outcome.Held && packet.Egress is null ? "a later fragment waits for its datagram's first one, which has the ports" : "a later fragment, which goes where its first one goes", null),
        Stage.Lookup => TellLookup(packet),
        Stage.Op25b => (TellFilter(packet), rules.OfFilter(packet, DropReason.None) is [var first, ..] ? first : null),
        Stage.Local => (verdict.Outcome == Outcome.Delivered ? "it is for the router itself" : "it is for somebody else", null),
        Stage.HopLimit => ($"{(packet.IsIpv6 ? "hop limit" : "TTL")} {packet.Ttl}", null),
        Stage.Route => TellRoute(packet),
        Stage.Firewall => TellFirewall(packet),
        Stage.Mtu => (packet.Egress is { } egress ? $"{packet.LargestPacket} of {egress.Mtu} bytes" : "", null),
        Stage.Admit => (TellAdmission(packet), null),
        Stage.Neighbor => (TellNeighbor(packet, verdict), null),
        Stage.Emit => ($"leaves by {packet.Egress?.Name}", null),
    };

    private (string, Rule?) TellSource(in Packet packet)
    {
        if (packet.Source.IsLinkLocal)
            return ($"{packet.Source} is of this link", null);
        Route? route = path.Routes.Lookup(packet.Source);
        return route is null || route.IsDefault ? ($"{packet.Source} is behind no inside interface", null) : ($"{packet.Source} is behind {route.Interface.Name} ({route.Prefix})", rules.OfRoute(route));
    }

    private (string, Rule?) TellLookup(in Packet packet) => packet.Entry switch
    {
        NatEntry.PortForward => ("a port forward leads to an inside host", rules.OfForward(packet)),
        NatEntry.Mapping => ($"the mapping of {packet.RealDestination}:{packet.RealDestinationPort} lets it in", null),
        NatEntry.Filtered => ("a mapping has the port, and its filtering does not let this sender in", null),
        _ when packet.Session >= 0 && !WasOpened(packet) => ($"belongs to {SessionOf(packet)}", null),
        _ => ("belongs to no session", null),
    };

    private string TellFilter(in Packet packet) => packet.Op25b switch
    {
        Op25bOutcome.AllowedOwn => "one end is an own mail server",
        Op25bOutcome.AllowedExempt => "the source's group is exempt",
        Op25bOutcome.Monitored when path.Filter.Policy.ModeOf(path.Filter.Phase) == Mode.Limit => "counts against the host's limit of new sessions to port 25",
        Op25bOutcome.Monitored => "would be blocked if the phase in force did not only monitor",
        _ when !packet.IsTcp || !IsPort25(packet) => "not about TCP port 25",
        _ when packet.Session >= 0 && !WasOpened(packet) => "the policy in force has allowed its session, or lets it drain",
        _ when packet.Ingress.IsInside => path.Filter.Phase == Op25bPolicy.NoPhase ? "no phase rules yet" : $"phase {path.Filter.PhaseName} is not about it",
        _ => "comes from outside to port 25: the filter is about what inside hosts send",
    };

    private (string, Rule?) TellRoute(in Packet packet)
    {
        if (packet.Egress is not { } egress)
            return ("", null);
        Route? route = path.Routes.Lookup(packet.RealDestination);
        string through = route is { Kind: RouteKind.Static } ? $" through {route.NextHop}" : "";
        return ($"{packet.RealDestination} is behind {egress.Name}{through}", rules.OfRoute(route));
    }

    private (string, Rule?) TellFirewall(in Packet packet)
    {
        if (!WasOpened(packet) && packet.Session >= 0)
            return ("belongs to a session", null);
        return packet.Ingress.Role switch
        {
            Role.Lan => ("a host of a Lan may open a session to anywhere", null),
            Role.Servers when packet.Egress is { Role: not Role.Lan } => ("a server may open a session to the outside", null),
            _ when packet.IsLetInByNat => ("the NAT leads it to an inside host", null),
            _ when rules.OfInbound(packet) is { } rule => ("an inbound rule lets it in", rule),
            _ => ("of a kind that comes in without a rule (RFC 4890, RFC 6092)", null),
        };
    }

    private string TellAdmission(in Packet packet)
    {
        if (packet.Session < 0)
            return packet.LeavesSessionAlone ? "an ICMP error or a later fragment leaves its session as it is" : "";
        if (!WasOpened(packet))
            return "its session goes on";
        IpAddress host = packet.Ingress.Role == Role.Lan ? packet.Source : packet.RealDestination;
        Quotas quotas = path.Subscribers.Quotas;
        string quota = path.Subscribers.Peek(host) is { } state ? $"; the subscriber has {state.Sessions} of {quotas.Sessions} sessions and {state.Ports} of {quotas.Ports} ports then" : "";
        return $"opens a session{(packet.IsTranslated ? ", translated" : "")}{quota}";
    }

    private string TellNeighbor(in Packet packet, Verdict verdict)
    {
        if (verdict.Outcome == Outcome.Held)
            return $"{packet.NextHop} is asked for its Ethernet address; the packet waits for the answer";
        if (packet.Neighbor < 0)
            return "";
        ref readonly Neighbor neighbor = ref path.Neighbors[packet.Neighbor];
        return $"{neighbor.Address} is {neighbor.State.ToString().ToLowerInvariant()}{(verdict.Outcome == Outcome.Forwarded ? $", at {neighbor.Mac}" : "")}";
    }

    public string SessionOf(in Packet packet)
    {
        ref readonly Session session = ref path.Sessions[packet.Session];
        return $"{session.Key(Direction.Original)}, {session.State}, answers come as {session.Key(Direction.Reply)}";
    }

    /// <summary>A session that was there before has been looked up; one that this packet opened has not.</summary>
    public bool WasOpened(in Packet packet) => packet.Session >= SessionsBefore;

    /// <summary>The numbers of sessions that were there before the journey are below this one.</summary>
    public int SessionsBefore { get; set; }

    private static bool IsPort25(in Packet packet) =>
        packet.DestinationPort == Op25bPolicy.Port || packet.RealDestinationPort == Op25bPolicy.Port || packet.SourcePort == Op25bPolicy.Port;
}
