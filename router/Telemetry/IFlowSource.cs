using Router.Sessions;

namespace Router.Telemetry;

/// <summary>Asks the forwarding loop what it knows that one packet could touch.</summary>
internal interface IFlowSource
{
    /// <summary>Completes within one turn of the loop, and changes nothing. Throws <see cref="InvalidOperationException"/> where the loop has ended.</summary>
    Task<FlowFacts> TakeFlowAsync(IReadOnlyList<FlowKey> flows, CancellationToken cancellation);
}
