using System.Diagnostics;
using Support.EndToEnd;
using Tmds.Linux;

namespace EndToEnd;

/// <summary>A signal that comes while the router still starts is an order to end like any other: no error is said, and nothing is left.</summary>
public sealed class EndDuringStartTest : IAsyncLifetime
{
    const int Moments = 30;

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    Network _network = null!;

    public async ValueTask InitializeAsync()
    {
        Needs.Root();
        Needs.Tool("ip");
        Needs.File(UserspaceRouter.Binary, "build it: dotnet build -c Release");
        _network = await Network.CreateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
            await _network.DisposeAsync();
    }

    [Theory]
    [InlineData("SIGTERM")]
    [InlineData("SIGINT")]
    public async Task A_signal_at_any_moment_of_the_start_ends_it_cleanly(string name)
    {
        var signal = name == "SIGTERM" ? LibC.SIGTERM : LibC.SIGINT;
        var configuration = UserspaceRouter.WriteConfiguration(_network, UserspaceRouter.Configuration(_network, RouterKind.Epoll, Scenario.Default));
        var whole = await TimeOfStartAsync(configuration);
        List<string> unclean = [];
        for (var moment = 1; moment <= Moments; moment++)
        {
            await using var router = UserspaceRouter.Run(configuration);
            // Not a wait for something: the moment is what is tried.
            await Task.Delay(whole * moment / Moments, TestContext.Current.CancellationToken);
            router.Signal(signal);
            var end = await router.WaitAsync(Limit);
            // 128 + the signal: it came before the program could hear it.
            if ((end.ExitCode != 0 && end.ExitCode != 128 + signal) || end.Error.Length > 0 || end.Output.Contains("fail:", StringComparison.Ordinal) || end.Output.Contains("crit:", StringComparison.Ordinal))
                unclean.Add($"at {moment}/{Moments} of {whole.TotalMilliseconds:0} ms: {end}");
            await LifecycleTest.AssertNoTapAsync(_network);
            Assert.False(File.Exists(UserspaceRouter.Socket(_network)), $"the control socket is left behind at {moment}/{Moments}: {end}");
        }

        Assert.True(unclean.Count == 0, string.Join('\n', unclean));
    }

    /// <summary>Until it says what it says last of its start.</summary>
    async Task<TimeSpan> TimeOfStartAsync(string configuration)
    {
        var clock = Stopwatch.StartNew();
        await using var router = UserspaceRouter.Run(configuration);
        await Eventually.TrueAsync(() => router.Output.Contains("phase", StringComparison.Ordinal), Limit, () => $"it has started\n{router.Output}{router.Error}");
        var whole = clock.Elapsed;
        var end = await router.TerminateAsync(Limit);
        Assert.True(end.ExitCode == 0, $"{end}");
        return whole;
    }
}
