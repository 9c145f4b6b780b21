using Prometheus;

namespace Router.Telemetry;

/// <summary>The mapping log; without one there are no series.</summary>
internal sealed class MappingLogMetrics(MetricFactory factory)
{
    private readonly Counter _kept = factory.CreateCounter("router_mapping_log_records_total", "Records that were written to a file, or sent to the collector.", "receiver");
    private readonly Counter _lost = factory.CreateCounter(
        "router_mapping_log_lost_records_total", "Records that were lost: in the journal, where too many came at once, because a file could not be written, or because nobody listened at the collector.", "receiver");

    private readonly Counter _purged = factory.CreateCounter("router_mapping_log_purged_files_total", "Files that were removed, too old or too many.");

    public void Update(MappingLogSnapshot? snapshot)
    {
        if (snapshot is null) return;
        foreach (var count in snapshot.Kept) _kept.WithLabels(count.Receiver).IncTo(count.Records);
        foreach (var count in snapshot.Lost) _lost.WithLabels(count.Receiver).IncTo(count.Records);
        _purged.IncTo(snapshot.PurgedFiles);
    }
}
