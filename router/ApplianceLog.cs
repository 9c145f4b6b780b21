using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Neighbors;
using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Telemetry;
using Router.Wire;
using TapDev;

namespace Router;

/// <summary>What the appliance says while it runs. What a stranger can provoke is rate-limited before it is formatted.</summary>
internal sealed partial class ApplianceLog(ILogger logger)
{
    private const int AttemptsPerSecond = 5, AttemptBurst = 20, EventsPerSecond = 1, EventBurst = 10;

    private TokenBucket _attempts, _duplicates, _routers, _alerts;
    private long _attemptsNotLogged, _attemptsSuppressed, _duplicatesSuppressed, _routersSuppressed, _alertsSuppressed;

    /// <summary>What was not written, by kind. On the loop's thread.</summary>
    public IReadOnlyList<LogCount> Suppressed =>
        [new("attempts", _attemptsSuppressed), new("duplicate_addresses", _duplicatesSuppressed), new("other_routers", _routersSuppressed), new("alerts", _alertsSuppressed)];

    /// <summary>Whether hosts may be named.</summary>
    public PrivacyPreset Privacy { get; set; }

    public void Composed(TapLoop taps, DataPath path, PolicyClock clock)
    {
        LogBackend(taps.Backend, taps.BackendReason);
        foreach (Interface entry in path.Interfaces)
            LogInterface(entry.Name, entry.Role, string.Join(", ", entry.Addresses.Select(address => $"{address.Address}/{address.PrefixLength}")), entry.Mac, entry.Mtu, entry.Offloads);
        LogCapacity(path.Sessions.Capacity, path.Sessions.Bytes + (path.Translator.Mappings?.Bytes ?? 0) >> 20);
        if (!clock.IsKnown)
            LogClockUnknown(PolicyClock.ReleaseDate);
    }

    public void StateChanged(Interface entry, DeviceState state)
    {
        switch (state)
        {
            case DeviceState.Up:
                LogUp(entry.Name);
                break;
            case DeviceState.Down:
                LogDown(entry.Name);
                break;
            default:
                LogLost(entry.Name);
                break;
        }
    }

    public void PhaseBegan(Op25bFilter filter)
    {
        if (filter.Phase == Op25bPolicy.NoPhase)
            return;
        Phase phase = filter.Policy.Phases[filter.Phase];
        LogPhase(phase.Name, phase.Mode, phase.Mode is Mode.Block or Mode.Limit ? phase.Action : BlockAction.Drop);
    }

    public void SessionsKilled(int count)
    {
        if (count > 0)
            LogKilled(count);
    }

    public void SessionsEnded(int count)
    {
        if (count > 0)
            LogEnded(count);
    }

    public void AlertChanged(in Alert alert, AlertText text, long now)
    {
        if (!_alerts.TryTake(AttemptsPerSecond, AttemptBurst, now))
        {
            _alertsSuppressed++;
            return;
        }

        string who = Privacy == PrivacyPreset.Carrier ? text.Whose : text.Who;
        if (alert.Event == AlertEvent.Raised)
            LogAlert(alert.Kind, who, text.Evidence, alert.IsQuarantined ? ", in quarantine" : "");
        else
            LogAlertEnded(alert.Kind, who);
    }

    public void AlertCommandFailed(string reason) => LogCommandFailed(reason);

    public void NextHopChanged(Route nextHop, NextHopState state, Route inUse)
    {
        if (state == NextHopState.Unreachable)
            LogNextHopLost(nextHop.Prefix, nextHop.NextHop, nextHop.Interface.Name, inUse.NextHop, inUse.Interface.Name);
        else
            LogNextHopBack(nextHop.Prefix, nextHop.NextHop, nextHop.Interface.Name, inUse.NextHop, inUse.Interface.Name);
    }

    public DuplicateObserver DuplicateSeen(Func<long> clock) => (entry, address, claimant) =>
    {
        if (_duplicates.TryTake(EventsPerSecond, EventBurst, clock()))
            LogDuplicate(address, entry.Name, claimant);
        else
            _duplicatesSuppressed++;
    };

