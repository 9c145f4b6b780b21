using Router.Telemetry;

namespace Router.Control;

/// <summary>The servers are bound before the appliance starts, so that a port in use costs no TAP; until then there is no snapshot.</summary>
internal sealed class LateSnapshotSource : ISnapshotSource, ICaptureSource
{
    private volatile ISnapshotSource? _source;

    public void Attach(ISnapshotSource source) => _source = source;

    public Task<ICapture> BeginCaptureAsync(CaptureRequest request, CancellationToken cancellation) =>
        Source is ICaptureSource captures ? captures.BeginCaptureAsync(request, cancellation) : throw new InvalidOperationException("this router takes no captures");

    public Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation) => Source.TakeSnapshotAsync(cancellation);

    public Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation) => Source.TakeAttemptsAsync(cancellation);

    private ISnapshotSource Source => _source ?? throw new InvalidOperationException("the router is starting");
}
