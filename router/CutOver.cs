using Router.Op25b;
using Router.Packets;
using Router.Sessions;

namespace Router;

/// <summary>
/// What becomes of open sessions to port 25 when a phase begins that would not let them begin, or when their time to drain is over (F17): they end, with a RST to the
/// inside host, whether anything is sent in them or not. Each turn looks at a bounded number of sessions; one whose turn has not come yet is stopped by the filter at
/// its next segment.
/// </summary>
internal sealed class CutOver(Op25bFilter filter, SessionTable sessions, SessionCloser closer)
{
    private const int SessionsPerSweep = 1024;

    private ushort _generation = filter.Generation;
    private int _next = int.MaxValue, _killed;

    /// <summary>Is told how many sessions were ended when all have been looked at.</summary>
    public Action<int>? Reviewed { get; set; }

    /// <summary>Looks at the next few sessions. True where more are left.</summary>
    public bool Sweep()
    {
        if (_generation != filter.Generation)
        {
            _generation = filter.Generation;
            _next = _killed = 0;
        }

        if (_next == int.MaxValue)
            return false;
        for (int end = Math.Min(_next + SessionsPerSweep, sessions.Used); _next < end; _next++)
            if (sessions[_next].State != SessionState.Free && !filter.MayGoOn(sessions[_next]))
                Kill(_next);
        if (_next < sessions.Used)
            return true;
        _next = int.MaxValue;
        Reviewed?.Invoke(_killed);
        return false;
    }

    private void Kill(int number)
    {
        ref Session session = ref sessions[number];
        // The one that is blocked is inside; from outside its own client may have port 25 (F5).
        bool isOpenedInside = session.Key(Direction.Original).SourcePort != Op25bPolicy.Port;
        closer.Reset(number, isOpenedInside ? Direction.Reply : Direction.Original);
        sessions.End(number);
        _killed++;
    }
}