    public void DuplicateFound(Interface entry, IpAddress address, MacAddress station) => LogNotUsed(address, entry.Name, station);

    public RouterObserver RouterSeen(Func<long> clock) => (entry, router, station, found) =>
    {
        if (_routers.TryTake(EventsPerSecond, EventBurst, clock()))
            LogRouter(entry.Name, router, station, found);
        else
            _routersSuppressed++;
    };

    public void CaptureBegan(CaptureRequest request) => LogCaptureBegan(
        request.Interfaces is { Count: > 0 } names ? string.Join(", ", names) : "all", request.Drops ? ", drops only" : "", request.Headers ? ", headers only" : "",
        request.Filter is { } filter ? $", filter {filter.Text}" : "");

    public void CaptureEnded(ApplianceCapture capture) =>
        LogCaptureEnded(capture.Recording.Counts.Sum(counts => counts.Accepted), capture.Recording.Counts.Sum(counts => counts.Lost));

    public void InheritanceDropped(string problem) => LogInheritanceDropped(problem);

    public void Inherited(HandoverReport report)
    {
        LogInherited(report.Taken, report.Writer, report.MillisecondsApart);
        if (report.Refused + report.Over + report.Unsound > 0)
            LogNotInherited(report.Refused, report.Over, report.Unsound);
    }

    public void Left(int count, string? problem)
    {
        if (problem is null)
            LogLeft(count);
        else
            LogNotLeft(problem);
    }

    /// <summary>An observer that logs what is blocked, or would be.</summary>
    public AttemptObserver AttemptMade(Op25bFilter filter) => (in Packet packet, Verdict _, long now) =>
    {
        if (packet.Op25b is not (Op25bOutcome.Blocked or Op25bOutcome.Limited or Op25bOutcome.Monitored))
            return;
        if (!_attempts.TryTake(AttemptsPerSecond, AttemptBurst, now))
        {
            _attemptsNotLogged++;
            _attemptsSuppressed++;
            return;
        }

        string phase = filter.Phase == Op25bPolicy.NoPhase ? "none" : filter.Policy.Phases[filter.Phase].Name;
        string group = filter.Policy.Groups[packet.Group].Name;
        if (Privacy == PrivacyPreset.Carrier)
            LogAttemptOfGroup(packet.Op25b, group, phase, _attemptsNotLogged);
        else
            LogAttempt(packet.Op25b, packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort, group, phase, _attemptsNotLogged);
        _attemptsNotLogged = 0;
    };

    [LoggerMessage(21, LogLevel.Information, "back end {Backend}: {Reason}")]
    private partial void LogBackend(TapBackend backend, string reason);

    [LoggerMessage(22, LogLevel.Information, "interface {Interface}: {Role}, {Addresses}, MAC {Mac}, MTU {Mtu}, offloads {Offloads}")]
    private partial void LogInterface(string @interface, Role role, string addresses, object mac, int mtu, Offloads offloads);

    [LoggerMessage(23, LogLevel.Information, "session table: {Capacity} sessions, {Mebibytes} MiB")]
    private partial void LogCapacity(int capacity, long mebibytes);

    [LoggerMessage(25, LogLevel.Warning, "the clock says that it is before {ReleaseDate:yyyy-MM-dd}, so it is not believed: the last phase rules until it is set")]
    private partial void LogClockUnknown(DateTimeOffset releaseDate);

    [LoggerMessage(26, LogLevel.Information, "interface {Interface} is up")]
    private partial void LogUp(string @interface);

    [LoggerMessage(27, LogLevel.Warning, "interface {Interface} is down: frames to it are dropped until it is up again")]
    private partial void LogDown(string @interface);

    [LoggerMessage(28, LogLevel.Error, "interface {Interface} was deleted: the others go on; restart the router to have it back")]
    private partial void LogLost(string @interface);

    [LoggerMessage(29, LogLevel.Information, "phase {Phase} rules: mode {Mode}, action {Action}")]
    private partial void LogPhase(string phase, Mode mode, BlockAction action);

