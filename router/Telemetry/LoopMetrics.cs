using Prometheus;

namespace Router.Telemetry;

/// <summary>The loop, its back end, how full the tables are, neighbours, and what the log left out. Labels are the configuration's names and this program's own words.</summary>
internal sealed class LoopMetrics(MetricFactory factory)
{
    private readonly Counter _turns = factory.CreateCounter("router_loop_turns_total", "Turns of the forwarding loop.");
    private readonly Counter _lateTurns = factory.CreateCounter("router_loop_late_turns_total", "Turns that began so long after the one before that timers were late.");
    private readonly Counter _running = factory.CreateCounter("router_loop_cpu_seconds_total", "Time of the loop's thread on a processor. Its rate is the loop's utilisation.");
    private readonly Counter _waiting = factory.CreateCounter("router_loop_cpu_wait_seconds_total", "Time in which the loop's thread had work and waited for a processor.");
    private readonly Gauge _timerLag = factory.CreateGauge("router_timer_lag_seconds", "How far the sweep of sessions is behind the clock.");
    private readonly Gauge _backend = factory.CreateGauge("router_backend_info", "1 for the back end that reads the TAPs.", "backend");
    private readonly Gauge _entries = factory.CreateGauge("router_table_entries", "Live entries of a table.", "table");
    private readonly Gauge _capacity = factory.CreateGauge("router_table_capacity", "Entries that a table has room for.", "table");
    private readonly Gauge _neighbors = factory.CreateGauge("router_neighbors", "Neighbours by the states of RFC 4861.", "interface", "state");
    private readonly Counter _suppressed = factory.CreateCounter("router_log_suppressed_total", "Log lines that were not written, because there were too many of their kind.", "kind");

    public void Update(RouterSnapshot snapshot)
    {
        if (snapshot.Loop is { } loop)
        {
            _turns.IncTo(loop.Turns);
            _lateTurns.IncTo(loop.LateTurns);
            _timerLag.Set(loop.TimerLagSeconds);
            _running.IncTo(loop.RunningSeconds ?? 0);
            _waiting.IncTo(loop.WaitingSeconds ?? 0);
        }

        _backend.WithLabels(snapshot.Backend).Set(1);
        foreach (var table in snapshot.Tables)
        {
            _entries.WithLabels(table.Table).Set(table.Entries);
            _capacity.WithLabels(table.Table).Set(table.Capacity);
        }

        foreach (var neighbors in snapshot.Neighbors) _neighbors.WithLabels(neighbors.Interface, neighbors.State).Set(neighbors.Count);
        foreach (var log in snapshot.LogSuppressed) _suppressed.WithLabels(log.Kind).IncTo(log.Suppressed);
    }
}
