using Support.EndToEnd;

namespace EndToEnd;

/// <summary>A running router in a network of its own, settled: every host has reached it.</summary>
internal interface IRouterUnderTest : IAsyncDisposable
{
    Network Network { get; }

    /// <summary>What it counts; null where it counts nothing that we could ask for.</summary>
    Task<Metrics?> ReadMetricsAsync();
}
