using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Nat;
using Router.Telemetry;

namespace Router;

/// <summary>
/// The mapping log of a router that runs: none, one, or another one from some moment on.
/// <para>Theory of operation. The next one is opened by whoever asks for it, so that what cannot be written to is found before anything is changed. On the loop's thread, in the message that puts
/// the configuration in force, the one before is told what lives and the next one begins with the same: one walk through the table, or two where they say different things, and no file and no socket. What is left to write is the
/// logs' own threads' affair, and the counts go on where those of the one before ended.</para>
/// </summary>
internal sealed class ApplianceMappingLog
{
    /// <summary>How long a reload waits until the one before has written all; it goes on by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile Logs _logs;

    /// <summary>Throws <see cref="ApplianceException"/> where it cannot be written.</summary>
    public ApplianceMappingLog(MappingLogConfiguration? configuration, TimeProvider time, ILogger log)
    {
        (_time, _log) = (time, log);
        _logs = new(configuration is null ? null : new MappingLog(configuration, time, log), Leaving: null, Ended: null, Suppressed: 0);
    }

    /// <summary>Lines about losses that were not written.</summary>
    public IReadOnlyList<LogCount> Suppressed()
    {
        Logs logs = _logs;
        return logs.Current is null ? [] : [new LogCount("mapping_log", logs.Suppressed + SuppressedBy(logs.Leaving) + SuppressedBy(logs.Current))];
    }

    /// <summary>Null where there never was one.</summary>
    public MappingLogSnapshot? Snapshot()
    {
        Logs logs = _logs;
        MappingLogSnapshot? before = CountsBefore(logs);
        return logs.Current is { } current ? current.Snapshot().With(before) : before is null ? null : before with { Records = MappingLogSnapshot.Closed };
    }

    /// <summary>On the loop's thread, before its first frame.</summary>
    public void Begin(SessionOpener opener) => _logs.Current?.Begin(opener, new LivingMappings(opener));

    /// <summary>The one that is to follow, opened, and room for what lives. Throws <see cref="ApplianceException"/> where it cannot be written.</summary>
    public Change Prepare(MappingLogConfiguration? configuration, SessionOpener opener)
    {
        MappingLog? current = _logs.Current, next = configuration is null ? null : new MappingLog(configuration, _time, _log, current);
        bool looksAnew = next is not null && current?.Journal.Detail != next.Journal.Detail;
        return new(next, current is null ? null : new LivingMappings(opener), looksAnew ? new LivingMappings(opener) : null);
    }

    /// <summary>On the loop's thread, between two batches.</summary>
    public void Exchange(Change change, SessionOpener opener)
    {
        Logs logs = _logs;
        if (change.RoomOfLast is { } room)
            logs.Current!.Leave(room);
        if (change.RoomOfNext is { } own)
            change.Next!.Begin(opener, own);
        else
            change.Next?.BeginWith(opener, change.RoomOfLast!);
        _logs = logs with { Current = change.Next, Leaving = logs.Current };
    }

    /// <summary>Waits until the one before has written what it had, for some time.</summary>
    public async Task SettleAsync()
    {
        if (_logs is not { Leaving: { } leaving } logs)
            return;
        await Task.WhenAny(leaving.Ended, Task.Delay(Patience, _time));
        _logs = logs with { Leaving = null, Ended = CountsBefore(logs), Suppressed = logs.Suppressed + SuppressedBy(leaving) };
    }

    /// <summary>When the loop has ended, or never began.</summary>
    public void End()
    {
        _logs.Leaving?.End();
        _logs.Current?.End();
    }

    private static MappingLogSnapshot? CountsBefore(Logs logs) => logs.Leaving is { } leaving ? leaving.Snapshot().With(logs.Ended) : logs.Ended;

    private static long SuppressedBy(MappingLog? log) => log?.Suppressed ?? 0;

    /// <summary>What was made ready. Where the next one's room is null it begins with what the last one found.</summary>
    internal sealed record Change(MappingLog? Next, LivingMappings? RoomOfLast, LivingMappings? RoomOfNext);

    /// <summary>The one in force, the one that still writes, and what those before both wrote.</summary>
    private sealed record Logs(MappingLog? Current, MappingLog? Leaving, MappingLogSnapshot? Ended, long Suppressed);
}
