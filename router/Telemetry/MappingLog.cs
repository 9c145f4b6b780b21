using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Nat;

namespace Router.Telemetry;

/// <summary>
/// Who had which outside port when (RFC 6888 section 4), away from the forwarding thread: reads the <see cref="MappingJournal"/> and gives its records to files and to a collector.
/// <para>Theory of operation. Every mapping that lives when the log begins is written as created then, and every one that lives when it ends as deleted then; so records come in pairs, a
/// restart that hands mappings over included. The journal is looked into every few milliseconds, because waking this thread would cost the forwarding thread a system call.</para>
/// </summary>
internal sealed partial class MappingLog
{
    /// <summary>2.5 MiB; a million records a second fit until the next look.</summary>
    private const int JournalCapacity = 65_536;

    private const int Batch = 1024;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50), LongestEnd = TimeSpan.FromSeconds(1), LongestJoin = TimeSpan.FromSeconds(1.5);

    /// <summary>The pause after a full batch: a collector's socket has to take what a restart sends at once.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(2);

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly MappingFile? _file;
    private readonly IpfixExporter? _exporter;
    private readonly IMappingSink[] _sinks;
    private readonly LossReport[] _reports;
    private readonly LossReport _journalLosses;
    private readonly MappingRecord[] _batch = new MappingRecord[Batch];
    private readonly ManualResetEventSlim _ending = new(), _never = new();
    private Thread? _thread;
    private SessionOpener? _opener;
    private MappingRecord[] _first = [];
    private long _lostBefore;

    /// <summary>Throws <see cref="ApplianceException"/> where files cannot be written.</summary>
    public MappingLog(MappingLogConfiguration configuration, TimeProvider time, ILogger log)
    {
        (_time, _log) = (time, log);
        var detail = configuration.Records == MappingRecords.Sessions ? JournalDetail.Sessions : JournalDetail.Mappings;
        Journal = new MappingJournal(detail, JournalCapacity);
        LossReport fileLosses = ReportOf("file"), exporterLosses = ReportOf("collector");
        _journalLosses = ReportOf("journal");
        _reports = [fileLosses, exporterLosses, _journalLosses];
        if (configuration.File is { } file) _file = new(file, detail, time, fileLosses);
        if (configuration.Ipfix is { } ipfix) _exporter = new(ipfix, detail, time, exporterLosses);
        _sinks = [.. new IMappingSink?[] { _file, _exporter }.OfType<IMappingSink>()];
        LogBegan(detail, string.Join(" and ", new[] { configuration.File?.Directory, configuration.Ipfix is { } to ? $"the collector {to.Collector}" : null }.OfType<string>()));
    }

    /// <summary>What the forwarding thread writes.</summary>
    public MappingJournal Journal { get; }

    /// <summary>Lines about losses that were not written.</summary>
    public IReadOnlyList<LogCount> Suppressed => [new("mapping_log", _reports.Sum(report => report.Suppressed))];

    public MappingLogSnapshot Snapshot() => new()
    {
        Records = Journal.Detail.ToString(),
        Kept = [.. _sinks.Select(sink => new MappingLogCount(sink.Counts.Name, sink.Counts.Kept))],
        Lost = [new("journal", Journal.Lost), .. _sinks.Select(sink => new MappingLogCount(sink.Counts.Name, sink.Counts.Lost))],
        PurgedFiles = _file?.Purged ?? 0,
    };

    /// <summary>Begins with what lives already. On the loop's thread, before its first frame.</summary>
    public void Begin(SessionOpener opener)
    {
        _opener = opener;
        _first = [.. Living(MappingEvent.Created)];
        opener.Journal = Journal;
        _thread = new Thread(Run) { Name = "mapping log", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends with what still lives, when the loop has ended, or never began.</summary>
    public void End()
    {
        _ending.Set();
        if (_thread?.Join(LongestJoin) == false)
        {
            // A disk or a network that hangs does not keep the router from its end; the thread goes with the process.
            LogCutShort();
            return;
        }

        foreach (var sink in _sinks) sink.Dispose();
        _ending.Dispose();
        _never.Dispose();
    }

    private void Run()
    {
        WriteAll(_first, TimeSpan.MaxValue);
        _first = [];
        do
        {
            Drain();
            foreach (var sink in _sinks) sink.Tick();
        }
        while (!_ending.Wait(Look));

        Drain();
        WriteAll(Living(MappingEvent.Deleted), LongestEnd);
    }

    private IEnumerable<MappingRecord> Living(MappingEvent @event) => _opener!.Living(Journal.Detail, @event, _time.GetUtcNow().UtcTicks);

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

    private void WriteAll(IEnumerable<MappingRecord> records, TimeSpan limit)
    {
        var began = _time.GetTimestamp();
        foreach (var chunk in records.Chunk(Batch))
        {
            if (_time.GetElapsedTime(began) > limit)
            {
                LogCutShort();
                return;
            }

            Write(chunk);
            if (_exporter is not null) _never.Wait(Pace);
        }
    }

    private void Write(ReadOnlySpan<MappingRecord> records)
    {
        foreach (var sink in _sinks) sink.Write(records);
    }

    private LossReport ReportOf(string receiver) => new(_time, (reason, records) => LogLost(receiver, reason, records), () => LogOver(receiver));

    [LogEvent("Mappings are logged, and where to ([the mapping log](mapping-log.md)).", "once at the start")]
    [LoggerMessage(90, LogLevel.Information, "mapping log: {Detail} to {Receivers}", EventName = "MappingLogBegan")]
    private partial void LogBegan(JournalDetail detail, string receivers);

    [LogEvent("Records of the mapping log were lost, where, why and how many. Forwarding goes on; see to the disk or the collector.", "kind `mapping_log`: one a minute for each receiver")]
    [LoggerMessage(91, LogLevel.Warning, "mapping log, {Receiver}: {Reason}; {Records} records lost. Forwarding goes on", EventName = "MappingLogLost")]
    private partial void LogLost(string receiver, string reason, long records);

    [LogEvent("Nothing was lost for a minute.", "after 91")]
    [LoggerMessage(92, LogLevel.Information, "mapping log, {Receiver}: nothing was lost for a minute", EventName = "MappingLogWhole")]
    private partial void LogOver(string receiver);

    [LogEvent("At the end there was no time to write that all mappings ended.", "once at the end")]
    [LoggerMessage(93, LogLevel.Warning, "mapping log: the end took too long; some mappings that ended with the router have no record of that", EventName = "MappingLogCutShort")]
    private partial void LogCutShort();
}