    [LoggerMessage(34, LogLevel.Information, "{Count} open sessions to port 25 were ended: they are not allowed any more")]
    private partial void LogKilled(int count);

    [LoggerMessage(71, LogLevel.Information, "{Count} sessions were ended by hand")]
    private partial void LogEnded(int count);

    [LoggerMessage(35, LogLevel.Warning, "alert: {Kind}: {Who}{Quarantine}: {Evidence}")]
    private partial void LogAlert(AlertKind kind, string who, string evidence, string quarantine);

    [LoggerMessage(36, LogLevel.Information, "alert ended: {Kind}: {Who} has been quiet")]
    private partial void LogAlertEnded(AlertKind kind, string who);

    [LoggerMessage(37, LogLevel.Warning, "alert command: {Reason}")]
    private partial void LogCommandFailed(string reason);

    [LoggerMessage(60, LogLevel.Information, "a capture began: interfaces {Interfaces}{Drops}{Headers}{Filter}")]
    private partial void LogCaptureBegan(string interfaces, string drops, string headers, string filter);

    [LoggerMessage(61, LogLevel.Information, "a capture ended: {Records} records, {Lost} of them lost")]
    private partial void LogCaptureEnded(long records, long lost);

    [LoggerMessage(81, LogLevel.Information, "{Count} sessions taken over from op25b-router {Writer}, {Milliseconds} ms after its end")]
    private partial void LogInherited(int count, string writer, long milliseconds);

    [LoggerMessage(82, LogLevel.Warning, "sessions not taken over: {Refused} that this configuration does not let go on, {Over} whose time was over, {Unsound} that no router would have")]
    private partial void LogNotInherited(int refused, int over, int unsound);

    [LoggerMessage(83, LogLevel.Warning, "the sessions that the router before left are dropped: {Problem}")]
    private partial void LogInheritanceDropped(string problem);

    [LoggerMessage(84, LogLevel.Information, "{Count} sessions left for the next router, if the service manager starts one now")]
    private partial void LogLeft(int count);

    [LoggerMessage(85, LogLevel.Warning, "sessions could not be left for the next router: {Problem}")]
    private partial void LogNotLeft(string problem);

    [LoggerMessage(31, LogLevel.Warning, "route {Destination}: next hop {NextHop} ({Interface}) does not answer; in use: {InUse} ({InUseInterface})")]
    private partial void LogNextHopLost(object destination, object nextHop, string @interface, object inUse, string inUseInterface);

    [LoggerMessage(32, LogLevel.Information, "route {Destination}: next hop {NextHop} ({Interface}) answers again; in use: {InUse} ({InUseInterface})")]
    private partial void LogNextHopBack(object destination, object nextHop, string @interface, object inUse, string inUseInterface);

    [LoggerMessage(33, LogLevel.Warning, "duplicate address: {Address} on {Interface} is the router's, and {Claimant} claims it too")]
    private partial void LogDuplicate(object address, string @interface, object claimant);

    [LoggerMessage(34, LogLevel.Error, "duplicate address: {Address} on {Interface} is not used, because {Station} has it; give one of the two another address")]
    private partial void LogNotUsed(object address, string @interface, object station);

    [LoggerMessage(35, LogLevel.Warning, "another router inside: {Router} ({Station}) advertises itself on {Interface}, which this router does not obey, but hosts may; contradictions: {Found}")]
    private partial void LogRouter(string @interface, object router, object station, Inconsistencies found);

    [LoggerMessage(38, LogLevel.Information, "port 25 {Outcome}: a host of group {Group}, phase {Phase} ({NotLogged} more not logged)")]
    private partial void LogAttemptOfGroup(Op25bOutcome outcome, string group, string phase, long notLogged);

    [LoggerMessage(30, LogLevel.Information, "port 25 {Outcome}: {Source}:{SourcePort} > {Destination}:{DestinationPort}, group {Group}, phase {Phase} ({NotLogged} more not logged)")]
    private partial void LogAttempt(Op25bOutcome outcome, object source, ushort sourcePort, object destination, ushort destinationPort, string group, string phase, long notLogged);
}
