using System.Diagnostics;

namespace Support.EndToEnd;

/// <summary>Waits for a condition. The only place in the end-to-end suite that pauses.</summary>
internal static class Eventually
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks again and again until the condition holds; false where it did not within the limit.</summary>
    public static async Task<bool> HoldsAsync(Func<Task<bool>> condition, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await condition())
                return true;
            if (clock.Elapsed > limit)
                return false;
            await Task.Delay(Pause);
        }
    }

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, Func<string> what)
    {
        if (!await HoldsAsync(condition, limit))
            throw new TimeoutException($"not within {limit.TotalSeconds} s: {what()}");
    }

    public static Task TrueAsync(Func<bool> condition, TimeSpan limit, Func<string> what) =>
        TrueAsync(() => Task.FromResult(condition()), limit, what);
}
