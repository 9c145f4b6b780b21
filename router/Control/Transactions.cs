using Microsoft.Extensions.Logging;
using Router.Configuration;

namespace Router.Control;

/// <summary>Puts another configuration in force, and gives the sessions that it ended.</summary>
internal delegate Task<EndedSessions> ApplyConfiguration(RouterConfiguration configuration, CancellationToken cancellation);

/// <summary>
/// Changes of the configuration while the router runs: reload, confirm, roll back. One at a time; none is half done.
/// <para>Theory of operation. The history is the whole state: its newest entry is in force. A trial is written down as unconfirmed before it is applied, so that whoever starts the
/// router again, after a crash too, finds it unconfirmed and takes the last confirmed copy. When a trial ends without <c>confirm</c>, or on <c>rollback</c>, the entry is marked, and the
/// configuration from before is applied by the same way as any other. The file itself is only ever read.</para>
/// </summary>
internal sealed class Transactions : IDisposable
{
    private readonly ConfigurationSources _sources;
    private readonly ConfigurationStore _store;
    private readonly ApplyConfiguration _apply;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private RouterConfiguration _inForce;
    private AppliedConfiguration _current;
    private volatile KeyPlaces _places;
    private ITimer? _deadline;

    public Transactions(StartConfiguration start, ApplyConfiguration apply, TimeProvider time, ILogger log)
    {
        (_sources, _store, _apply, _time, _log) = (start.Sources, start.Store, apply, time, log);
        _inForce = start.Loaded.Configuration!;
        var hash = ConfigurationStore.HashOf(start.Text);
        _places = new(start.IsCopy ? _sources with { File = _store.FileOf(hash) } : _sources, start.Text);
        AppliedConfiguration[] history = [.. _store.History.Select(entry => entry.State == ConfigurationState.Unconfirmed ? entry with { State = ConfigurationState.RolledBack } : entry)];
        var isSame = history.LastOrDefault() is { State: ConfigurationState.Confirmed } last && string.Equals(last.Hash, hash, StringComparison.Ordinal);
        _current = isSame ? history[^1] : Entry(hash, "start", "start", changes: []);
        Keep(isSame ? history : [.. history, _current], start.Text);
    }

    /// <summary>Whether the last change was taken. For the metric.</summary>
    public bool LastReloadSucceeded { get; private set; } = true;

    /// <summary>Where the keys of what is in force were written.</summary>
    public KeyPlaces Places => _places;

    public IReadOnlyList<AppliedConfiguration> History => _store.History;

    public void Dispose()
    {
        _deadline?.Dispose();
        _turn.Dispose();
    }

    /// <summary>Reads the file again. Where it is wrong, or cannot be applied, all stays as it was.</summary>
    public Task<ReloadReport> ReloadAsync(ReloadRequest request, string by, CancellationToken cancellation) => InTurnAsync(async () =>
    {
        var report = await ReloadInTurnAsync(request, by, cancellation);
        // What is refused for the moment's sake says nothing about the file.
        if (!request.DryRun && (!report.IsRefused || report.Errors.Count + report.NeedsRestart.Count > 0)) LastReloadSucceeded = !report.IsRefused;
        Tell(report, by);
        return report;
    }, cancellation);

    /// <summary>Keeps what is on trial.</summary>
    public Task<ReloadReport> ConfirmAsync(string by, CancellationToken cancellation) => InTurnAsync(() =>
    {
        if (_deadline is null) return Task.FromResult(ReloadReport.Refused("there is nothing to confirm: no configuration is on trial"));
        EndTrial();
        LastReloadSucceeded = true;
        _current = _current with { State = ConfigurationState.Confirmed, ConfirmUntil = null };
        var warnings = Keep([.. _store.History.SkipLast(1), _current]);
        var report = new ReloadReport { Applied = true, Message = $"confirmed: {_sources.File}, as it was read at {Shown(_current.At)}, stays in force", Warnings = warnings };
        Tell(report, by);
        return Task.FromResult(report);
    }, cancellation);

