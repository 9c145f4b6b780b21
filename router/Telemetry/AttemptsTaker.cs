using Router.Op25b;
using Router.Wire;

namespace Router.Telemetry;

/// <summary>
/// Copies the ledger on the loop's thread, records as they are, and works the copy out elsewhere: judging thousands of hosts must not keep frames waiting.
/// </summary>
internal sealed class AttemptsTaker
{
    private readonly HostLedger _ledger;
    private readonly HostRecord[] _records;
    private readonly bool[] _quarantined;
    private readonly SpoofingStation[] _stations;
    private readonly Op25bPolicy _policy;
    private readonly int _phase;
    private readonly DateTimeOffset _policyTime;
    private readonly long _now;

    /// <summary>On the loop's thread, at its milliseconds.</summary>
    public AttemptsTaker(DataPath path, DateTimeOffset policyTime, long now)
    {
        _ledger = path.Hosts;
        var records = new List<HostRecord>();
        foreach (ref readonly HostRecord record in path.Hosts.Records)
            if (!record.IsFree)
                records.Add(record);
        _records = [.. records];
        _quarantined = [.. records.Select(record => path.Filter.Quarantine.Contains(record.Host))];
        _stations = path.SpoofingStations.Seen.ToArray();
        (_policy, _phase) = (path.Filter.Policy, path.Filter.Phase);
        (_policyTime, _now) = (policyTime, now);
    }

    /// <summary>On any thread.</summary>
    public AttemptsSnapshot Take() => new()
    {
        PolicyTime = _policyTime,
        Phase = _phase == Op25bPolicy.NoPhase ? "none" : _policy.Phases[_phase].Name,
        Mode = _policy.ModeOf(_phase).ToString(),
        EffectiveFrom = _policy.Phases.Where(phase => phase.Mode is Mode.Limit or Mode.Block)
            .Select(phase => (DateTimeOffset?)phase.Start).FirstOrDefault(),
        Hosts = [.. Enumerable.Range(0, _records.Length).Select(number => Describe(ref _records[number]) with { IsQuarantined = _quarantined[number] }).OrderByDescending(host => host.Attempts).ThenBy(host => host.Host, StringComparer.Ordinal)],
        Stations = [.. _stations.Select(station => new StationSnapshot(station.Mac.ToString(), station.Interface!.Name, station.Segments,
            station.ClaimedSource.ToString(), station.Destination.ToString(), At(station.First), At(station.Last)))],
    };

    public static string NameOf(HostCase hostCase) => hostCase switch
    {
        HostCase.Unclear => "unclear",
        HostCase.ThirdPartyServer => "third_party_server",
        HostCase.DirectSender => "direct_sender",
        HostCase.HomeServer => "home_server",
        HostCase.Infected => "infected",
        HostCase.Triangular => "triangular",
    };

    private HostSnapshot Describe(ref HostRecord record)
    {
        HostSigns signs = HostSigns.Of(ref record, _now);
        HostCase hostCase = HostClassifier.Judge(signs);
        long last = Math.Max(record.Last, record.LastUnasked);
        return new HostSnapshot
        {
            Host = _ledger.NameOf(record),
            Group = _policy.Groups[record.Group].Name,
            Case = NameOf(hostCase),
            Evidence = [.. HostClassifier.Evidence(signs, hostCase)],
            Alert = record.Alert?.ToString().ToLowerInvariant(),
            First = At(record.Attempts > 0 ? record.First : last),
            Last = At(last),
            Attempts = signs.Attempts,
            Monitored = (int)record.Monitored,
            Limited = (int)record.Limited,
            Blocked = (int)record.Blocked,
            AttemptsInTenMinutes = signs.AttemptsInTenMinutes,
            AttemptsInADay = signs.AttemptsInADay,
            DestinationsInTenMinutes = signs.DestinationsInTenMinutes,
            DestinationsInADay = signs.DestinationsInADay,
            Destinations = [.. record.TriedDestinations.ToArray().OrderByDescending(destination => destination.Attempts)
                .Select(destination => new DestinationSnapshot(destination.Address.ToString(), (int)destination.Attempts, At(destination.Last), destination.IsMailProvider))],
        };
    }

    /// <summary>The policy's time at the loop's milliseconds.</summary>
    private DateTimeOffset At(long milliseconds) => _policyTime - TimeSpan.FromMilliseconds(_now - milliseconds);
}
