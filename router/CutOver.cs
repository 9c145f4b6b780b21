using Router.Neighbors;
using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Sessions;

namespace Router;

/// <summary>
/// What becomes of open sessions to port 25 when a phase begins that would not let them begin, or when their time to drain is over (F17): they end, with a RST to the
/// inside host, whether anything is sent in them or not. Each turn looks at a bounded number of sessions; one whose turn has not come yet is stopped by the filter at
/// its next segment. After a change of the configuration sessions end that it does not let in any more, by the same way.
/// </summary>
internal sealed class CutOver(Op25bFilter filter, SessionTable sessions, NeighborCache neighbors, RouteTable routes)
{
    private const int SessionsPerSweep = 1024;

    private ushort _generation = filter.Generation;
    private int _next = int.MaxValue, _killed;
    private AccessChange? _change;
    private Action<EndedSessions>? _done;
    private List<FlowKey> _examples = [];

    /// <summary>Is told how many sessions to port 25 were ended when all have been looked at, after anything but a change.</summary>
    public Action<int>? Reviewed { get; set; }

    /// <summary>Looks at every session after a change, and tells which ones were ended, on the loop's thread. The filter has to move its generation on.</summary>
    public void Review(AccessChange change, Action<EndedSessions> done)
    {
        // One that is under way is not waited for: the new one looks at all of its sessions too.
        _done?.Invoke(new EndedSessions(_killed, _examples));
        (_change, _done, _examples) = (change, done, []);
        _next = _killed = 0;
        _generation = filter.Generation;
    }

    /// <summary>Looks at the next few sessions. True where more are left.</summary>
    public bool Sweep()
    {
        if (_generation != filter.Generation)
        {
            _generation = filter.Generation;
            _next = 0;
        }

        if (_next == int.MaxValue)
            return false;
        for (int end = Math.Min(_next + SessionsPerSweep, sessions.Used); _next < end; _next++)
            if (sessions[_next].State != SessionState.Free && (!filter.MayGoOn(sessions[_next]) || _change?.Ends(sessions[_next]) == true))
                Kill(_next);
        if (_next < sessions.Used)
            return true;
        _next = int.MaxValue;
        if (_done is { } done)
            done(new EndedSessions(_killed, _examples));
        else
            Reviewed?.Invoke(_killed);
        (_change, _done, _examples, _killed) = (null, null, [], 0);
        return false;
    }

    private void Kill(int number)
    {
        ref Session session = ref sessions[number];
        // The one that is blocked is inside; from outside its own client may have port 25 (F5).
        FlowKey original = session.Key(Direction.Original);
        bool isOpenedInside = original.SourcePort != Op25bPolicy.Port && (session.Traits & SessionTraits.FromOutside) == 0;
        if (_done is not null && _examples.Count < EndedSessions.MostExamples)
            _examples.Add(original);
        if (session.IsTcp && session.State is not (SessionState.Closed or SessionState.Reset))
            Reset(number, isOpenedInside ? Direction.Reply : Direction.Original);
        sessions.End(number);
        _killed++;
    }

    /// <summary>To the end that packets of the direction go to, in the name of the other one: nothing of it reaches the other end.</summary>
    private void Reset(int number, Direction direction)
    {
        ref Session session = ref sessions[number];
        FlowKey tuple = session.Rewritten(direction);
        if (StationOf(session, direction, tuple) is not { } station)
            return;
        ref TcpSequences sequences = ref sessions.SequencesOf(number);
        (TcpStream toInside, TcpStream fromInside) = direction == Direction.Reply ? (sequences.Reply, sequences.Original) : (sequences.Original, sequences.Reply);
        ResetSegment.Send(station.Interface, station.Mac, (tuple.Source, tuple.SourcePort), (tuple.Destination, tuple.DestinationPort), toInside.Acknowledged, fromInside.End);
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