    /// <summary>Goes back to the configuration before: of a trial to the last confirmed one, else to the one that was in force before this one.</summary>
    public Task<ReloadReport> RollBackAsync(string by, CancellationToken cancellation) => InTurnAsync(() => RollBackInTurnAsync(by, cancellation), cancellation);

    /// <summary>What is in force, and how the file differs from it.</summary>
    public ConfigurationStatus Status()
    {
        var (configuration, current) = (_inForce, _current);
        var (file, text) = Read();
        return new()
        {
            File = _sources.File,
            How = current.How,
            Since = current.At,
            By = current.By,
            Hash = current.Hash,
            ConfirmUntil = current.ConfirmUntil,
            Differences = text is not null && file.Configuration is { } other && !string.Equals(ConfigurationStore.HashOf(text), current.Hash, StringComparison.Ordinal)
                ? [.. ConfigurationDiff.Of(configuration, other).Take(ReloadReport.MostChanges)] : [],
            FileProblem = file.Configuration is null ? $"{file.Errors.Count} errors, the first: {file.Errors[0]}" : null,
            LastReloadSucceeded = LastReloadSucceeded,
        };
    }

    private async Task<ReloadReport> ReloadInTurnAsync(ReloadRequest request, string by, CancellationToken cancellation)
    {
        var (file, text) = Read();
        if (file.Configuration is not { } configuration || text is null)
            return ReloadReport.Refused($"{_sources.File} has errors; what was in force stays in force") with { Errors = Lines(file.Errors) };
        IReadOnlyList<string> changes = [.. ConfigurationDiff.Of(_inForce, configuration).Take(ReloadReport.MostChanges)];
        var plan = new ReloadReport { Applied = false, Message = "", Changes = changes, Warnings = Lines(file.Warnings) };
        if (RestartRules.KeysThatNeedRestart(_inForce, configuration) is { Count: > 0 } keys)
            return plan with { IsRefused = true, NeedsRestart = keys, Message = $"{_sources.File} needs a restart: {string.Join(", ", keys)}; nothing of it was applied" };
        if (request.DryRun) return plan with { Message = changes.Count == 0 ? $"{_sources.File} changes nothing" : "nothing was applied: this is what 'reload' would do" };
        if (_deadline is not null && request.ConfirmWithinSeconds is null)
            return ReloadReport.Refused($"a configuration is on trial until {Shown(_current.ConfirmUntil!.Value)}: 'confirm' it or 'rollback' first, or give this one a trial too");
        var hash = ConfigurationStore.HashOf(text);
        if (_deadline is null && string.Equals(hash, _current.Hash, StringComparison.Ordinal))
            return plan with { Message = $"{_sources.File} changes nothing: it is what is in force" };
        if (_deadline is not null && _store.History.LastOrDefault(entry => entry.State == ConfigurationState.Confirmed) is { } confirmed && string.Equals(confirmed.Hash, hash, StringComparison.Ordinal))
            return ReloadReport.Refused($"{_sources.File} is what was in force before the trial: 'rollback' brings it back");
        var entry = Entry(hash, by, "reload", changes) with { ConfirmUntil = request.ConfirmWithinSeconds is { } seconds ? _time.GetUtcNow().AddSeconds(seconds) : null };
        if (_store.TryFollow(configuration) is { } problem) return plan with { IsRefused = true, Message = $"{problem}; change State:Directory, or let the router write there; nothing was applied" };
        return request.ConfirmWithinSeconds is { } trial
            ? await TryOutAsync(plan, configuration, entry with { State = ConfigurationState.Unconfirmed }, text, TimeSpan.FromSeconds(trial), cancellation)
            : await ReplaceAsync(plan, configuration, entry, text, cancellation);
    }

