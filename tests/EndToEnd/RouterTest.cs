using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// The frame of every test on a router: it hands the router out and, after the test, asserts on each interface that
/// received = forwarded + delivered + held + dropped, and that nothing stays held.
/// </summary>
[Collection(nameof(Lab))]
public abstract class RouterTest(Lab lab) : IAsyncLifetime
{
    static readonly TimeSpan HeldLimit = TimeSpan.FromSeconds(5);

    readonly List<IRouterUnderTest> _used = [];
    readonly List<IRouterUnderTest> _own = [];

    private protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A router that other tests use too: leave it as it was.</summary>
    private protected async Task<IRouterUnderTest> RouterAsync(RouterKind kind, Scenario? scenario = null)
    {
        var router = await lab.RouterAsync(kind, scenario ?? Scenario.Default);
        _used.Add(router);
        return router;
    }

    /// <summary>A router for this test alone. It ends with the test.</summary>
    private protected async Task<UserspaceRouter> OwnRouterAsync(RouterKind kind, Scenario? scenario = null) => (UserspaceRouter)await FreshRouterAsync(kind, scenario);

    /// <summary>The same for every kind. One that has run for half a minute asks its neighbours again, and that would be counted too.</summary>
    private protected async Task<IRouterUnderTest> FreshRouterAsync(RouterKind kind, Scenario? scenario = null)
    {
        var router = await Lab.StartAsync(kind, scenario ?? Scenario.Default);
        _used.Add(router);
        _own.Add(router);
        return router;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (var router in _used.Where(router => router is not UserspaceRouter { Process.HasExited: true }))
                await AssertBalanceAsync(router);
        }
        finally
        {
            foreach (var router in _own)
                await router.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }

    static async Task AssertBalanceAsync(IRouterUnderTest router)
    {
        if (await router.ReadMetricsAsync() is not { } last)
            return;
        Assert.NotEmpty(last.Interfaces);
        // The invariant holds in every scrape; only "held" may need a moment to become nothing.
        var settled = await Eventually.HoldsAsync(async () =>
        {
            last = (await router.ReadMetricsAsync())!;
            Assert.Empty(last.Imbalances());
            return last.Interfaces.All(name => last.Held(name) == 0);
        }, HeldLimit);
        Assert.True(settled, $"frames stay held:{Environment.NewLine}{string.Join(Environment.NewLine, Clues(last))}");
    }

    /// <summary>What says whom they wait for: a neighbour, a first fragment, or a write.</summary>
    static IEnumerable<string> Clues(Metrics metrics) =>
        from sample in metrics.Values
        where sample.Key.Name is "router_held_frames" or "router_neighbors" or "router_table_entries" or "router_dropped_frames_total" && sample.Value != 0
        select $"{sample.Key} {sample.Value}";
}
