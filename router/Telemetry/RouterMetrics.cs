using Prometheus;

namespace Router.Telemetry;

/// <summary>The router's metrics. They hold no state of their own: each scrape copies one snapshot into them.</summary>
internal sealed class RouterMetrics
{
    private readonly InterfaceMetrics _interfaces;
    private readonly Gauge _sessions;
    private readonly Gauge _sessionCapacity;
    private readonly Gauge _natMappings;
    private readonly Gauge _natPorts;
    private readonly Gauge _natPortCapacity;
    private readonly Counter _attempts;
    private readonly Gauge _phase;
    private readonly Gauge _lastReload;
    private readonly Counter _alerts;
    private readonly Gauge _alerted;
    private readonly Gauge _quarantined;
    private readonly NameMetrics _names;
    private readonly LoopMetrics _loop;
    private readonly MappingLogMetrics _mappingLog;
    private readonly Gauge _started;
    private readonly RuntimeMetrics _runtime;

    public RouterMetrics(CollectorRegistry registry, string version)
    {
        var factory = Metrics.WithCustomRegistry(registry);
        _interfaces = new(factory);
        _sessions = factory.CreateGauge("router_sessions", "Live sessions.", "family", "protocol");
        _sessionCapacity = factory.CreateGauge("router_session_capacity", "Sessions that the table has room for.");
        _natMappings = factory.CreateGauge("router_nat_mappings", "Live address and port mappings.", "protocol");
        _natPorts = factory.CreateGauge("router_nat_ports_in_use", "Outside ports that mappings take.", "protocol");
        _natPortCapacity = factory.CreateGauge("router_nat_port_capacity", "Outside ports from 1024 on, of all outside addresses.", "protocol");
        _attempts = factory.CreateCounter(
            "router_op25b_attempts_total", "Attempts to open a session to port 25, by what became of them.", "family", "group", "phase", "outcome");
        _phase = factory.CreateGauge("router_op25b_phase_info", "1 for the phase in force.", "phase", "mode");
        _alerts = factory.CreateCounter("router_op25b_alerts_total", "Alerts that were raised: infected or triangular hosts.", "kind");
        _alerted = factory.CreateGauge("router_op25b_alerted_hosts", "Hosts that an alert stands for.", "kind");
        _quarantined = factory.CreateGauge("router_op25b_quarantined_hosts", "Hosts whose port 25 is shut by an alert.");
        _lastReload = factory.CreateGauge("router_config_last_reload_success", "Whether the last configuration was taken: 1, or 0.");
        factory.CreateGauge("router_build_info", "The version of the router, always 1.", "version").WithLabels(version).Set(1);
        _started = factory.CreateGauge("process_start_time_seconds", "When the router started.");
        _names = new(factory);
        _loop = new(factory);
        _mappingLog = new(factory);
        _runtime = new(factory);
    }

    public void Update(RouterSnapshot snapshot)
    {
        foreach (var @interface in snapshot.Interfaces) _interfaces.Update(@interface);
        Replace(_sessions, snapshot.Sessions.Select(count => (new[] { count.Family, count.Protocol }, count.Count)));
        _sessionCapacity.Set(snapshot.SessionCapacity);
        Replace(_natMappings, snapshot.Nat.Select(count => (new[] { count.Protocol }, count.Mappings)));
        Replace(_natPorts, snapshot.Nat.Select(count => (new[] { count.Protocol }, count.PortsInUse)));
        Replace(_natPortCapacity, snapshot.Nat.Select(count => (new[] { count.Protocol }, count.PortCapacity)));
        _lastReload.Set(snapshot.LastReloadSucceeded ? 1 : 0);
        // What a change of the configuration took away counts from zero if it comes back.
        foreach (var labels in _attempts.GetAllLabelValues().Where(labels => !snapshot.Op25b.Attempts.Any(attempt => labels.SequenceEqual([attempt.Family, attempt.Group, attempt.Phase, attempt.Outcome]))).ToArray())
            _attempts.RemoveLabelled(labels);
        foreach (var attempt in snapshot.Op25b.Attempts)
            _attempts.WithLabels(attempt.Family, attempt.Group, attempt.Phase, attempt.Outcome).IncTo(attempt.Count);
        foreach (var alert in snapshot.Op25b.Alerts)
        {
            _alerts.WithLabels(alert.Kind).IncTo(alert.Raised);
            _alerted.WithLabels(alert.Kind).Set(alert.Active);
        }

        _quarantined.Set(snapshot.Op25b.QuarantinedHosts);
        Replace(_phase, [(new[] { snapshot.Op25b.Phase, snapshot.Op25b.Mode }, 1)]);
        _started.Set(snapshot.Started.ToUnixTimeMilliseconds() / 1000.0);
        _names.Update(snapshot);
        _loop.Update(snapshot);
        _mappingLog.Update(snapshot.MappingLog);
        _runtime.Update();
    }

    /// <summary>Label sets that the snapshot does not have any more go: a phase that is over must not stay at 1.</summary>
    private static void Replace(Gauge gauge, IEnumerable<(string[] Labels, int Value)> values)
    {
        var stale = gauge.GetAllLabelValues().ToList();
        foreach (var (labels, value) in values)
        {
            gauge.WithLabels(labels).Set(value);
            stale.RemoveAll(labels.SequenceEqual);
        }

        foreach (var labels in stale) gauge.RemoveLabelled(labels);
    }
}
