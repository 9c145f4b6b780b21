using Microsoft.Extensions.Time.Testing;
using Router.Control;

namespace Unit.Control;

public sealed class WatchdogTest
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_tells_three_times_in_the_interval_while_the_loop_answers_and_never_when_it_hangs()
    {
        var time = new FakeTimeProvider();
        var told = new SemaphoreSlim(0);
        var hangs = new TaskCompletionSource();
        var isHanging = false;
        var pulses = new SemaphoreSlim(0);
        await using (new Watchdog(Interval, Pulse, () => told.Release(), time))
        {
            for (var i = 0; i < 4; i++)
            {
                Assert.True(await told.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
                Assert.True(await pulses.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
                isHanging = i == 3;
                time.Advance(Interval / 3);
            }

            Assert.True(await pulses.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
            time.Advance(Interval * 3);
            Assert.Equal(0, told.CurrentCount);
        }

        // Its end does not wait for a loop that hangs.
        Assert.Equal(0, told.CurrentCount);

        Task Pulse(CancellationToken cancellation)
        {
            pulses.Release();
            return isHanging ? hangs.Task.WaitAsync(cancellation) : Task.CompletedTask;
        }
    }
}
