using Router.Configuration;
using Router.Control;
using Router.Sessions;

namespace Router;

/// <summary>What an appliance takes over from the router before it, and what it leaves to the next one. On the loop's thread, before the first frame and after the last.</summary>
internal sealed class ApplianceHandover(ApplianceOptions options, ApplianceLog log)
{
    /// <summary>After a longer one addresses of IPv6 are tested again before they are used.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(30);

    private SessionArchive? _archive;

    /// <summary>Somebody keeps what is left, so another router goes on with it in a moment.</summary>
    public bool HasHeir => options.Keep is not null;

    /// <summary>Looks at what was left. Gives the hash that its tables went by; null where there is nothing that could be used.</summary>
    public KeyedHash? Open(long now)
    {
        if (options.Inheritance is not { } stream)
            return null;
        _archive = SessionArchive.Open(stream, now, out string problem);
        if (_archive is null)
            log.InheritanceDropped(problem);
        return _archive?.Hash;
    }

    /// <summary>Takes the sessions, and the addresses untested: nobody else can have come to have them within seconds.</summary>
    public void Take(DataPath path, RouterConfiguration configuration, long now)
    {
        if (_archive is not { } archive)
            return;
        HandoverReport report = new SessionHandover(path, RestartRules.HasIpv6(configuration)).Take(archive, now);
        if (report.MillisecondsApart <= LongestGap.TotalMilliseconds)
            path.AddressDetection.AssumeUnique();
        log.Inherited(report);
        _archive = null;
    }

    public void Leave(DataPath path, long now)
    {
        if (options.Keep is not { } keep)
            return;
        int count = 0;
        string? problem = keep(stream => count = SessionArchive.Write(stream, path.Sessions, path.Hash, ProgramVersion.Short, now));
        log.Left(count, problem);
    }
}
