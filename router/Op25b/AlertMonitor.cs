using Router.Packets;

namespace Router.Op25b;

/// <summary>
/// Looks at the ledger's hosts, a bounded number a turn and each within ten seconds, and says which begin and which cease to be infected or triangular. An alert begins once the signs
/// were there in two windows, and ends after a quiet time (OP25B.md section 5), so that one who stops and starts does not ring the bell each time.
/// </summary>
internal sealed class AlertMonitor(HostLedger hosts, SpoofingStations stations, Op25bFilter filter, AlertSettings settings)
{
    private const int RoundMilliseconds = 10_000, MostPerSweep = 1024, LeastForgedSegments = 10;

    private static readonly int Kinds = Enum.GetValues<AlertKind>().Length;

    private AlertSettings _settings = settings;
    private long _quiet = (long)settings.QuietTime.TotalMilliseconds;
    private readonly long[] _raised = new long[Kinds];
    private readonly int[] _active = new int[Kinds], _counting = new int[Kinds];
    private long _sweptAt = long.MinValue;
    private int _next;

    /// <summary>Is told of each alert that begins or ends, on the loop's thread.</summary>
    public Action<Alert>? Changed { get; set; }

    public long RaisedOf(AlertKind kind) => _raised[(int)kind];

    /// <summary>Hosts and stations with such an alert, as the last round found them.</summary>
    public int ActiveOf(AlertKind kind) => _active[(int)kind];

    /// <summary>Goes by other settings. Without a quarantine nobody stays in it.</summary>
    public void Adopt(AlertSettings other)
    {
        (_settings, _quiet) = (other, (long)other.QuietTime.TotalMilliseconds);
        if (!other.Quarantines && filter.Quarantine.Release(long.MaxValue) > 0)
            filter.Reconsider();
    }

    public void Sweep(long now)
    {
        if (_sweptAt == long.MinValue)
            _sweptAt = now;
        int budget = (int)Math.Min(hosts.Records.Length * Math.Min(now - _sweptAt, RoundMilliseconds) / RoundMilliseconds, MostPerSweep);
        if (budget == 0)
            return;
        _sweptAt = now;
        for (int i = 0; i < budget; i++)
        {
            ref HostRecord record = ref hosts.Records[_next];
            if (!record.IsFree)
                Look(ref record, now);
            if (record.Alert is { } alert)
                _counting[(int)alert]++;
            if (++_next == hosts.Records.Length)
                EndRound(now);
        }
    }

    private void EndRound(long now)
    {
        _next = 0;
        foreach (ref SpoofingStation station in stations.Seen)
        {
            Look(ref station, now);
            _counting[(int)AlertKind.Triangular] += station.IsAlerted ? 1 : 0;
        }

        _counting.CopyTo(_active, 0);
        Array.Clear(_counting);
        if (filter.Quarantine.Release(now) > 0)
            filter.Reconsider();
    }

    private void Look(ref HostRecord record, long now)
    {
        long last = Math.Max(record.Last, record.LastUnasked);
        if (record.Alert is { } standing && now - last >= _quiet)
        {
            record.Alert = null;
            Tell(Describe(ref record, standing, AlertEvent.Ended, now));
            return;
        }

        HostSigns signs = HostSigns.Of(ref record, now);
        AlertKind? kind = HostClassifier.Judge(signs) switch
        {
            _ when now - last >= _quiet => null,
            HostCase.Infected => AlertKind.Infected,
            HostCase.Triangular => AlertKind.Triangular,
            _ => null,
        };
        // What was triangular may prove to be infected; the other way it stays what is worse.
        if (kind is not null && record.Alert != kind && record.Alert != AlertKind.Infected)
        {
            record.Alert = kind;
            Hold(record);
            Tell(Describe(ref record, kind.Value, AlertEvent.Raised, now));
        }
        else
        {
            Hold(record);
        }
    }

    private void Look(ref SpoofingStation station, long now)
    {
        if (station.IsAlerted && now - station.Last >= _quiet)
        {
            station.IsAlerted = false;
            station.Segments = 0;
            Tell(new Alert(AlertKind.Triangular, AlertEvent.Ended) { Mac = station.Mac, Interface = station.Interface });
        }
        else if (!station.IsAlerted && station.Segments >= LeastForgedSegments && now - station.Last < _quiet)
        {
            station.IsAlerted = true;
            Tell(new Alert(AlertKind.Triangular, AlertEvent.Raised) { Mac = station.Mac, Interface = station.Interface });
        }
    }

    /// <summary>The quarantine goes with the alert: as long, and no longer.</summary>
    private void Hold(in HostRecord record)
    {
        if (_settings.Quarantines && record.Alert == AlertKind.Infected && filter.Quarantine.Hold(record.Host, record.Last + _quiet))
            filter.Reconsider();
    }

    private Alert Describe(ref HostRecord record, AlertKind kind, AlertEvent happened, long now) => new(kind, happened)
    {
        Host = record.Host,
        Group = record.Group,
        Signs = HostSigns.Of(ref record, now),
        IsQuarantined = filter.Quarantine.Contains(record.Host) && happened == AlertEvent.Raised,
    };

    private void Tell(Alert alert)
    {
        if (alert.Event == AlertEvent.Raised)
            _raised[(int)alert.Kind]++;
        Changed?.Invoke(alert);
    }
}

/// <summary>How long an alert stays after the last attempt, and whether an infected host's port 25 is shut meanwhile.</summary>
internal sealed record AlertSettings(TimeSpan QuietTime, bool Quarantines);