    private async Task<ReloadReport> ReplaceAsync(ReloadReport plan, RouterConfiguration configuration, AppliedConfiguration entry, byte[] text, CancellationToken cancellation)
    {
        EndedSessions ended;
        try
        {
            ended = await ApplyAsync(configuration, entry, new(_sources, text), cancellation);
        }
        catch (ApplianceException exception)
        {
            _store.TryFollow(_inForce);
            return plan with { IsRefused = true, Message = $"{exception.Message}; nothing was applied" };
        }

        var warnings = Keep([.. _store.History, entry], text);
        return plan.With(ended) with { Message = $"{_sources.File} is in force", Warnings = [.. plan.Warnings, .. warnings] };
    }

    /// <summary>Written down before it is applied: a crash at any moment finds it unconfirmed.</summary>
    private async Task<ReloadReport> TryOutAsync(
        ReloadReport plan, RouterConfiguration configuration, AppliedConfiguration entry, byte[] text, TimeSpan trial, CancellationToken cancellation)
    {
        AppliedConfiguration[] before = [.. _store.History];
        // A trial that takes another one's place: the other one was never confirmed.
        AppliedConfiguration[] history = [.. before.Select(other => other.State == ConfigurationState.Unconfirmed ? other with { State = ConfigurationState.RolledBack } : other), entry];
        if (Keep(history, text) is [var problem, ..])
        {
            _store.Forget(before);
            _store.TryFollow(_inForce);
            return ReloadReport.Refused($"nothing was applied, for a trial has to be written down first: {problem}");
        }

        EndedSessions ended;
        try
        {
            ended = await ApplyAsync(configuration, entry, new(_sources, text), cancellation);
        }
        catch (ApplianceException exception)
        {
            Keep(before);
            _store.TryFollow(_inForce);
            return plan with { IsRefused = true, Message = $"{exception.Message}; nothing was applied" };
        }

        EndTrial();
        _deadline = _time.CreateTimer(_ => _ = EndInTimeAsync(entry.Number), state: null, trial, Timeout.InfiniteTimeSpan);
        return plan.With(ended) with
        {
            Message = $"{_sources.File} is in force until {Shown(entry.ConfirmUntil!.Value)}; 'op25b-router confirm' keeps it, else the one before comes back"
                + (_store.IsLasting ? "" : ". There is no State:Directory: after a crash or a restart the file rules, confirmed or not"),
            ConfirmUntil = entry.ConfirmUntil,
        };
    }

    private async Task EndInTimeAsync(int number)
    {
        try
        {
            await InTurnAsync(async () => _deadline is not null && _current.Number == number ? await RollBackInTurnAsync("time-out", CancellationToken.None) : null!, CancellationToken.None);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ObjectDisposedException)
        {
            // The router ends: the next one finds it unconfirmed.
        }
    }

    private async Task<ReloadReport> RollBackInTurnAsync(string by, CancellationToken cancellation)
    {
        var leaving = _current.Hash;
        foreach (var target in _store.History.Where(entry => entry.State == ConfigurationState.Confirmed && !string.Equals(entry.Hash, leaving, StringComparison.Ordinal)).Reverse())
        {
            if (_store.TextOf(target.Hash) is not { } text || ConfigurationLoader.Load(_sources with { File = _store.FileOf(target.Hash) }, text).Configuration is not { } configuration
                || RestartRules.KeysThatNeedRestart(_inForce, configuration).Count > 0)
                continue;
            // The history stays where it is where it cannot be kept where it was.
            var problem = _store.TryFollow(configuration);
            if (problem is not null) configuration = configuration with { State = _inForce.State };
            var changes = ConfigurationDiff.Of(_inForce, configuration);
            var entry = Entry(target.Hash, by, "rollback", changes);
            var (ended, problems) = await ApplyAnywayAsync(configuration, entry, new(_sources with { File = _store.FileOf(target.Hash) }, text), cancellation);
            EndTrial();
            var warnings = Keep([.. _store.History.Select(other => string.Equals(other.Hash, leaving, StringComparison.Ordinal) ? other with { State = ConfigurationState.RolledBack } : other), entry], text);
            var report = new ReloadReport { Applied = true, Message = "", Changes = [.. changes.Take(ReloadReport.MostChanges)] }.With(ended) with
            {
                Message = $"rolled back{(by == "time-out" ? ", since nobody confirmed in time" : "")}: the configuration of {Shown(target.At)} is in force; {_sources.File} is as it was, and "
                    + (_store.IsLasting ? "a restart does not use it until it is changed or reloaded" : "without State:Directory a restart takes it as it is"),
                Warnings = [.. problem is null ? [] : new[] { problem }, .. problems, .. warnings],
            };
            Tell(report, by);
            return report;
        }

        return ReloadReport.Refused("there is no configuration to go back to");
    }

