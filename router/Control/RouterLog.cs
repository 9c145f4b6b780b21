using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Telemetry;

namespace Router.Control;

/// <summary>What the process says at its start and its end.</summary>
internal static partial class RouterLog
{
    [LogEvent("What the configuration says is probably not meant; it is taken all the same. `check` says the same.", "once at the start, for each warning")]
    [LoggerMessage(1, LogLevel.Warning, "{Warning}", EventName = "ConfigurationWarning")]
    public static partial void Warning(ILogger log, ConfigurationError warning);

    [LogEvent("The program's version.", "once at the start")]
    [LoggerMessage(2, LogLevel.Information, "op25b-router {Version}", EventName = "Version")]
    public static partial void Version(ILogger log, string version);

    [LogEvent("Where `/metrics` is served.", "once at the start")]
    [LoggerMessage(5, LogLevel.Information, "metrics on http://{Listen}/metrics", EventName = "MetricsListening")]
    public static partial void Metrics(ILogger log, string listen);

    [LogEvent("Where the verbs reach the router.", "once at the start, and after a reload that changes it")]
    [LoggerMessage(6, LogLevel.Information, "control socket {Socket}", EventName = "ControlListening")]
    public static partial void Control(ILogger log, string socket);

    [LogEvent("The phase in force, by the policy clock.", "once at the start")]
    [LoggerMessage(7, LogLevel.Information, "phase in force: {Phase} ({Mode}), policy time {PolicyTime:yyyy-MM-dd'T'HH:mm:ssK}", EventName = "PhaseAtStart")]
    public static partial void Phase(ILogger log, string phase, string mode, DateTimeOffset policyTime);

    [LogEvent("The router did not start from its file as it is: an unconfirmed change was taken back, or the file is in doubt. Read it, and `status`.", "once at the start")]
    [LoggerMessage(11, LogLevel.Critical, "{Notice}", EventName = "StartNotice")]
    public static partial void Notice(ILogger log, string notice);

    [LogEvent("Another configuration is in force: who asked, what changed, how many sessions it ended.", "an operator's act")]
    [LoggerMessage(12, LogLevel.Warning, "configuration changed by {By}: {Message}. Changes: {Changes}. Sessions ended: {Ended}", EventName = "ConfigurationApplied")]
    public static partial void Applied(ILogger log, string by, string message, string changes, int ended);

    [LogEvent("Another configuration was asked for and not taken; the one before holds.", "an operator's act")]
    [LoggerMessage(13, LogLevel.Error, "configuration not changed, as {By} asked: {Message}", EventName = "ConfigurationRefused")]
    public static partial void Refused(ILogger log, string by, string message);

    [LogEvent("A reload found nothing that is different.", "an operator's act")]
    [LoggerMessage(16, LogLevel.Information, "configuration not changed, as {By} asked: {Message}", EventName = "ConfigurationUnchanged")]
    public static partial void Unchanged(ILogger log, string by, string message);

    [LogEvent("One error of a configuration that was not taken: place, key, what is wrong, how to mend it.", "an operator's act, each error")]
    [LoggerMessage(14, LogLevel.Error, "{Error}", EventName = "ConfigurationFileError")]
    public static partial void FileError(ILogger log, string error);

    [LogEvent("The history of configurations cannot be read or written: `rollback` after a restart is in doubt. See to `State:Directory`.", "an operator's act")]
    [LoggerMessage(15, LogLevel.Error, "the history of configurations: {Problem}", EventName = "HistoryProblem")]
    public static partial void History(ILogger log, string problem);

    [LogEvent("The router ended by itself, and why. Under systemd it is started again.", "once at the end")]
    [LoggerMessage(9, LogLevel.Critical, "the router has ended: {Reason}", EventName = "RouterEnded")]
    public static partial void Ended(ILogger log, string reason);

    [LogEvent("A defect of the router's. Please report it with what stands beside it.", "once at the end")]
    [LoggerMessage(10, LogLevel.Critical, "the router has ended by an error of its own", EventName = "RouterBroke")]
    public static partial void Broken(ILogger log, Exception exception);
}
