using Router.Telemetry;

namespace Unit.Telemetry;

/// <summary>Snapshots of fixed content.</summary>
internal static class Snapshots
{
    public static RouterSnapshot Of(long frames, string phase = "op25b", string mode = "Block") => new()
    {
        Started = DateTimeOffset.Parse("2008-03-04T00:00:00Z"),
        PolicyTime = DateTimeOffset.Parse("2008-04-01T11:00:00+09:00"),
        Backend = "IoUringMultishot",
        Interfaces = [Interface("lan", "Lan", frames), Interface("wan", "Wan", frames)],
        Routes = [new("0.0.0.0/0", [new("203.0.113.1", "wan", 0, "Unreachable", false), new("203.0.113.9", "wan", 10, "Reachable", true)])],
        Sessions = [new("ipv4", "tcp", 3), new("ipv4", "udp", 1), new("ipv6", "tcp", 0)],
        SessionCapacity = 131072,
        Nat = [new("tcp", 3, 2) { PortCapacity = 64512 }, new("udp", 1, 1)],
        Loop = new() { BackendReason = "one read brings many frames", NiceLevel = -10, Turns = 70, LateTurns = 1, TimerLagSeconds = 2, RunningSeconds = 1.5, WaitingSeconds = 0.25 },
        Tables = [new("neighbors", 5, 8192)],
        Neighbors = [new("lan", "Reachable", 4)],
        LogSuppressed = [new("attempts", 6)],
        MappingLog = new() { Records = "Mappings", Kept = [new("file", 9)], Lost = [new("journal", 1), new("file", 0)], PurgedFiles = 2 },
        OwnNames = new() { Resolved = [new("mail.seikyou.example", DateTimeOffset.Parse("2008-04-01T10:00:00+09:00"), null)], Answers = [new("learnt", 1)] },
        Tunnels = [new("gre", 1)],
        Op25b = new()
        {
            Phase = phase,
            Mode = mode,
            NextPhase = "later",
            NextPhaseFrom = DateTimeOffset.Parse("2009-10-01T00:00:00+09:00"),
            Attempts = [new("ipv4", "dynamic", "op25b", "blocked", frames), new("ipv4", "fixed-ip", "op25b", "allowed_exempt", 2)],
            Alerts = [new("infected", 3, 1), new("triangular", 0, 0)],
            QuarantinedHosts = 1,
        },
    };

    /// <summary>One host of each kind that a notice goes to, before the effective date.</summary>
    public static AttemptsSnapshot Attempts { get; } = new()
    {
        PolicyTime = DateTimeOffset.Parse("2008-03-20T12:00:00+09:00"),
        Phase = "notice",
        Mode = "Monitor",
        EffectiveFrom = DateTimeOffset.Parse("2008-04-01T11:00:00+09:00"),
        Hosts =
        [
            Host("192.168.25.30", "dynamic", "infected", 500, ["more than 60 attempts in 60 s, more than once"], "203.0.113.25"),
            Host("192.168.25.20", "dynamic", "home_server", 40, ["receives mail on port 25 itself"], "203.0.113.25", "203.0.113.26"),
            Host("192.168.25.10", "campus, \"old\"", "third_party_server", 12, ["reads or submits mail at 1 of its 1 destinations"], "203.0.113.26"),
        ],
        Stations = [new("02:00:5e:00:53:01", "lan", 7, "192.0.2.1", "203.0.113.25", DateTimeOffset.Parse("2008-03-19T12:00:00+09:00"), DateTimeOffset.Parse("2008-03-19T12:30:00+09:00"))],
    };

    /// <summary>A translated connection and one over IPv6.</summary>
    public static SessionsSnapshot Sessions { get; } = new()
    {
        Capacity = 131072,
        Live = 7,
        Matched = 2,
        Sessions =
        [
            Session("ipv4", new("192.168.25.10", 40000, "203.0.113.25", 587), new("203.0.113.2", 50000, "203.0.113.25", 587)),
            Session("ipv6", new("2001:db8:25:1::10", 40001, "2001:db8:25:3::25", 587), null),
        ],
    };

