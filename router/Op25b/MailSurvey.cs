using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router.Op25b;

/// <summary>
/// Goes round the session table, a bounded number of records a turn, and notes what else the hosts of the ledger do with mail: at which destinations they read or submit it, and
/// whether they receive it. Nothing of this is on the path of a packet; a round takes half a minute, and sessions stay in the table for minutes after their end.
/// </summary>
internal sealed class MailSurvey(SessionTable sessions, HostLedger hosts, RouteTable routes)
{
    private const int RoundMilliseconds = 30_000, MostPerSweep = 4096;

    private long _sweptAt = long.MinValue;
    private int _next;

    public void Sweep(long now)
    {
        long elapsed = _sweptAt == long.MinValue ? 0 : Math.Min(now - _sweptAt, RoundMilliseconds);
        int budget = (int)Math.Min(sessions.Used * elapsed / RoundMilliseconds, MostPerSweep);
        // Where a turn is too short for one record, time adds up.
        if (budget == 0 && _sweptAt != long.MinValue && sessions.Used > 0)
            return;
        _sweptAt = now;
        for (int i = 0; i < budget; i++)
        {
            _next = _next + 1 < sessions.Used ? _next + 1 : 0;
            ref readonly Session session = ref sessions[_next];
            if (session.IsTcp && session.State != SessionState.Free && !TcpTracker.IsOpening(session.State))
                Note(session);
        }
    }

    private void Note(in Session session)
    {
        FlowKey original = session.Key(Direction.Original), reply = session.Key(Direction.Reply);
        if (original.DestinationPort is 110 or 143 or 587 or 993 or 995)
        {
            if (hosts.Find(original.Source) is >= 0 and var number)
                hosts.Records[number].UsesMailOf(original.Destination);
        }
        else if (reply.SourcePort == Op25bPolicy.Port && routes.Lookup(original.Source) is { Interface.IsInside: false } && hosts.Find(reply.Source) is >= 0 and var receiver)
        {
            hosts.Records[receiver].ReceivesMail = true;
        }
    }
}
