using Router.Local;
using Router.Neighbors;
using Router.Op25b;
using Router.Packets;

namespace Router.Telemetry;

/// <summary>Copies how full the tables are, on the loop's thread. Its work is bounded by the neighbour cache and the ledger.</summary>
internal static class HealthTaker
{
    private static readonly NeighborState[] States = [.. Enum.GetValues<NeighborState>().Where(state => state != NeighborState.Free)];

    public static IReadOnlyList<TableCount> Tables(DataPath path) =>
    [
        new("sessions", path.Sessions.Count, path.Sessions.Capacity),
        new("subscribers", path.Subscribers.Count, path.Sessions.Capacity),
        new("neighbors", path.Neighbors.Count, path.Neighbors.Capacity),
        new("datagrams", path.Fragments.Count, Sessions.FragmentTracker.Capacity),
        new("smtp_conversations", path.Smtp.Count, SmtpConnections.Capacity),
        new("port_25_hosts", Hosts(path.Hosts), path.Hosts.Records.Length),
        new("learnt_servers", path.OwnNames.Learnt.Count, LearntServers.Capacity),
        new("quarantine", path.Filter.Quarantine.Count, Quarantine.Most),
    ];

    /// <summary>Every interface with every state, so that a graph has no holes.</summary>
    public static IReadOnlyList<NeighborCount> Neighbors(DataPath path)
    {
        var counts = new int[path.Interfaces.Count, States.Length + 1];
        path.Neighbors.Visit((entry, state) => counts[entry.Index, (int)state]++);
        return [.. from entry in path.Interfaces from state in States select new NeighborCount(entry.Name, state.ToString(), counts[entry.Index, (int)state])];
    }

    private static int Hosts(HostLedger ledger)
    {
        int count = 0;
        foreach (ref readonly HostRecord record in ledger.Records)
            count += record.IsFree ? 0 : 1;
        return count;
    }
}
