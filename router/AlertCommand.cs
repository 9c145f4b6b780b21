using System.ComponentModel;
using System.Diagnostics;
using System.Threading.Channels;
using Router.Packets;

namespace Router;

/// <summary>
/// Runs the operator's command for alerts, away from the loop's thread: one at a time, so many a minute, for half a minute at most each, without a shell. What it is about is in its
/// environment, never in its arguments. Alerts that come faster are not run, and that is said.
/// </summary>
internal sealed class AlertCommand : IAsyncDisposable
{
    private const int Waiting = 64, FailuresPerSecond = 1, FailureBurst = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<IReadOnlyDictionary<string, string>> _queue = Channel.CreateBounded<IReadOnlyDictionary<string, string>>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private readonly CancellationTokenSource _ending = new();
    private readonly IReadOnlyList<string> _command;
    private readonly int _perMinute;
    private readonly TimeProvider _time;
    private readonly Action<string> _failed;
    private readonly Task _runner;

    // What strangers can provoke is said at a rate. One bucket for each of the two threads that say it.
    private TokenBucket _crowding, _excess;

    /// <param name="command">The program's path and its arguments.</param>
    /// <param name="failed">Is told in one line what went wrong.</param>
    public AlertCommand(IReadOnlyList<string> command, int perMinute, TimeProvider time, Action<string> failed)
    {
        (_command, _perMinute, _time, _failed) = (command, perMinute, time, failed);
        _runner = RunAllAsync();
    }

    /// <summary>Runs it soon, with these variables. Any thread may call it; it never waits.</summary>
    public void Run(IReadOnlyDictionary<string, string> variables)
    {
        if (!_queue.Writer.TryWrite(variables) && _crowding.TryTake(FailuresPerSecond, FailureBurst, Milliseconds()))
            _failed($"too many alerts wait for {_command[0]}: it is not run for this one");
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _ending.CancelAsync();
        await _runner;
        _ending.Dispose();
    }

    private async Task RunAllAsync()
    {
        // Not on the thread that made it: that one has frames to forward.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var rate = TokenBucket.Full(_perMinute, Sixtieths());
        try
        {
            await foreach (IReadOnlyDictionary<string, string> variables in _queue.Reader.ReadAllAsync(_ending.Token))
            {
                // The bucket's rate is by the second: on a clock that is sixty times slower it is by the minute.
                if (rate.TryTake(_perMinute, _perMinute, Sixtieths()))
                    await RunOneAsync(variables);
                else if (_excess.TryTake(FailuresPerSecond, FailureBurst, Milliseconds()))
                    _failed($"{_command[0]} is not run for an alert: more than {_perMinute} in a minute");
            }
        }
        catch (OperationCanceledException)
        {
            // The router ends.
        }
    }

    private async Task RunOneAsync(IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(_command[0]) { UseShellExecute = false };
        foreach (string argument in _command.Skip(1))
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        try
        {
            using Process process = Process.Start(start)!;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            using ITimer timer = _time.CreateTimer(_ => patience.Cancel(), state: null, Patience, Timeout.InfiniteTimeSpan);
            try
            {
                await process.WaitForExitAsync(patience.Token);
                if (process.ExitCode != 0)
                    _failed($"{_command[0]} ended with {process.ExitCode}");
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                _failed(_ending.IsCancellationRequested
                    ? $"{_command[0]} was killed: the router ends"
                    : $"{_command[0]} did not end within {Patience.TotalSeconds} s: it was killed");
            }
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException or AggregateException)
        {
            _failed($"{_command[0]} cannot be run: {exception.Message}; change Op25b:Alerts:Command");
        }
    }

    private long Milliseconds() => _time.GetTimestamp() / (_time.TimestampFrequency / 1000);

    private long Sixtieths() => Milliseconds() / 60;
}
