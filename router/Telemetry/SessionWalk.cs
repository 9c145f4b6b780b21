using Router.Packets;
using Router.Sessions;

namespace Router.Telemetry;

/// <summary>
/// Goes through the session table for one question: the loop's thread copies a bounded number of records a turn, and all that costs time, matching, sorting and writing
/// addresses, is done on the asker's thread. The two take turns. Memory is bounded by what the question may list.
/// </summary>
internal sealed class SessionWalk(SessionTable sessions, SessionQuery query)
{
    /// <summary>256 KiB, copied in a few tens of microseconds.</summary>
    public const int RecordsPerTurn = 4096;

    private readonly Session[] _page = new Session[RecordsPerTurn];
    private readonly List<Found> _found = [];
    private readonly Comparison<Found> _order = OrderOf(query);
    private int _next, _copied, _matched, _live;
    private uint _now;

    /// <summary>On the loop's thread: copies the next records. False where there are none left.</summary>
    public bool Copy(long now)
    {
        int end = Math.Min(_next + RecordsPerTurn, sessions.Used);
        (_copied, _now, _live) = (0, (uint)now, sessions.Count);
        for (; _next < end; _next++)
        {
            ref readonly Session session = ref sessions[_next];
            if (session.State != SessionState.Free)
                _page[_copied++] = session;
        }

        return _next < sessions.Used;
    }

    /// <summary>On the asker's thread: keeps what is asked for of the records that were copied last.</summary>
    public void Select()
    {
        foreach (ref readonly Session session in _page.AsSpan(0, _copied))
        {
            // One whose time is over is only not swept yet.
            var found = new Found(session, _now - session.LastSeen, (int)(sessions.EndOf(session) - _now));
            if (found.Left <= 0 || !query.Filter.Matches(session))
                continue;
            _matched++;
            _found.Add(found);
            if (_found.Count >= 2 * query.Top)
                Trim();
        }
    }

    /// <summary>On the asker's thread, at the end.</summary>
    public SessionsSnapshot Result()
    {
        Trim();
        return new SessionsSnapshot { Capacity = sessions.Capacity, Live = _live, Matched = _matched, Sessions = [.. _found.Select(Describe)] };
    }

    private void Trim()
    {
        _found.Sort(_order);
        if (_found.Count > query.Top)
            _found.RemoveRange(query.Top, _found.Count - query.Top);
    }

    private static Comparison<Found> OrderOf(SessionQuery query)
    {
        Comparison<Found> order = query.Order switch
        {
            SessionOrder.Idle => (a, b) => a.Idle.CompareTo(b.Idle),
            SessionOrder.Expires => (a, b) => a.Left.CompareTo(b.Left),
            SessionOrder.Source => (a, b) => Compare(SourceOf(a), SourceOf(b)),
            SessionOrder.Destination => (a, b) => Compare(DestinationOf(a), DestinationOf(b)),
            SessionOrder.Port => (a, b) => DestinationOf(a).Port.CompareTo(DestinationOf(b).Port),
        };
        return query.IsReversed ? (a, b) => order(b, a) : order;
    }

    private static (ulong High, ulong Low, ushort Port) SourceOf(in Found found)
    {
        FlowKey key = found.Session.Key(Direction.Original);
        return (key.Source.High, key.Source.Low, key.SourcePort);
    }

    private static (ulong High, ulong Low, ushort Port) DestinationOf(in Found found)
    {
        FlowKey key = found.Session.Key(Direction.Original);
        return (key.Destination.High, key.Destination.Low, key.DestinationPort);
    }

    private static int Compare((ulong High, ulong Low, ushort Port) a, (ulong High, ulong Low, ushort Port) b) => a.CompareTo(b);

    private static SessionSnapshot Describe(Found found)
    {
        FlowKey arrives = found.Session.Key(Direction.Original), leaves = found.Session.Rewritten(Direction.Original);
        return new SessionSnapshot
        {
            Protocol = SessionFilter.ProtocolOf(found.Session) is not SessionProtocol.Other and var known ? known.ToString().ToLowerInvariant() : $"{found.Session.Protocol}",
            Family = found.Session.IsIpv6 ? "ipv6" : "ipv4",
            State = found.Session.State.ToString(),
            Flow = Copy(arrives),
            Translated = leaves == arrives ? null : Copy(leaves),
            IsFromOutside = (found.Session.Traits & SessionTraits.FromOutside) != 0,
            IdleSeconds = found.Idle / 1000,
            SecondsLeft = found.Left / 1000,
        };
    }

    private static FlowSnapshot Copy(in FlowKey key) => new($"{key.Source}", key.SourcePort, $"{key.Destination}", key.DestinationPort);

    /// <summary>A copy of a record, and its two times in milliseconds.</summary>
    private readonly record struct Found(Session Session, uint Idle, int Left);
}
