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

    private readonly EventLimiter _attempts = new("attempts", AttemptsPerSecond, AttemptBurst), _alerts = new("alerts", AttemptsPerSecond, AttemptBurst);
    private readonly EventLimiter _duplicates = new("duplicate_addresses", EventsPerSecond, EventBurst), _routers = new("other_routers", EventsPerSecond, EventBurst);

    /// <summary>What was not written, by kind. On the loop's thread.</summary>
    public IReadOnlyList<LogCount> Suppressed => [_attempts.Suppressed, _duplicates.Suppressed, _routers.Suppressed, _alerts.Suppressed];

    /// <summary>Whether hosts may be named.</summary>
    public PrivacyPreset Privacy { get; set; }

    public void Composed(TapLoop taps, DataPath path, PolicyClock clock, int nice)
    {
        LogBackend(taps.Backend, taps.BackendReason);
        if (nice > ThreadNice.Wanted)
            LogNice(nice, ThreadNice.Wanted);
        foreach (Interface entry in path.Interfaces)
            LogInterface(entry.Name, entry.Role, string.Join(", ", entry.Addresses.Select(address => $"{address.Address}/{address.PrefixLength}")), entry.Mac, entry.Mtu, entry.Offloads);
        LogCapacity(path.Sessions.Capacity, path.Sessions.Bytes + (path.Translator.Mappings?.Bytes ?? 0) >> 20);
        if (!clock.IsKnown)
            LogClockUnknown(PolicyClock.ReleaseDate);
    }

    public void QuestionFailed(Exception exception) => LogQuestionFailed(exception);

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
        if (!MayWrite(_alerts, now))
            return;
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
        if (MayWrite(_duplicates, clock()))
            LogDuplicate(address, entry.Name, claimant);
    };

    public void DuplicateFound(Interface entry, IpAddress address, MacAddress station) => LogNotUsed(address, entry.Name, station);

    public RouterObserver RouterSeen(Func<long> clock) => (entry, router, station, found) =>
    {
        if (MayWrite(_routers, clock()))
            LogRouter(entry.Name, router, station, found);
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
        if (!_attempts.TryTake(now))
            return;
        string phase = filter.Phase == Op25bPolicy.NoPhase ? "none" : filter.Policy.Phases[filter.Phase].Name;
        string group = filter.Policy.Groups[packet.Group].Name;
        if (Privacy == PrivacyPreset.Carrier)
            LogAttemptOfGroup(packet.Op25b, group, phase, _attempts.TakeUntold());
        else
            LogAttempt(packet.Op25b, packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort, group, phase, _attempts.TakeUntold());
    };

    /// <summary>Says with the next line that is written how many were not.</summary>
    private bool MayWrite(EventLimiter limiter, long now)
    {
        if (!limiter.TryTake(now))
            return false;
        if (limiter.TakeUntold() is > 0 and var untold)
            LogSuppressed(untold, limiter.Kind);
        return true;
    }

    [LogEvent("So many lines of a kind were not written since the last one of the kind; `router_log_suppressed_total` counts them.", "beside a line of the kind")]
    [LoggerMessage(8, LogLevel.Warning, "{Count} lines of kind {Kind} were not written: there were too many", EventName = "LinesSuppressed")]
    private partial void LogSuppressed(long count, string kind);

    [LogEvent("How frames are read, and why so; [performance](performance.md) has what each is worth.", "once at the start")]
    [LoggerMessage(21, LogLevel.Information, "back end {Backend}: {Reason}", EventName = "BackendChosen")]
    private partial void LogBackend(TapBackend backend, string reason);

    [LogEvent("The loop's thread has no more of the processors than others: under overload it forwards less. `LimitNICE=-10` in the unit, or CAP_SYS_NICE, lets it.", "once at the start")]
    [LoggerMessage(24, LogLevel.Information, "the forwarding thread stays at nice level {Nice}: {Wanted} takes LimitNICE= or CAP_SYS_NICE", EventName = "NiceLevelRefused")]
    private partial void LogNice(int nice, int wanted);

    [LogEvent("An interface as it was made.", "once at the start, for each interface")]
    [LoggerMessage(22, LogLevel.Information, "interface {Interface}: {Role}, {Addresses}, MAC {Mac}, MTU {Mtu}, offloads {Offloads}", EventName = "InterfaceReady")]
    private partial void LogInterface(string @interface, Role role, string addresses, object mac, int mtu, Offloads offloads);

    [LogEvent("Room for sessions, and its memory.", "once at the start")]
    [LoggerMessage(23, LogLevel.Information, "session table: {Capacity} sessions, {Mebibytes} MiB", EventName = "SessionTableSize")]
    private partial void LogCapacity(int capacity, long mebibytes);

    [LogEvent("The clock is before the program's release: the last phase rules until it is set. See to time synchronisation.", "once at the start")]
    [LoggerMessage(25, LogLevel.Warning, "the clock says that it is before {ReleaseDate:yyyy-MM-dd}, so it is not believed: the last phase rules until it is set", EventName = "ClockNotBelieved")]
    private partial void LogClockUnknown(DateTimeOffset releaseDate);

    [LogEvent("The interface carries frames.", "the machine's administrator moves it")]
    [LoggerMessage(26, LogLevel.Information, "interface {Interface} is up", EventName = "InterfaceUp")]
    private partial void LogUp(string @interface);

    [LogEvent("The interface was set down outside the router; frames to it are dropped.", "the machine's administrator moves it")]
    [LoggerMessage(27, LogLevel.Warning, "interface {Interface} is down: frames to it are dropped until it is up again", EventName = "InterfaceDown")]
    private partial void LogDown(string @interface);

    [LogEvent("Its TAP was deleted. Restart the router to have it back.", "once for each interface")]
    [LoggerMessage(28, LogLevel.Error, "interface {Interface} was deleted: the others go on; restart the router to have it back", EventName = "InterfaceLost")]
    private partial void LogLost(string @interface);

    [LogEvent("Another phase rules from here on.", "once for each phase, and a reload")]
    [LoggerMessage(29, LogLevel.Information, "phase {Phase} rules: mode {Mode}, action {Action}", EventName = "PhaseBegan")]
    private partial void LogPhase(string phase, Mode mode, BlockAction action);

    [LogEvent("A block began, or a reload: so many open sessions to port 25 were ended.", "once for each phase and reload")]
    [LoggerMessage(34, LogLevel.Information, "{Count} open sessions to port 25 were ended: they are not allowed any more", EventName = "SessionsCutOff")]
    private partial void LogKilled(int count);

    [LogEvent("`sessions --kill` ended so many.", "an operator's act")]
    [LoggerMessage(71, LogLevel.Information, "{Count} sessions were ended by hand", EventName = "SessionsEndedByHand")]
    private partial void LogEnded(int count);

    [LogEvent("A host looks infected or triangular, or a station forges sources, with the evidence. `report` says more.", "kind `alerts`: 5 a second, 20 at once")]
    [LoggerMessage(35, LogLevel.Warning, "alert: {Kind}: {Who}{Quarantine}: {Evidence}", EventName = "AlertRaised")]
    private partial void LogAlert(AlertKind kind, string who, string evidence, string quarantine);

    [LogEvent("The host or station of an alert has been quiet for `Op25b:Alerts:QuietMinutes`.", "kind `alerts`: 5 a second, 20 at once")]
    [LoggerMessage(36, LogLevel.Information, "alert ended: {Kind}: {Who} has been quiet", EventName = "AlertEnded")]
    private partial void LogAlertEnded(AlertKind kind, string who);

    [LogEvent("`Op25b:Alerts:Command` could not be run, failed, or took too long.", "as often as the command may run, and what is not run has a rate of its own")]
    [LoggerMessage(37, LogLevel.Warning, "alert command: {Reason}", EventName = "AlertCommandFailed")]
    private partial void LogCommandFailed(string reason);

    [LogEvent("Somebody records packets, which are private.", "an operator's act")]
    [LoggerMessage(60, LogLevel.Information, "a capture began: interfaces {Interfaces}{Drops}{Headers}{Filter}", EventName = "CaptureBegan")]
    private partial void LogCaptureBegan(string interfaces, string drops, string headers, string filter);

    [LogEvent("A capture ended; what a full ring lost is counted.", "an operator's act")]
    [LoggerMessage(61, LogLevel.Information, "a capture ended: {Records} records, {Lost} of them lost", EventName = "CaptureEnded")]
    private partial void LogCaptureEnded(long records, long lost);

    [LogEvent("The restart kept so many sessions.", "once at the start")]
    [LoggerMessage(81, LogLevel.Information, "{Count} sessions taken over from op25b-router {Writer}, {Milliseconds} ms after its end", EventName = "SessionsTakenOver")]
    private partial void LogInherited(int count, string writer, long milliseconds);

    [LogEvent("Sessions of the router before that could not go on, and why.", "once at the start")]
    [LoggerMessage(82, LogLevel.Warning, "sessions not taken over: {Refused} that this configuration does not let go on, {Over} whose time was over, {Unsound} that no router would have", EventName = "SessionsNotTakenOver")]
    private partial void LogNotInherited(int refused, int over, int unsound);

    [LogEvent("Nothing of what the router before left could be used: hosts open anew what was open.", "once at the start")]
    [LoggerMessage(83, LogLevel.Warning, "the sessions that the router before left are dropped: {Problem}", EventName = "InheritanceDropped")]
    private partial void LogInheritanceDropped(string problem);

    [LogEvent("So many sessions wait for the next router.", "once at the end")]
    [LoggerMessage(84, LogLevel.Information, "{Count} sessions left for the next router, if the service manager starts one now", EventName = "SessionsLeft")]
    private partial void LogLeft(int count);

    [LogEvent("A restart now loses what is open.", "once at the end")]
    [LoggerMessage(85, LogLevel.Warning, "sessions could not be left for the next router: {Problem}", EventName = "SessionsNotLeft")]
    private partial void LogNotLeft(string problem);

    [LogEvent("A next hop does not answer, or its interface is down; the next one is used. See to the upstream.", "a next hop has to leave three requests unanswered, nine seconds")]
    [LoggerMessage(31, LogLevel.Warning, "route {Destination}: next hop {NextHop} ({Interface}) does not answer; in use: {InUse} ({InUseInterface})", EventName = "NextHopLost")]
    private partial void LogNextHopLost(object destination, object nextHop, string @interface, object inUse, string inUseInterface);

    [LogEvent("The next hop answers again and is used again.", "a next hop has to have been lost")]
    [LoggerMessage(32, LogLevel.Information, "route {Destination}: next hop {NextHop} ({Interface}) answers again; in use: {InUse} ({InUseInterface})", EventName = "NextHopBack")]
    private partial void LogNextHopBack(object destination, object nextHop, string @interface, object inUse, string inUseInterface);

    [LogEvent("Another station claims an address of the router's. Find it by its Ethernet address.", "kind `duplicate_addresses`: 1 a second, 10 at once")]
    [LoggerMessage(33, LogLevel.Warning, "duplicate address: {Address} on {Interface} is the router's, and {Claimant} claims it too", EventName = "DuplicateAddress")]
    private partial void LogDuplicate(object address, string @interface, object claimant);

    [LogEvent("An IPv6 address of the router's is somebody else's on the link (RFC 4862), and is not used. Give one of the two another one.", "once for each address, when its interface comes up")]
    [LoggerMessage(40, LogLevel.Error, "duplicate address: {Address} on {Interface} is not used, because {Station} has it; give one of the two another address", EventName = "DuplicateAddressNotUsed")]
    private partial void LogNotUsed(object address, string @interface, object station);

    [LogEvent("Somebody inside advertises itself as a router, which hosts may believe; what contradicts ours. Find it by its Ethernet address.", "kind `other_routers`: 1 a second, 10 at once")]
    [LoggerMessage(39, LogLevel.Warning, "another router inside: {Router} ({Station}) advertises itself on {Interface}, which this router does not obey, but hosts may; contradictions: {Found}", EventName = "OtherRouter")]
    private partial void LogRouter(string @interface, object router, object station, Inconsistencies found);

    [LogEvent("The same with `Privacy` `Carrier`, which names no host.", "kind `attempts`: 5 a second, 20 at once")]
    [LoggerMessage(38, LogLevel.Information, "port 25 {Outcome}: a host of group {Group}, phase {Phase} ({NotLogged} more not logged)", EventName = "Port25AttemptOfGroup")]
    private partial void LogAttemptOfGroup(Op25bOutcome outcome, string group, string phase, long notLogged);

    [LogEvent("An inside host tried port 25 and was blocked, limited or (in `Monitor`) counted. `attempts` has all of them.", "kind `attempts`: 5 a second, 20 at once")]
    [LoggerMessage(30, LogLevel.Information, "port 25 {Outcome}: {Source}:{SourcePort} > {Destination}:{DestinationPort}, group {Group}, phase {Phase} ({NotLogged} more not logged)", EventName = "Port25Attempt")]
    private partial void LogAttempt(Op25bOutcome outcome, object source, ushort sourcePort, object destination, ushort destinationPort, string group, string phase, long notLogged);

    [LoggerMessage(72, LogLevel.Error, "a question to the forwarding loop failed; forwarding goes on", EventName = "QuestionFailed")]
    [LogEvent("A defect of the router's, met while it answered somebody who asked: who asked was told. Please report it with what stands beside it.", "one for each question")]
    private partial void LogQuestionFailed(Exception exception);
}
