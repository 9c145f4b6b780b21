using Router.Op25b;
using Router.Packets;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using TapDev;

namespace Router.Control;

/// <summary>Gives a small data path what a running one knows of some flows, so that it decides about them as that one would.</summary>
internal static class AssumedState
{
    /// <summary>Enters the policy's moment first: what the other one had permitted is permitted here too, until another phase begins.</summary>
    public static void GiveTo(DataPath path, IReadOnlyList<MemoryDevice> devices, FlowFacts facts)
    {
        path.Filter.Advance(facts.PolicyTime.ToUnixTimeMilliseconds());
        for (int i = 0; i < facts.Interfaces.Count; i++)
        {
            devices[i].SetState(facts.Interfaces[i].State);
            foreach (IpAddress address in facts.Interfaces[i].Suspended)
                path.Interfaces[i].Suspend(address);
        }

        GiveSessions(path, facts);
        foreach (HostFacts host in facts.Hosts)
            Give(path, host, facts.Now);
        foreach (IGrouping<int, HostFacts> resolved in facts.Hosts.Where(host => host.Resolved is not null).GroupBy(host => host.Resolved!.Value))
            path.OwnNames.Resolved.Replace(resolved.Key, new ResolvedHost { Addresses = [.. resolved.Select(host => host.Address)], LastAnswer = resolved.First().ResolvedAt });
        // What is over is known as such from here on: once, for a second is swept only once.
        path.OwnNames.Sweep(facts.Now);
        foreach (NeighborFacts known in facts.Neighbors)
            Give(path, known, facts.Now);
    }

    private static void GiveSessions(DataPath path, FlowFacts facts)
    {
        uint now = (uint)facts.Now;
        foreach (SessionFacts known in facts.Sessions)
            path.Opener.TryRestore(known.Session, (ushort)(known.IsPermitted ? path.Filter.Generation : path.Filter.Generation - 1), now - known.Session.Age, facts.Now);
        foreach (MappingFacts known in facts.Mappings)
            path.Opener.TryAssume(known.Mapping, known.Outside, known.Guest, now);
        foreach ((byte protocol, IpAddress address, ushort port) in facts.TakenPorts)
            path.Translator.Mappings?.Reserve(protocol, address, port);
        if (facts.HasNoPlaceForSession)
            path.Sessions.AssumeFull();
        if (facts.HasNoPlaceFromOutside)
            path.Opener.AssumeFullFromOutside();
        if (facts.HasNoPlaceForMapping)
            path.Translator.Mappings?.AssumeFull();
    }

    private static void Give(DataPath path, HostFacts host, long now)
    {
        if (host.Subscriber is { } subscriber)
            path.Subscribers.Assume(host.Address, subscriber, now);
        if (host.QuarantinedUntil is { } until)
            path.Filter.Quarantine.Hold(host.Address, until);
        if (host.IsSpent)
            path.Filter.AssumeSpent(host.Address, now);
        if (host.Learnt is { } learnt)
            path.OwnNames.Assume(learnt, now);
    }

    private static void Give(DataPath path, NeighborFacts known, long now)
    {
        Interface egress = path.Interfaces[known.Interface];
        int number = path.Neighbors.FindOrAdd(egress, known.Address, now);
        path.Neighbors[number] = known.Neighbor with { Interface = egress };
    }

    /// <summary>The names that lead to the flows' addresses, as <see cref="NameRules"/> reads them.</summary>
    public static OwnNamesSnapshot NamesOf(FlowFacts facts)
    {
        IReadOnlyList<string> hosts = facts.Model.Configuration.Op25b.OwnMailServers.Hosts;
        return new OwnNamesSnapshot
        {
            Addresses =
            [
                .. facts.Hosts.Where(host => host.Resolved is not null).Select(host => new OwnNameAddress(hosts[host.Resolved!.Value], hosts[host.Resolved.Value], $"{host.Address}", "resolved", SecondsLeft: null, host.ResolvedAt)),
                .. facts.Hosts.Where(host => host.Learnt is not null).Select(host => host.Learnt!.Value).Where(learnt => learnt.EndsAt > facts.Now)
                    .Select(learnt => new OwnNameAddress(hosts[learnt.Host], learnt.Name, $"{learnt.Address}", "learnt", (learnt.EndsAt - facts.Now) / 1000, Seen: null)),
            ],
        };
    }
}
