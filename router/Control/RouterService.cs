using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Telemetry;

namespace Router.Control;

/// <summary>
/// The process's life: sockets first, so that a port in use costs no TAP; then the appliance; at the end the other way round. A start that fails
/// leaves nothing behind.
/// </summary>
internal sealed class RouterService(RunRequest request, IHostApplicationLifetime lifetime, ILoggerFactory logging) : IHostedService
{
    private readonly ILogger _log = logging.CreateLogger("Router");
    private readonly LateSnapshotSource _source = new();
    private MetricsListener? _metrics;
    private ControlListener? _control;
    private RunningAppliance? _appliance;
    private Transactions? _transactions;
    private Watchdog? _watchdog;
    private PosixSignalRegistration? _hangUp;
    private string _socket = request.Configuration.Control.Socket;
    private volatile bool _stopping;

    /// <summary>The router ended by itself.</summary>
    public bool HasFailed { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var warning in request.Loaded.Warnings) RouterLog.Warning(_log, warning);
        try
        {
            RouterLog.Version(_log, ProgramVersion.Full);
            await BindAsync(cancellationToken);
            _appliance = request.Start(request.Configuration, new()
            {
                AsOf = request.AsOf,
                Time = request.Time,
                Logging = logging,
                Inheritance = request.Manager?.Kept,
                Keep = request.Manager is null ? null : ServiceManager.TryKeep,
            });
            SettleWithManager(_appliance);
            _source.Attach(_appliance.Source);
            BeginTransactions(_appliance);
            LogStart(await _appliance.Source.TakeSnapshotAsync(cancellationToken));
            _ = WatchAsync(_appliance.Completion);
        }
        catch
        {
            await StopAsync(CancellationToken.None);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        _hangUp?.Dispose();
        if (_watchdog is { } watchdog) await watchdog.DisposeAsync();
        if (_appliance is { } appliance) await appliance.StopAsync();
        if (_control is { } control) await control.DisposeAsync();
        if (_metrics is { } metrics) await metrics.DisposeAsync();
        _transactions?.Dispose();
        (_appliance, _control, _metrics, _transactions, _hangUp, _watchdog) = (null, null, null, null, null, null);
    }

    /// <summary>What it kept is taken, and from now on it hears that the router lives.</summary>
    private void SettleWithManager(RunningAppliance appliance)
    {
        if (request.Manager is not { } manager) return;
        if (manager.Kept is not null) ServiceManager.Forget();
        manager.Dispose();
        ServiceManager.Rehearse(stream => Sessions.SessionArchive.Write(stream, new(1, new(), new(new UnpredictableRandom())), new(new UnpredictableRandom()), ProgramVersion.Short, now: 0));
        if (manager.Watchdog is { } interval) _watchdog = new(interval, appliance.Pulse, () => ServiceManager.Tell("WATCHDOG=1"), request.Time);
    }

    private void BeginTransactions(RunningAppliance appliance)
    {
        if (request.Chosen is not { } chosen) return;
        if (chosen.Notice is { } notice) RouterLog.Notice(_log, notice);
        var transactions = new Transactions(chosen, ApplyAsync, request.Time, _log);
        _transactions = transactions;
        _source.LastReloadSucceeded = () => transactions.LastReloadSucceeded;
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _ = ReloadBySignalAsync(transactions);
        });
    }

    private async Task<EndedSessions> ApplyAsync(RouterConfiguration configuration, CancellationToken cancellation)
    {
        if (_appliance is not { } appliance || _metrics is not { } metrics || _control is not { } control) throw new InvalidOperationException("the router ends");
        var before = Listen;
        var ended = await metrics.MoveAsync(configuration.Metrics?.Listen, () => control.MoveAsync(configuration.Control, () => appliance.Apply(configuration, cancellation), cancellation), cancellation);
        request.TakeLogFormat(configuration.Log.Format);
        if (!string.Equals(_socket, configuration.Control.Socket, StringComparison.Ordinal)) RouterLog.Control(_log, configuration.Control.Socket);
        _socket = configuration.Control.Socket;
        if (Listen is { } listen && !string.Equals(listen, before, StringComparison.Ordinal)) RouterLog.Metrics(_log, listen);
        return ended;
    }

    private static async Task ReloadBySignalAsync(Transactions transactions)
    {
        try
        {
            await transactions.ReloadAsync(new(), "SIGHUP", CancellationToken.None);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ObjectDisposedException)
        {
            // The router ends.
        }
    }

    private async Task BindAsync(CancellationToken cancellation)
    {
        _metrics = new(_source);
        await _metrics.MoveAsync(request.Configuration.Metrics?.Listen, () => Task.FromResult(true), cancellation);
        _control = new((socket, group, stop) => ControlServer.StartAsync(socket, _source, () => Listen, stop, () => _transactions, group));
        await _control.MoveAsync(request.Configuration.Control, () => Task.FromResult(true), cancellation);
    }

    private string? Listen => _metrics?.Listen is { } listen ? $"{listen}" : null;

    private void LogStart(RouterSnapshot snapshot)
    {
        if (Listen is { } listen) RouterLog.Metrics(_log, listen);
        RouterLog.Control(_log, request.Configuration.Control.Socket);
        RouterLog.Phase(_log, snapshot.Op25b.Phase, snapshot.Op25b.Mode, snapshot.PolicyTime);
    }

    private async Task WatchAsync(Task completion)
    {
        try
        {
            await completion;
        }
        catch (ApplianceException exception)
        {
            HasFailed = true;
            RouterLog.Ended(_log, exception.Message);
        }
        catch (Exception exception)
        {
            HasFailed = true;
            RouterLog.Broken(_log, exception);
        }

        if (!_stopping) lifetime.StopApplication();
    }
}
