namespace Router.Telemetry;

/// <summary>Asks the forwarding loop for a snapshot taken between two batches.</summary>
internal interface ISnapshotSource
{
    /// <summary>Completes within one turn of the loop. Throws <see cref="InvalidOperationException"/> where the loop has ended.</summary>
    Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation);

    /// <summary>Who tried port 25; the same way.</summary>
    Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation);
}
