namespace Router.Control;

/// <summary>Tells the service manager that the router lives, as long as the forwarding loop itself answers. One that hangs says nothing, and is started anew.</summary>
internal sealed class Watchdog : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _work;

    /// <param name="interval">Within which the manager wants to hear something.</param>
    /// <param name="pulse">Ends when the loop has answered.</param>
    /// <param name="tell">Tells the manager.</param>
    public Watchdog(TimeSpan interval, Func<CancellationToken, Task> pulse, Action tell, TimeProvider time) => _work = WatchAsync(interval / 3, pulse, tell, time);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _work;
        _end.Dispose();
    }

    private async Task WatchAsync(TimeSpan pause, Func<CancellationToken, Task> pulse, Action tell, TimeProvider time)
    {
        using var timer = new PeriodicTimer(pause, time);
        try
        {
            do
            {
                await pulse(_end.Token);
                tell();
            }
            while (await timer.WaitForNextTickAsync(_end.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or InvalidOperationException)
        {
            // The router ends.
        }
    }
}
