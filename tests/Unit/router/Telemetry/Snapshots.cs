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
        Nat = [new("tcp", 3, 2), new("udp", 1, 1)],
        Op25b = new()
        {
            Phase = phase,
            Mode = mode,
            NextPhase = "later",
            NextPhaseFrom = DateTimeOffset.Parse("2009-10-01T00:00:00+09:00"),
            Attempts = [new("ipv4", "dynamic", "op25b", "blocked", frames), new("ipv4", "fixed-ip", "op25b", "allowed_exempt", 2)],
        },
    };

    private static InterfaceSnapshot Interface(string name, string role, long frames) => new()
    {
        Name = name,
        Role = role,
        State = "Up",
        Mac = "02:00:5e:00:53:01",
        Mtu = 1500,
        Offloads = "Csum, Tso4",
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

    public async Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation)
    {
        await Task.Yield();
        return Error is null ? Make(Interlocked.Increment(ref _taken) * 1000) : throw Error;
    }
}
