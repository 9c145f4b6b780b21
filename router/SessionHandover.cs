using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router;

/// <summary>What became of the sessions that another router left.</summary>
internal sealed record HandoverReport(string Writer, long MillisecondsApart)
{
    public int Taken { get; set; }

    /// <summary>Their time-outs ended meanwhile.</summary>
    public int Over { get; set; }

    /// <summary>This configuration does not let them go on, or there is no room.</summary>
    public int Refused { get; set; }

    /// <summary>No router would have such a session.</summary>
    public int Unsound { get; set; }
}

/// <summary>
/// Takes over sessions that another router left, before the first frame comes.
/// <para>Theory of operation. A session goes on where this configuration, asked anew, would let it: routes lead to both of its ends through interfaces of the roles that it had, it is
/// translated as the NAT would do it, what came from outside is let in by a forward, a mapping or a rule, and a block does not find it on port 25. So a restart with another configuration ends what a
/// reload would end. Permission for port 25 is not taken over: the filter is asked at each session's next segment.</para>
/// </summary>
internal sealed class SessionHandover(DataPath path, bool hasIpv6)
{
    public HandoverReport Take(SessionArchive archive, long now)
    {
        var report = new HandoverReport(archive.Writer, now - archive.SavedMilliseconds);
        foreach (SavedSession? saved in archive.Read())
        {
            if (saved is not { } session)
                report.Unsound++;
            else if (IsOver(session, report.MillisecondsApart))
                report.Over++;
            else if (Admits(session) && path.Opener.TryRestore(session, (ushort)(path.Filter.Generation - 1), (uint)(now - report.MillisecondsApart) - session.Age, now))
                report.Taken++;
            else
                report.Refused++;
        }

        return report;
    }

    private bool IsOver(in SavedSession session, long apart) => session.Age + apart >= path.Sessions.TimeoutOf(session.State);

    private bool Admits(in SavedSession session)
    {
        if (session.IsIpv6 && !hasIpv6 || path.Routes.RoleToward(session.Original.Source) is not { } from || path.Routes.RoleToward(session.Reply.Source) is not { } to)
            return false;
        const SessionTraits Places = SessionTraits.CountsForSource | SessionTraits.CountsForDestination | SessionTraits.FromOutside;
        SessionTraits expected = from == Role.Lan ? SessionTraits.CountsForSource
            : (to == Role.Lan ? SessionTraits.CountsForDestination : SessionTraits.None) | (from == Role.Wan ? SessionTraits.FromOutside : SessionTraits.None);
        return (session.Traits & Places) == expected && path.Translator.Admits(session, from, to) && IsLetIn(session, from, to) && path.Filter.MayGoOn(AsSession(session));
    }

    private bool IsLetIn(in SavedSession session, Role from, Role to)
    {
        FlowKey original = session.Original, reply = session.Reply;
        if (from == Role.Lan || from == Role.Servers && to != Role.Lan)
            return true;
        // What leads elsewhere was looked at as translation: a forward or a mapping lets it in.
        return to != Role.Wan && (original.Destination != reply.Source || session.HoldsDestination
            || path.Firewall.LetsIn(original.Protocol, reply.Source, reply.SourcePort) || session.IsIpv6 && Firewall.LetsInByNature(original.Protocol, original.DestinationPort));
    }

    private static Session AsSession(in SavedSession saved)
    {
        var session = new Session { State = saved.State, Mapping = -1 };
        session.SetKeys(saved.Original, saved.Reply);
        return session;
    }
}
