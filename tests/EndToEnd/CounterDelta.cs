using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// The router_ counters that moved since a moment, and the only ones. Where the router counts nothing (the kernel), every statement holds.
/// </summary>
internal sealed class CounterDelta
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    readonly IRouterUnderTest _router;
    readonly Metrics? _before;

    CounterDelta(IRouterUnderTest router, Metrics? before) => (_router, _before) = (router, before);

    public static async Task<CounterDelta> StartAsync(IRouterUnderTest router) => new(router, await router.ReadMetricsAsync());

    /// <summary>
    /// Exactly these series moved, each by its amount; a reason may be given as a part of its name. Byte counters, gauges, and what the loop counts of itself follow the frames and are not named.
    /// </summary>
    public async Task AssertOnlyAsync(params (Series Series, double Amount)[] expected)
    {
        if (_before is null)
            return;
        var moved = await MovedAsync(now => Describe(now) == Describe(expected));
        Assert.True(Describe(expected) == Describe(moved), $"expected to move:\n{Describe(expected)}\nmoved:\n{Describe(moved)}");
    }

    /// <summary>A frame of this interface was dropped for a reason whose name contains the text, at least so many times.</summary>
    public async Task AssertDroppedAsync(string @interface, string reason, double atLeast = 1)
    {
        if (_before is null)
            return;
        var moved = await MovedAsync(now => Sum(now) >= atLeast);
        Assert.True(Sum(moved) >= atLeast, $"expected at least {atLeast} drops on {@interface} for a reason with \"{reason}\"; moved:\n{Describe(moved)}");

        double Sum((Series Series, double Amount)[] now) => now.Where(entry => entry.Series.Name == "router_dropped_frames_total" && entry.Series.Label("interface") == @interface
            && entry.Series.Label("reason")!.Contains(reason, StringComparison.OrdinalIgnoreCase)).Sum(entry => entry.Amount);
    }

    /// <summary>So many new attempts ended so, whatever their phase.</summary>
    public async Task AssertAttemptsAsync(string group, string outcome, double exactly)
    {
        if (_before is null)
            return;
        var moved = await MovedAsync(now => Sum(now) == exactly);
        Assert.True(Sum(moved) == exactly, $"expected {exactly} attempts {outcome} of group {group}; moved:\n{Describe(moved)}");

        double Sum((Series Series, double Amount)[] now) => now.Where(entry => entry.Series.Name == "router_op25b_attempts_total" && entry.Series.Label("group") == group
            && entry.Series.Label("outcome") == outcome).Sum(entry => entry.Amount);
    }

    /// <summary>Frames were dropped on no interface.</summary>
    public async Task AssertNothingDroppedAsync()
    {
        if (_before is null)
            return;
        var moved = Moved((await _router.ReadMetricsAsync())!);
        Assert.DoesNotContain(moved, entry => entry.Series.Name == "router_dropped_frames_total");
    }

    async Task<(Series Series, double Amount)[]> MovedAsync(Func<(Series, double)[], bool> enough)
    {
        (Series, double)[] moved = [];
        await Eventually.HoldsAsync(async () => enough(moved = Moved((await _router.ReadMetricsAsync())!)), Limit);
        return moved;
    }

    (Series Series, double Amount)[] Moved(Metrics now) =>
        [.. now.Values.Where(sample => sample.Key.Name.StartsWith("router_", StringComparison.Ordinal) && sample.Key.Name.EndsWith("_total", StringComparison.Ordinal)
            && !IsOfTheLoop(sample.Key.Name) && sample.Value != _before![sample.Key]).Select(sample => (sample.Key, sample.Value - _before![sample.Key]))];

    /// <summary>It moves with the time, or says again in another unit what the frames' counters say.</summary>
    static bool IsOfTheLoop(string name) => name.EndsWith("_bytes_total", StringComparison.Ordinal) || name.StartsWith("router_loop_", StringComparison.Ordinal)
        || name is "router_received_batches_total" or "router_log_suppressed_total";

    static string Describe(IEnumerable<(Series Series, double Amount)> entries) =>
        string.Join('\n', entries.Select(entry => $"{entry.Series} {entry.Amount:+0;-0}").Order(StringComparer.Ordinal));
}

/// <summary>The series that tests name.</summary>
internal static class Counters
{
    public static Series Received(string @interface) => Series.Of("router_received_frames_total", ("interface", @interface));

    public static Series Forwarded(string @interface) => Series.Of("router_forwarded_frames_total", ("interface", @interface));

    public static Series Delivered(string @interface) => Series.Of("router_delivered_frames_total", ("interface", @interface));

    public static Series Generated(string @interface) => Series.Of("router_generated_frames_total", ("interface", @interface));

    public static Series Sent(string @interface) => Series.Of("router_sent_frames_total", ("interface", @interface));

    public static Series Dropped(string @interface, string reason) => Series.Of("router_dropped_frames_total", ("interface", @interface), ("reason", reason));
}
