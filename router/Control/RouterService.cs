using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
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
    private MetricsServer? _metrics;
    private ControlServer? _control;
    private RunningAppliance? _appliance;
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
            _appliance = request.Start(request.Configuration, new() { AsOf = request.AsOf, Time = request.Time, Logging = logging });
            _source.Attach(_appliance.Source);
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
        if (_appliance is { } appliance) await appliance.StopAsync();
        if (_control is { } control) await control.DisposeAsync();
        if (_metrics is { } metrics) await metrics.DisposeAsync();
        (_appliance, _control, _metrics) = (null, null, null);
    }

    private async Task BindAsync(CancellationToken cancellation)
    {
        if (request.Configuration.Metrics is { } metrics) _metrics = await MetricsServer.StartAsync(metrics.Listen, _source, cancellation);
        _control = await ControlServer.StartAsync(request.Configuration.Control.Socket, _source, Listen, cancellation);
    }

    private string? Listen => _metrics is { } metrics ? $"{metrics.Listen}" : null;

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
