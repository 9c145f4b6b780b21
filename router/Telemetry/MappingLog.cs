using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Nat;

namespace Router.Telemetry;

/// <summary>
/// Who had which outside port when (RFC 6888 section 4), away from the forwarding thread: reads the <see cref="MappingJournal"/> and gives its records to files and to a collector.
/// <para>Theory of operation. Every mapping that lives when the log begins is written as created then, and every one that lives when it ends as deleted then; so records come in pairs, a
/// restart that hands mappings over included, and a reload that changes the log. The journal is looked into every few milliseconds, because waking this thread would cost the forwarding
/// thread a system call. A log that takes another one's place keeps a journal from the moment of the change on, and writes when the other one has: records stay in order, also in one folder.</para>
/// </summary>
internal sealed partial class MappingLog
{
    /// <summary>2.5 MiB; a million records a second fit until the next look.</summary>
    private const int JournalCapacity = 65_536;

    private const int Batch = 1024;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50), LongestEnd = TimeSpan.FromSeconds(1), LongestJoin = TimeSpan.FromSeconds(1.5),
        LongestLeave = TimeSpan.FromSeconds(30);

    /// <summary>The pause after a full batch: a collector's socket has to take what a restart sends at once.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(2);

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly string _receivers;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MappingFile? _file;
    private readonly IpfixExporter? _exporter;
    private readonly IMappingSink[] _sinks;
    private readonly LossReport[] _reports;
    private readonly LossReport _journalLosses;
    private readonly MappingRecord[] _batch = new MappingRecord[Batch];
    private readonly ManualResetEventSlim _ending = new(), _never = new();
    private Thread? _thread;
    private SessionOpener? _opener;
    private MappingLog? _before;
    private LivingMappings? _first, _last;
    private long _lostBefore;

    /// <summary>Throws <see cref="ApplianceException"/> where files cannot be written. <paramref name="before"/>: the log whose place it takes.</summary>
    public MappingLog(MappingLogConfiguration configuration, TimeProvider time, ILogger log, MappingLog? before = null)
    {
        (_time, _log, _before) = (time, log, before);
        var detail = configuration.Records == MappingRecords.Sessions ? JournalDetail.Sessions : JournalDetail.Mappings;
        Journal = new MappingJournal(detail, JournalCapacity);
        LossReport fileLosses = ReportOf("file"), exporterLosses = ReportOf("collector");
        _journalLosses = ReportOf("journal");
        _reports = [fileLosses, exporterLosses, _journalLosses];
        if (configuration.File is { } file) _file = new(file, detail, time, fileLosses, before?._file);
        if (configuration.Ipfix is { } ipfix) _exporter = new(ipfix, detail, time, exporterLosses);
        _sinks = [.. new IMappingSink?[] { _file, _exporter }.OfType<IMappingSink>()];
        _receivers = configuration.Receivers;
    }

    /// <summary>What the forwarding thread writes.</summary>
    public MappingJournal Journal { get; }

    /// <summary>Lines about losses that were not written.</summary>
    public long Suppressed => _reports.Sum(report => report.Suppressed);

    public MappingLogSnapshot Snapshot() => new()
    {
        Records = Journal.Detail.ToString(),
        Kept = [.. _sinks.Select(sink => new MappingLogCount(sink.Counts.Name, sink.Counts.Kept))],
        Lost = [new("journal", Journal.Lost), .. _sinks.Select(sink => new MappingLogCount(sink.Counts.Name, sink.Counts.Lost))],
        PurgedFiles = _file?.Purged ?? 0,
    };

    /// <summary>Has ended when its thread has, and all that it had is written.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Begins with what lives already. On the loop's thread, between two batches.</summary>
    /// <param name="opener">Of what is logged.</param>
    /// <param name="room">Made before, for the loop has no time for that.</param>
    public void Begin(SessionOpener opener, LivingMappings room)
    {
        _opener = opener;
        BeginWith(opener, Living(room));
    }

    /// <summary>The same, where somebody has looked what lives.</summary>
    public void BeginWith(SessionOpener opener, LivingMappings living)
    {
        (_opener, _first) = (opener, living);
        Journal.BeginTurn(_time.GetUtcNow().UtcTicks);
        opener.Journal = Journal;
        _thread = new Thread(Run) { Name = "mapping log", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends with what lives now, while the loop goes on. On its thread, between two batches; the rest is the log's own thread's.</summary>
    public void Leave(LivingMappings room)
    {
        _opener!.Journal = null;
        _last = Living(room);
        _ending.Set();
    }

    /// <summary>Ends with what still lives, when the loop has ended, or never began.</summary>
    public void End()
    {
        _ending.Set();
        if (_thread is null) Close();
        // A disk or a network that hangs does not keep the router from its end; the thread goes with the process.
        else if (!_thread.Join(LongestJoin)) LogCutShort();
    }

    private void Run()
    {
        LogBegan(Journal.Detail, _receivers);
        if (_before is { } before) Follow(before);
        _before = null;
        Keep();
        Close();
        _ended.SetResult();
    }

    /// <summary>One that hangs does not keep this one from its work for ever.</summary>
    private void Follow(MappingLog before)
    {
        if (!before.Ended.Wait(LongestLeave)) return;
        _file?.Renumber();
        if (before._exporter is { } exporter) _exporter?.Follow(exporter);
    }

    private void Close()
    {
        foreach (var sink in _sinks) sink.Dispose();
        _ending.Dispose();
        _never.Dispose();
    }

    private void Keep()
    {
        WriteAll(_first!, MappingEvent.Created, TimeSpan.MaxValue);
        _first = null;
        do
        {
            Drain();
            foreach (var sink in _sinks) sink.Tick();
        }
        while (!_ending.Wait(Look));

        Drain();
        if (_last is { } last) WriteAll(last, MappingEvent.Deleted, LongestLeave);
        else WriteAll(Living(new(_opener!)), MappingEvent.Deleted, LongestEnd);
    }

    private LivingMappings Living(LivingMappings room)
    {
        room.Take(_opener!, Journal.Detail, _time.GetUtcNow().UtcTicks);
        return room;
    }

    private void Drain()
    {
        int count;
        while ((count = Journal.Take(_batch)) > 0)
        {
            Write(_batch.AsSpan(0, count));
            if (count == Batch) _never.Wait(Pace);
        }

        if (Journal.Lost is var lost && lost > _lostBefore) _journalLosses.Lose("more mappings began and ended than could be written down in time", lost - _lostBefore);
        _lostBefore = lost;
        _journalLosses.Tick();
    }

    private void WriteAll(LivingMappings living, MappingEvent @event, TimeSpan limit)
    {
        var began = _time.GetTimestamp();
        for (var at = 0; at < living.Records.Length; at += Batch)
        {
            if (_time.GetElapsedTime(began) > limit)
            {
                LogCutShort();
                return;
            }

            // Two logs may read the same.
            var chunk = _batch.AsSpan(0, Math.Min(Batch, living.Records.Length - at));
            living.Records.Slice(at, chunk.Length).CopyTo(chunk);
            foreach (ref var record in chunk) record.Event = @event;
            Write(chunk);
            if (_exporter is not null) _never.Wait(Pace);
        }
    }

    private void Write(ReadOnlySpan<MappingRecord> records)
    {
        foreach (var sink in _sinks) sink.Write(records);
    }

    private LossReport ReportOf(string receiver) => new(_time, (reason, records) => LogLost(receiver, reason, records), () => LogOver(receiver));

    [LogEvent("Mappings are logged, and where to ([the mapping log](mapping-log.md)).", "once at the start, and after a reload that changes it")]
    [LoggerMessage(90, LogLevel.Information, "mapping log: {Detail} to {Receivers}", EventName = "MappingLogBegan")]
    private partial void LogBegan(JournalDetail detail, string receivers);

    [LogEvent("Records of the mapping log were lost, where, why and how many. Forwarding goes on; see to the disk or the collector.", "kind `mapping_log`: one a minute for each receiver")]
    [LoggerMessage(91, LogLevel.Warning, "mapping log, {Receiver}: {Reason}; {Records} records lost. Forwarding goes on", EventName = "MappingLogLost")]
    private partial void LogLost(string receiver, string reason, long records);

    [LogEvent("Nothing was lost for a minute.", "after 91")]
    [LoggerMessage(92, LogLevel.Information, "mapping log, {Receiver}: nothing was lost for a minute", EventName = "MappingLogWhole")]
    private partial void LogOver(string receiver);

    [LogEvent("At the end, of the router or of this log, there was no time to write that all mappings ended.", "once at the end")]
    [LoggerMessage(93, LogLevel.Warning, "mapping log: the end took too long; some mappings that ended with it have no record of that", EventName = "MappingLogCutShort")]
    private partial void LogCutShort();
}