    private async Task<EndedSessions> ApplyAsync(RouterConfiguration configuration, AppliedConfiguration entry, KeyPlaces places, CancellationToken cancellation)
    {
        // Who asked may go away; what has begun is done to its end.
        _ = cancellation;
        var ended = await _apply(configuration, CancellationToken.None);
        (_inForce, _current, _places) = (configuration, entry, places);
        return ended;
    }

    /// <summary>The way back must not fail for the sake of what is beside forwarding: where its place of before cannot be had now, it stays where it is.</summary>
    private async Task<(EndedSessions Ended, string[] Problems)> ApplyAnywayAsync(RouterConfiguration configuration, AppliedConfiguration entry, KeyPlaces places, CancellationToken cancellation)
    {
        List<string> problems = [];
        while (true)
        {
            try
            {
                return (await ApplyAsync(configuration, entry, places, cancellation), [.. problems]);
            }
            catch (ApplianceException exception) when (exception.Part is { } part && SideParts.Keep(part, configuration, _inForce) is var next && next != configuration)
            {
                problems.Add(exception.Message);
                configuration = next;
            }
        }
    }

    private async Task<ReloadReport> InTurnAsync(Func<Task<ReloadReport>> work, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return await work();
        }
        finally
        {
            _turn.Release();
        }
    }

    private (ConfigurationResult File, byte[]? Text) Read() => ConfigurationLoader.LoadWithText(_sources, ConfigurationStore.LargestText);

    private void EndTrial()
    {
        _deadline?.Dispose();
        _deadline = null;
    }

    private AppliedConfiguration Entry(string hash, string by, string how, IReadOnlyList<string> changes) => new()
    {
        Number = (_store.History.LastOrDefault()?.Number ?? 0) + 1,
        At = _time.GetUtcNow(),
        By = by,
        How = how,
        Hash = hash,
        Changes = [.. changes.Take(AppliedConfiguration.MostChanges)],
    };

    /// <summary>What went wrong with it, a line.</summary>
    private string[] Keep(IReadOnlyList<AppliedConfiguration> history, byte[]? text = null)
    {
        if (_store.TrySave(history, text ?? _store.TextOf(_current.Hash) ?? []) is not { } problem) return [];
        RouterLog.History(_log, problem);
        return [problem];
    }

    private void Tell(ReloadReport report, string by)
    {
        foreach (var error in report.Errors) RouterLog.FileError(_log, error);
        if (report.Applied) RouterLog.Applied(_log, by, report.Message, string.Join("; ", report.Changes), report.SessionsEnded);
        else if (report.IsRefused) RouterLog.Refused(_log, by, report.Message);
        else RouterLog.Unchanged(_log, by, report.Message);
    }

    private static IReadOnlyList<string> Lines(IEnumerable<ConfigurationError> errors) => [.. errors.Select(error => $"{error}")];

    private static string Shown(DateTimeOffset time) => $"{time.ToLocalTime():yyyy-MM-dd'T'HH:mm:ssK}";
}