    /// <summary>One drop with its packet, one that nothing is known of.</summary>
    public static DropsSnapshot Drops { get; } = new()
    {
        Time = DateTimeOffset.Parse("2008-04-01T11:00:00+09:00"),
        Drops =
        [
            Drop("Op25bBlocked", 12, new() { Time = DateTimeOffset.Parse("2008-04-01T10:59:58+09:00"), Protocol = "tcp", Flow = new("192.168.25.10", 40000, "203.0.113.25", 25), Station = "02:00:c0:a8:19:0a" }),
            Drop("WriteRefused", 1, null),
        ],
    };

    private static DropSnapshot Drop(string reason, long frames, DropSampleSnapshot? last) =>
        new() { Interface = "lan", Reason = reason, Stage = "Op25b", Frames = frames, Text = "text", Mend = "mend", Last = last };

    private static SessionSnapshot Session(string family, FlowSnapshot flow, FlowSnapshot? translated) => new()
    {
        Protocol = "tcp",
        Family = family,
        State = "Established",
        Flow = flow,
        Translated = translated,
        IsFromOutside = false,
        IdleSeconds = 3,
        SecondsLeft = 7437,
    };

    private static HostSnapshot Host(string host, string group, string hostCase, int attempts, string[] evidence, params string[] destinations) => new()
    {
        Host = host,
        Group = group,
        Case = hostCase,
        Evidence = evidence,
        First = DateTimeOffset.Parse("2008-03-05T00:00:00Z"),
        Last = DateTimeOffset.Parse("2008-03-19T15:00:00Z"),
        Attempts = attempts,
        Monitored = attempts,
        Limited = 0,
        Blocked = 0,
        AttemptsInTenMinutes = 1,
        AttemptsInADay = attempts,
        DestinationsInTenMinutes = 1,
        DestinationsInADay = destinations.Length,
        Destinations = [.. destinations.Select(destination => new DestinationSnapshot(destination, 1, DateTimeOffset.Parse("2008-03-19T15:00:00Z"), false))],
    };

    private static InterfaceSnapshot Interface(string name, string role, long frames) => new()
    {
        Name = name,
        Role = role,
        State = "Up",
        Mac = "02:00:5e:00:53:01",
        Mtu = 1500,
        Offloads = name == "lan" ? "Checksum, Tso4" : "All",
        OffloadsRefused = 8,
        ReceivedBatches = 10,
        Addresses = ["192.168.25.1/24"],
        ReceivedFrames = frames,
        ReceivedBytes = frames * 60,
        ForwardedFrames = frames - 4,
        DeliveredFrames = 1,
        HeldFrames = 1,
        Dropped = [new("Op25bBlocked", "port 25 is blocked here", 2)],
        GeneratedFrames = 5,
        SentFrames = frames,
        SentBytes = frames * 60,
    };
}

/// <summary>Gives snapshots, each with more frames than the one before; or the error that it was given.</summary>
internal sealed class CountingSnapshotSource : ISnapshotSource
{
    private long _taken;

    public Exception? Error { get; init; }

    public Func<long, RouterSnapshot> Make { get; init; } = frames => Snapshots.Of(frames);

    /// <summary>What was asked for last.</summary>
    public SessionQuery? Asked { get; private set; }

    public SessionFilter? Ended { get; private set; }

    public Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation) => Task.FromResult(Snapshots.Attempts);

    public Task<DropsSnapshot> TakeDropsAsync(CancellationToken cancellation) => Task.FromResult(Snapshots.Drops);

    public Task<SessionsSnapshot> TakeSessionsAsync(SessionQuery query, CancellationToken cancellation)
    {
        Asked = query;
        return Task.FromResult(Snapshots.Sessions);
    }

    public Task<SessionsEnded> EndSessionsAsync(SessionFilter filter, CancellationToken cancellation)
    {
        Ended = filter;
        return Task.FromResult(new SessionsEnded(2));
    }

    public async Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation)
    {
        await Task.Yield();
        return Error is null ? Make(Interlocked.Increment(ref _taken) * 1000) : throw Error;
    }
}
