namespace Router.Telemetry;

/// <summary>Asks the forwarding loop, between two batches.</summary>
internal interface ISnapshotSource
{
    /// <summary>Completes within one turn of the loop. Throws <see cref="InvalidOperationException"/> where the loop has ended.</summary>
    Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation);

    /// <summary>Who tried port 25; the same way.</summary>
    Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation);

    /// <summary>What was dropped; the same way.</summary>
    Task<DropsSnapshot> TakeDropsAsync(CancellationToken cancellation);

    /// <summary>Sessions, collected over as many turns as it takes: each does a bounded part.</summary>
    Task<SessionsSnapshot> TakeSessionsAsync(SessionQuery query, CancellationToken cancellation);

    /// <summary>Ends the sessions that the filter means, a bounded part a turn.</summary>
    Task<SessionsEnded> EndSessionsAsync(SessionFilter filter, CancellationToken cancellation);
}
