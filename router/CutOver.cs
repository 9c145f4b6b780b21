using Router.Op25b;
using Router.Packets;
using Router.Sessions;

namespace Router;

/// <summary>
/// What becomes of open sessions to port 25 when a phase begins that would not let them begin, or when their time to drain is over (F17): they end, with a RST to the
/// inside host, whether anything is sent in them or not. Each turn looks at a bounded number of sessions; one whose turn has not come yet is stopped by the filter at
/// its next segment. After a change of the configuration sessions end that it does not let in any more, by the same way.
/// </summary>
internal sealed class CutOver(Op25bFilter filter, SessionTable sessions, SessionCloser closer)
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
        closer.Reset(number, isOpenedInside ? Direction.Reply : Direction.Original);
        sessions.End(number);
        _killed++;
    }
}
