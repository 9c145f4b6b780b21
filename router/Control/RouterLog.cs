using Microsoft.Extensions.Logging;
using Router.Configuration;

namespace Router.Control;

/// <summary>What the process says at its start and its end.</summary>
internal static partial class RouterLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Warning}")]
    public static partial void Warning(ILogger log, ConfigurationError warning);

    [LoggerMessage(2, LogLevel.Information, "op25b-router {Version}")]
    public static partial void Version(ILogger log, string version);

    [LoggerMessage(5, LogLevel.Information, "metrics on http://{Listen}/metrics")]
    public static partial void Metrics(ILogger log, string listen);

    [LoggerMessage(6, LogLevel.Information, "control socket {Socket}")]
    public static partial void Control(ILogger log, string socket);

    [LoggerMessage(7, LogLevel.Information, "phase in force: {Phase} ({Mode}), policy time {PolicyTime:yyyy-MM-dd'T'HH:mm:ssK}")]
    public static partial void Phase(ILogger log, string phase, string mode, DateTimeOffset policyTime);

    [LoggerMessage(11, LogLevel.Critical, "{Notice}")]
    public static partial void Notice(ILogger log, string notice);

    [LoggerMessage(12, LogLevel.Warning, "configuration changed by {By}: {Message}. Changes: {Changes}. Sessions ended: {Ended}")]
    public static partial void Applied(ILogger log, string by, string message, string changes, int ended);

    [LoggerMessage(13, LogLevel.Error, "configuration not changed, as {By} asked: {Message}")]
    public static partial void Refused(ILogger log, string by, string message);

    [LoggerMessage(16, LogLevel.Information, "configuration not changed, as {By} asked: {Message}")]
    public static partial void Unchanged(ILogger log, string by, string message);

    [LoggerMessage(14, LogLevel.Error, "{Error}")]
    public static partial void FileError(ILogger log, string error);

    [LoggerMessage(15, LogLevel.Error, "the history of configurations: {Problem}")]
    public static partial void History(ILogger log, string problem);

    [LoggerMessage(9, LogLevel.Critical, "the router has ended: {Reason}")]
    public static partial void Ended(ILogger log, string reason);

    [LoggerMessage(10, LogLevel.Critical, "the router has ended by an error of its own")]
    public static partial void Broken(ILogger log, Exception exception);
}
