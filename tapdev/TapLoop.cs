using System.Diagnostics;

namespace TapDev;

/// <summary>
/// The one wait of a program that moves frames: it owns the back end and the devices that are opened through it. Create, use and dispose it on one thread;
/// only <see cref="Wake"/> may be called from another.
/// </summary>
public sealed class TapLoop : IDisposable
{
    private const int IdleTicks = 3;

    private readonly TapLoopOptions _options;
    private readonly LoopEngine _engine;
    private readonly List<TapDevice> _devices = [];
    private readonly Queue<(TapDevice Device, DeviceState State)> _changes = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly long _checkInterval, _trimInterval;
    private long? _lastCheck, _lastTrim, _lastFrames;
    private bool _isDisposed;

    private TapLoop(TapLoopOptions options, LoopEngine engine, TapBackend backend, string reason)
    {
        _options = options;
        (_checkInterval, _trimInterval) = ((long)options.StateCheckInterval.TotalMilliseconds, (long)options.IdleTime.TotalMilliseconds / IdleTicks);
        _engine = engine;
        Backend = backend;
        BackendReason = reason;
    }

    /// <summary>The back end in use.</summary>
    public TapBackend Backend { get; }

    /// <summary>Why that one, in a short sentence.</summary>
    public string BackendReason { get; }

    /// <summary>The open devices.</summary>
    public IReadOnlyList<TapDevice> Devices => _devices;

    /// <summary>Whether the last <see cref="Wait"/> saw a <see cref="Wake"/>.</summary>
    internal bool WasWoken => _engine.WasWoken;

    /// <summary>Makes a loop that belongs to the calling thread.</summary>
    /// <exception cref="TapException">The back end that the options insist on cannot be had.</exception>
    public static TapLoop Create(TapLoopOptions? options = null)
    {
        options ??= new TapLoopOptions();
        (LoopEngine engine, TapBackend backend, string reason) = BackendChoice.Make(options);
        return new TapLoop(options, engine, backend, reason);
    }

    /// <summary>Opens a TAP, made and set up as the options say. A TAP of that name that nobody uses, left behind by an earlier life, is taken over.</summary>
    /// <exception cref="TapException">It cannot be had. Nothing is left behind.</exception>
    public TapDevice Open(TapOptions options)
    {
        AssertUse();
        var device = TapDevice.Open(this, _engine, options);
        _devices.Add(device);
        return device;
    }

    /// <summary>
    /// Hands everything that is queued to the kernel, waits for something to happen, and books it: writes that ended are told to
    /// <see cref="FrameDevice.Observer"/>, leases go home, frames that arrived are the next batch of their device's <see cref="FrameDevice.Input"/>. An observer
    /// must not throw. The end of a write need not end a wait: it is booked with what happens next.
    /// </summary>
    /// <param name="timeout">How long to wait at most. Zero does the work without a wait; <see cref="Timeout.InfiniteTimeSpan"/> waits without end.</param>
    /// <returns>How many devices have a batch. There is no wait while one was left unread.</returns>
    public int Wait(TimeSpan timeout)
    {
        AssertUse();
        if (CountBatches() > 0)
            timeout = TimeSpan.Zero;
        if (_options.BusyPoll == TimeSpan.Zero)
            return Sleep(timeout);
        int batches = _lastFrames is { } since ? Poll(since, timeout) : Sleep(timeout);
        if (batches > 0)
            _lastFrames = Stopwatch.GetTimestamp();
        return batches;
    }

    /// <summary>Ends a <see cref="Wait"/>, or the next one. From any thread; many calls before that wait are one.</summary>
    public void Wake() => _engine.Wake();

    /// <summary>
    /// Housekeeping; call it each turn. Every quarter of a second (<see cref="TapLoopOptions.StateCheckInterval"/>) it looks whether each device is up and
    /// takes up reading that stopped; buffers that lay idle (<see cref="TapLoopOptions.IdleTime"/>) give their pages back to the system.
    /// </summary>
    /// <param name="nowMilliseconds">A monotonic clock, in milliseconds.</param>
    public void Maintain(long nowMilliseconds)
    {
        AssertUse();
        if (_lastCheck is not { } check || nowMilliseconds - check >= _checkInterval)
        {
            _lastCheck = nowMilliseconds;
            foreach (TapDevice device in _devices)
                device.Check();
        }
        _lastTrim ??= nowMilliseconds;
        if (nowMilliseconds - _lastTrim < _trimInterval)
            return;
        _lastTrim = nowMilliseconds;
        if (_engine.CanTrim)
            Trim();
    }

    /// <summary>Takes the oldest change of a device's state that was not taken yet.</summary>
    public bool TryTakeStateChange(out TapDevice? device, out DeviceState state)
    {
        bool isTaken = _changes.TryDequeue(out (TapDevice Device, DeviceState State) change);
        (device, state) = (change.Device, change.State);
        return isTaken;
    }

    /// <summary>Disposes the devices, then the loop.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        while (_devices.Count > 0)
            _devices[^1].Dispose();
        _isDisposed = true;
        _engine.Dispose();
    }

    internal void Remove(TapDevice device) => _devices.Remove(device);

    internal void Report(TapDevice device, DeviceState state) => _changes.Enqueue((device, state));

    [Conditional("DEBUG")]
    internal void AssertUse()
    {
        Debug.Assert(_thread == Environment.CurrentManagedThreadId, "A loop belongs to the thread that made it.");
        Debug.Assert(!_isDisposed, "The loop is disposed.");
    }

    private int Sleep(TimeSpan timeout)
    {
        _engine.Wait(timeout);
        return CountBatches();
    }

    /// <summary>Looks for frames until some are there or somebody wakes the loop; when the time since the last ones is over it sleeps.</summary>
    private int Poll(long since, TimeSpan timeout)
    {
        TimeSpan bound = timeout < TimeSpan.Zero || timeout > _options.BusyPoll ? _options.BusyPoll : timeout;
        do
        {
            _engine.Wait(TimeSpan.Zero);
            int batches = CountBatches();
            if (batches > 0 || _engine.WasWoken || timeout == TimeSpan.Zero)
                return batches;
        }
        while (Stopwatch.GetElapsedTime(since) < bound);
        return Sleep(timeout);
    }

    private int CountBatches()
    {
        int count = 0;
        foreach (TapDevice device in _devices)
            count += device.HasBatch ? 1 : 0;
        return count;
    }

    private void Trim()
    {
        // One tick more than the idle time holds, because the first one is only a part.
        foreach (TapDevice device in _devices)
            device.Trim(IdleTicks + 1);
    }
}
