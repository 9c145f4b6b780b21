using Support.EndToEnd;

[assembly: AssemblyFixture(typeof(EndToEnd.Lab))]
// Most of a test's time is waiting for a host's kernel, so two at a time take half as long; what uses the same routers, or the lab of one name, is one collection.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 2)]

namespace EndToEnd;

/// <summary>
/// Keeps one running router for each kind and scenario, for the tests that leave it as they found it. A test that ends its router, or takes its devices away, starts its own.
/// </summary>
public sealed class Lab : IAsyncLifetime
{
    readonly Dictionary<(RouterKind, Scenario), Task<IRouterUnderTest>> _running = [];

    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
            await Leftovers.RemoveAsync();
    }

    /// <summary>One that failed to start is not tried again: each test that wants it tells the same story, at once.</summary>
    internal Task<IRouterUnderTest> RouterAsync(RouterKind kind, Scenario scenario)
    {
        if (!_running.TryGetValue((kind, scenario), out var router))
            _running[(kind, scenario)] = router = StartAsync(kind, scenario);
        return router;
    }

    /// <summary>A router that nobody else uses.</summary>
    internal static async Task<IRouterUnderTest> StartAsync(RouterKind kind, Scenario scenario)
    {
        Needs.Root();
        Needs.Tool("ip");
        Needs.Tool("ping");
        Needs.Backend(kind);
        var network = await Network.CreateAsync();
        try
        {
            return kind == RouterKind.Kernel ? await KernelRouter.StartAsync(network, scenario) : await UserspaceRouter.StartAsync(network, kind, scenario);
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var router in _running.Values.Where(router => router.IsCompletedSuccessfully))
            await (await router).DisposeAsync();
    }
}
