using Router.Sessions;
using Router.Telemetry;

namespace Router.Control;

/// <summary>The servers are bound before the appliance starts, so that a port in use costs no TAP; until then there is no snapshot.</summary>
internal sealed class LateSnapshotSource : ISnapshotSource, ICaptureSource, IFlowSource
{
    private volatile ISnapshotSource? _source;

    public void Attach(ISnapshotSource source) => _source = source;

    /// <summary>The process's part of a snapshot, which the loop knows nothing of.</summary>
    public Func<bool> LastReloadSucceeded { get; set; } = () => true;

    public Task<ICapture> BeginCaptureAsync(CaptureRequest request, CancellationToken cancellation) =>
        Source is ICaptureSource captures ? captures.BeginCaptureAsync(request, cancellation) : throw new InvalidOperationException("this router takes no captures");

    public Task<FlowFacts> TakeFlowAsync(IReadOnlyList<FlowKey> flows, CancellationToken cancellation) =>
        Source is IFlowSource source ? source.TakeFlowAsync(flows, cancellation) : throw new InvalidOperationException("this router cannot be asked about packets");

    public async Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation) =>
        await Source.TakeSnapshotAsync(cancellation) with { LastReloadSucceeded = LastReloadSucceeded() };

    public Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation) => Source.TakeAttemptsAsync(cancellation);

    public Task<DropsSnapshot> TakeDropsAsync(CancellationToken cancellation) => Source.TakeDropsAsync(cancellation);

    public Task<SessionsSnapshot> TakeSessionsAsync(SessionQuery query, CancellationToken cancellation) => Source.TakeSessionsAsync(query, cancellation);

    public Task<SessionsEnded> EndSessionsAsync(SessionFilter filter, CancellationToken cancellation) => Source.EndSessionsAsync(filter, cancellation);

    private ISnapshotSource Source => _source ?? throw new InvalidOperationException("the router is starting");
}
