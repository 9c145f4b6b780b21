using System.Net;
using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Op25b;
using Router.Telemetry;
using Router.Wire;

namespace Router.Names;

/// <summary>Does something with the names on the loop's thread, at the loop's milliseconds.</summary>
internal delegate void PostNames(Action<OwnNames, long> work);

/// <summary>
/// All that own mail servers by name need beside the data path: it asks for the names that can be asked for, and keeps what is known in the state directory. What it
/// finds reaches the loop's thread as messages.
/// </summary>
internal sealed partial class NameService : IAsyncDisposable
{
    private const int DnsPort = 53;

    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(1);

    private readonly IReadOnlyList<string> _hosts;
    private readonly Dictionary<string, NameHistory> _histories = new(StringComparer.OrdinalIgnoreCase);
    private readonly NameStore? _store;
    private readonly TimeProvider _time;
    private readonly PostNames _post;
    private readonly Func<CancellationToken, Task<RouterSnapshot>> _snapshot;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _work = [];
    private bool _isSaved = true;

    private NameService(RouterConfiguration configuration, TimeProvider time, ILogger log, PostNames post, Func<CancellationToken, Task<RouterSnapshot>> snapshot)
    {
        _hosts = configuration.Op25b.OwnMailServers.Hosts;
        _store = configuration.State.Directory is { } directory && _hosts.Count > 0 ? new(directory) : null;
        (_time, _log, _post, _snapshot) = (time, log, post, snapshot);
    }

    /// <summary>What is known of each name. Read it when this has ended.</summary>
    public IReadOnlyDictionary<string, NameHistory> Known => _histories;

    /// <summary>
    /// Takes up what an earlier run knew, and begins to ask. <paramref name="ask"/> is DnsClient where nothing else is given; <paramref name="known"/> is what was known before
    /// the names were changed.
    /// </summary>
    public static NameService Start(
        RouterConfiguration configuration, TimeProvider time, ILogger log, PostNames post, Func<CancellationToken, Task<RouterSnapshot>> snapshot, AskName? ask = null,
        IReadOnlyDictionary<string, NameHistory>? known = null)
    {
        var service = new NameService(configuration, time, log, post, snapshot);
        var histories = service._hosts.Select(host => known?.GetValueOrDefault(host) ?? new NameHistory()).ToArray();
        for (var host = 0; host < histories.Length; host++) service._histories[service._hosts[host]] = histories[host];
        if (known is null) service.Restore(histories);
        ask ??= new NameClient([.. configuration.Op25b.OwnMailServers.TrustedResolvers.Select(address => new IPEndPoint(address, DnsPort))]).AskAsync;
        for (var host = 0; host < histories.Length; host++)
            if (!HostPatterns.IsWildcard(service._hosts[host]))
                service._work.Add(service.RunAsync(new NameResolver(host, service._hosts[host], histories[host], ask, time, service.Publish)));
        if (service._store is not null) service._work.Add(service.SaveEachMinuteAsync());
        if (service._hosts.Any(HostPatterns.IsWildcard))
            service.LogReading(string.Join(", ", configuration.Op25b.OwnMailServers.TrustedResolvers), string.Join(", ", service._hosts.Where(HostPatterns.IsWildcard)));
        return service;
    }

    /// <summary>Before the loop ends: it is asked once more what there is to keep.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_work);
        await SaveAsync(CancellationToken.None);
        _end.Dispose();
    }

    private async Task RunAsync(NameResolver resolver)
    {
        // Off the caller's thread from the first step on.
        await Task.Yield();
        try
        {
            await resolver.RunAsync(_end.Token);
        }
        catch (OperationCanceledException)
        {
            // The router ends.
        }
    }

    private void Publish(int host, ResolvedHost known, bool changedFailure)
    {
        _post((names, _) => names.Resolved.Replace(host, known));
        if (!changedFailure) return;
        if (known.Failure is { } failure) LogFailing(_hosts[host], failure, known.Addresses.Count);
        else LogBack(_hosts[host], known.Addresses.Count);
    }

    private void Restore(NameHistory[] histories)
    {
        try
        {
            if (_store?.Load() is not { } stored) return;
            var now = _time.GetUtcNow();
            foreach (var (host, entry, address) in NameStore.Valid(stored, _hosts))
                if (!HostPatterns.IsWildcard(_hosts[host]))
                    histories[host].Restore(address, entry.Seen is { } seen && seen < now ? seen : now);
                else if (entry.Until > now)
                    RestoreLearnt(host, entry.Name, IpAddress.From(address), entry.Until.Value - now);
            for (var host = 0; host < histories.Length; host++)
                if (histories[host].Known is { Addresses.Count: > 0 } known)
                    Publish(host, known, changedFailure: false);
        }
        catch (NameStoreException exception)
        {
            LogStore(exception.Message);
        }
    }

    private void RestoreLearnt(int host, string name, IpAddress address, TimeSpan left)
    {
        var bytes = DnsName.Of(name);
        _post((names, now) =>
        {
            if (names.Patterns.FindWildcard(bytes) == host) names.TryLearn(address, bytes, host, (long)Math.Min(left.TotalMilliseconds, LearntServers.Ceiling), now);
        });
    }

    private async Task SaveEachMinuteAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(SaveInterval, _time, _end.Token);
                await SaveAsync(_end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // DisposeAsync saves for the last time.
        }
    }

    private async Task SaveAsync(CancellationToken cancellation)
    {
        if (_store is null) return;
        try
        {
            _store.Save((await _snapshot(cancellation)).OwnNames, _time.GetUtcNow());
            _isSaved = true;
        }
        catch (NameStoreException exception)
        {
            if (_isSaved) LogStore(exception.Message);
            _isSaved = false;
        }
        catch (InvalidOperationException)
        {
            // The loop has ended by itself: there is nobody to ask.
        }
    }

    [LogEvent("The name of an own mail server cannot be resolved; its addresses from before hold.", "when it begins to fail, once a minute at most for each name")]
    [LoggerMessage(41, LogLevel.Warning, "name {Name} cannot be resolved: {Failure}; its {Count} addresses from before hold", EventName = "NameFailing")]
    private partial void LogFailing(string name, string failure, int count);

    [LogEvent("It is resolved again.", "when it is over, once a minute at most for each name")]
    [LoggerMessage(42, LogLevel.Information, "name {Name} is resolved again: {Count} addresses", EventName = "NameBack")]
    private partial void LogBack(string name, int count);

    [LogEvent("A wildcard is configured: DNS answers of these resolvers are read.", "once at the start, and a reload")]
    [LoggerMessage(44, LogLevel.Information, "DNS answers of {Resolvers} to inside hosts are read, for the addresses of {Wildcards}", EventName = "DnsAnswersRead")]
    private partial void LogReading(string resolvers, string wildcards);

    [LogEvent("`names.json` cannot be read or written: learnt names do not survive a restart. See to `State:Directory`.", "when it begins, once a minute at most")]
    [LoggerMessage(43, LogLevel.Warning, "{Message}", EventName = "NameStoreProblem")]
    private partial void LogStore(string message);
}
