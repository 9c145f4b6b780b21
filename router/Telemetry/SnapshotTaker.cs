using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router.Telemetry;

/// <summary>Copies the data path's accounts, on the loop's thread, between two batches.</summary>
internal static class SnapshotTaker
{
    public static RouterSnapshot Take(DataPath path, DateTimeOffset started, DateTimeOffset policyTime, string backend) => new()
    {
        Started = started,
        PolicyTime = policyTime,
        Backend = backend,
        Interfaces = [.. path.Interfaces.Select(Copy)],
        Routes = [.. CopyRoutes(path)],
        Sessions = [.. CountSessions(path.Sessions, isIpv6: false), .. CountSessions(path.Sessions, isIpv6: true)],
        SessionCapacity = path.Sessions.Capacity,
        Nat = CountMappings(path),
        Op25b = Copy(path),
        OwnNames = OwnNamesTaker.Take(path.OwnNames, path.Dns),
        Tables = HealthTaker.Tables(path),
        Neighbors = HealthTaker.Neighbors(path),
        Tunnels = OwnNamesTaker.Take(path.Filter.Tunnels),
        ConfiguredMailServers = path.Filter.Policy.ConfiguredMailServers,
    };

    private static InterfaceSnapshot Copy(Interface entry)
    {
        InterfaceCounters counters = entry.Counters;
        return new InterfaceSnapshot
        {
            Name = entry.Name,
            Role = entry.Role.ToString(),
            State = entry.Device.State.ToString(),
            Mac = entry.Mac.ToString(),
            Mtu = entry.Mtu,
            Offloads = entry.Offloads.ToString(),
            Addresses = [.. entry.Addresses.Select(address => $"{address.Address}/{address.PrefixLength}")],
            OffloadsRefused = counters.OffloadsRefused,
            ReceivedBatches = counters.ReceivedBatches,
            ReceivedFrames = counters.ReceivedFrames,
            ReceivedBytes = counters.ReceivedBytes,
            ForwardedFrames = counters.ForwardedFrames,
            DeliveredFrames = counters.DeliveredFrames,
            HeldFrames = counters.HeldFrames,
            Dropped = [.. DropCatalogue.All.Where(reason => counters.Dropped(reason) > 0)
                .Select(reason => new DropCount(reason.ToString(), DropCatalogue.Of(reason).Text, counters.Dropped(reason)))],
            GeneratedFrames = counters.GeneratedFrames,
            SentFrames = counters.SentFrames,
            SentBytes = counters.SentBytes,
        };
    }

    private static IEnumerable<RouteSnapshot> CopyRoutes(DataPath path)
    {
        for (int i = 0; i < path.Routes.Destinations.Count; i++)
        {
            IReadOnlyList<Route> nextHops = path.Routes.Destinations[i];
            Route inUse = path.Routes.InUse(i);
            if (inUse.Kind == RouteKind.Static)
                yield return new RouteSnapshot(inUse.Prefix.ToString(), [.. nextHops.Select(route =>
                    new NextHopSnapshot(route.NextHop.ToString(), route.Interface.Name, route.Priority, path.NextHops.StateOf(route).ToString(), ReferenceEquals(route, inUse)))]);
        }
    }

    private static IEnumerable<SessionCount> CountSessions(SessionTable sessions, bool isIpv6)
    {
        int tcp = 0, udp = 0, icmp = 0, other = 0;
        foreach (SessionState state in Enum.GetValues<SessionState>())
        {
            ref int count = ref tcp;
            switch (state)
            {
                case SessionState.Udp or SessionState.DnsQuery or SessionState.DnsAnswered: count = ref udp; break;
                case SessionState.Icmp: count = ref icmp; break;
                case SessionState.Other or SessionState.Association: count = ref other; break;
                default: break;
            }

            count += sessions.CountOf(state, isIpv6);
        }

        string family = FamilyOf(isIpv6);
        return [new(family, "tcp", tcp), new(family, "udp", udp), new(family, "icmp", icmp), new(family, "other", other)];
    }

    private static string FamilyOf(bool isIpv6) => isIpv6 ? "ipv6" : "ipv4";

    private static IReadOnlyList<NatCount> CountMappings(DataPath path)
    {
        if (path.Translator.Mappings is not { } mappings)
            return [];
        // A mapping has one outside port to itself.
        return [.. new[] { ("tcp", Ipv4Header.Tcp), ("udp", Ipv4Header.Udp), ("icmp", Ipv4Header.Icmp) }
            .Select(entry => new NatCount(entry.Item1, mappings.CountOf(entry.Item2), mappings.CountOf(entry.Item2)) { PortCapacity = mappings.PortCapacity })];
    }

    private static Op25bSnapshot Copy(DataPath path)
    {
        (Op25bFilter filter, AttemptCounter attempts) = (path.Filter, path.Attempts);
        Op25bPolicy policy = filter.Policy;
        Phase? current = filter.Phase == Op25bPolicy.NoPhase ? null : policy.Phases[filter.Phase];
        Phase? next = filter.Phase + 1 < policy.Phases.Count ? policy.Phases[filter.Phase + 1] : null;
        return new Op25bSnapshot
        {
            Phase = NameOf(policy, filter.Phase),
            Mode = policy.ModeOf(filter.Phase).ToString(),
            DrainsUntil = filter.IsDraining && current is { } drains ? drains.Start.AddMilliseconds(drains.Drain) : null,
            NextPhase = next?.Name,
            NextPhaseFrom = next?.Start,
            Attempts = [.. Attempts(policy, attempts)],
            Alerts = [.. Enum.GetValues<AlertKind>().Select(kind => new AlertCount(kind.ToString().ToLowerInvariant(), path.Alerts.RaisedOf(kind), path.Alerts.ActiveOf(kind)))],
            QuarantinedHosts = filter.Quarantine.Count,
        };
    }

    private static IEnumerable<AttemptCount> Attempts(Op25bPolicy policy, AttemptCounter attempts)
    {
        for (int group = 0; group < policy.Groups.Count; group++)
            for (int phase = Op25bPolicy.NoPhase; phase < policy.Phases.Count; phase++)
                foreach (Op25bOutcome outcome in Enum.GetValues<Op25bOutcome>())
                    foreach (bool isIpv6 in new[] { false, true })
                        if (attempts[group, phase, outcome, isIpv6] is > 0 and var count)
                            yield return new AttemptCount(FamilyOf(isIpv6), policy.Groups[group].Name, NameOf(policy, phase), LabelOf(outcome), count);
    }

    private static string NameOf(Op25bPolicy policy, int phase) => phase == Op25bPolicy.NoPhase ? "none" : policy.Phases[phase].Name;

    private static string LabelOf(Op25bOutcome outcome) => outcome switch
    {
        Op25bOutcome.NotConcerned => "not_concerned",
        Op25bOutcome.AllowedOwn => "allowed_own",
        Op25bOutcome.AllowedExempt => "allowed_exempt",
        Op25bOutcome.Monitored => "monitored",
        Op25bOutcome.Limited => "limited",
        Op25bOutcome.Blocked => "blocked",
    };
}
