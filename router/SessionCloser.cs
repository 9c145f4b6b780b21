using Router.Neighbors;
using Router.Packets;
using Router.Routing;
using Router.Sessions;

namespace Router;

/// <summary>Ends sessions before their time, and tells ends of TCP connections so by a RST. On the loop's thread.</summary>
internal sealed class SessionCloser(SessionTable sessions, NeighborCache neighbors, RouteTable routes)
{
    /// <summary>How many records one call of <see cref="CloseNext"/> looks at: each may cost two segments.</summary>
    public const int RecordsPerTurn = 256;

    /// <summary>Ends those of the next few records that the caller chose, both ends told. Gives how many; <paramref name="next"/> moves on, and stands at <see cref="SessionTable.Used"/> at the end.</summary>
    public int CloseNext(ref int next, Predicate<Session> isChosen)
    {
        int closed = 0;
        for (int end = Math.Min(next + RecordsPerTurn, sessions.Used); next < end; next++)
        {
            if (sessions[next].State == SessionState.Free || !isChosen(sessions[next]))
                continue;
            Reset(next, Direction.Reply);
            Reset(next, Direction.Original);
            sessions.End(next);
            closed++;
        }

        return closed;
    }

    /// <summary>To the end that packets of the direction go to, in the name of the other one: nothing of it reaches the other end. Only where TCP is open.</summary>
    public void Reset(int number, Direction direction)
    {
        ref Session session = ref sessions[number];
        if (!session.IsTcp || session.State is SessionState.Closed or SessionState.Reset)
            return;
        FlowKey tuple = session.Rewritten(direction);
        if (StationOf(session, direction, tuple) is not { } station)
            return;
        ref TcpSequences sequences = ref sessions.SequencesOf(number);
        (TcpStream toEnd, TcpStream fromEnd) = direction == Direction.Reply ? (sequences.Reply, sequences.Original) : (sequences.Original, sequences.Reply);
        ResetSegment.Send(station.Interface, station.Mac, (tuple.Source, tuple.SourcePort), (tuple.Destination, tuple.DestinationPort), toEnd.Acknowledged, fromEnd.End);
    }

    /// <summary>Where the packets of the direction leave to; null where the neighbour is not known now.</summary>
    private Neighbor? StationOf(in Session session, Direction direction, in FlowKey tuple)
    {
        int number = session.KnownNeighbor(direction, neighbors.Epoch);
        if (number < 0 && routes.Lookup(tuple.Destination) is { Kind: not RouteKind.Local } route)
            number = neighbors.Find(route.Interface, route.Kind == RouteKind.Static ? route.NextHop : tuple.Destination);
        return number >= 0 && neighbors[number].State is not (NeighborState.Free or NeighborState.Incomplete or NeighborState.Failed) ? neighbors[number] : null;
    }
}
