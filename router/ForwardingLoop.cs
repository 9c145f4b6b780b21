using System.Collections.Concurrent;
using Router.Packets;
using Router.Sessions;
using TapDev;

namespace Router;

/// <summary>
/// One thread's work: take a batch from each interface, forward it, sweep what is due, read the mailbox, send. It owns all forwarding state, so nothing in there
/// locks. The clocks are read here, once a turn, and nowhere below.
/// </summary>
internal sealed class ForwardingLoop(DataPath path, PolicyClock clock)
{
    private const long LateAfter = 200;
    private const int SessionsPerSweep = 32;

    /// <summary>Milliseconds after which the policy's clock is read again.</summary>
    private const long LongestUnread = 50;

    /// <summary>Milliseconds that what is due waits at most because of lonely frames.</summary>
    private const long LongestUnswept = 50;

    private readonly Interface[] _interfaces = [.. path.Interfaces];
    private readonly ConcurrentQueue<Action> _mailbox = new();
    private readonly SessionPrefetcher _prefetcher = new(path.Sessions);
    private long _sweptAt = long.MinValue / 2, _policyDue = long.MinValue, _turnedAt = long.MaxValue;
    private int _lonely;
    private bool _isMoreDue;

    /// <summary>Turns so far.</summary>
    public long Turns { get; private set; }

    /// <summary>Turns that began more than <see cref="LateAfter"/> milliseconds after the one before: idle ones begin within half of that.</summary>
    public long LateTurns { get; private set; }

    /// <summary>Is told when another phase begins to rule, on the loop's thread.</summary>
    public Action? PhaseChanged { get; set; }

    /// <summary>The moment that phases go by.</summary>
    public DateTimeOffset PolicyTime => clock.Now();

    /// <summary>Leaves work for the loop's thread, to be done between two batches. Any thread may call it; wake the loop afterwards.</summary>
    public void Post(Action work) => _mailbox.Enqueue(work);

    /// <summary>
    /// Has the loop's thread answer between two batches. A question that fails is its asker's alone (<see cref="InvalidOperationException"/>): forwarding goes on. A change is no question: one that
    /// fails half done must end the loop (<see cref="Post"/>).
    /// </summary>
    public Task<T> Ask<T>(Func<T> question)
    {
        var asked = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                asked.SetResult(question());
            }
            catch (Exception exception)
            {
                asked.SetException(new InvalidOperationException($"a question to the forwarding loop failed ({exception.Message}); forwarding goes on", exception));
                QuestionFailed?.Invoke(exception);
            }
        });
        return asked.Task;
    }

    /// <summary>Is told of a question that failed, on the loop's thread.</summary>
    public Action<Exception>? QuestionFailed { get; set; }

    /// <summary>One turn, at the loop's milliseconds <paramref name="now"/>. True where more work is due at once.</summary>
    public bool Turn(long now)
    {
        Turns++;
        if (now - _turnedAt > LateAfter)
            LateTurns++;
        _turnedAt = now;
        if (now >= _policyDue)
            AdvancePolicy(now);
        if (path.Recorder.IsOn)
            path.Recorder.BeginTurn(clock.WallTime().UtcTicks, path.Filter.Phase);
        path.Opener.Journal?.BeginTurn(clock.WallTime().UtcTicks);
        int frames = 0;
        foreach (Interface ingress in _interfaces)
            frames += ForwardBatch(ingress, now);
        if (now != _sweptAt || _isMoreDue)
            SweepUnlessLonely(now, frames);

        // What comes in meanwhile is the next turn's: one who asks again and again must not keep frames waiting.
        for (int left = _mailbox.IsEmpty ? 0 : _mailbox.Count; left > 0 && _mailbox.TryDequeue(out Action? work); left--)
        {
            work();
            _policyDue = now; // it may have changed the policy
        }

        foreach (Interface egress in _interfaces)
            Flush(egress.Device.Output);
        return _isMoreDue;
    }

    /// <summary>The last words, before the devices go: hosts are told that this is their router no more. Send what is queued afterwards.</summary>
    public void Cease()
    {
        path.RouterAdvertiser.Cease();
        foreach (Interface egress in _interfaces)
            Flush(egress.Device.Output);
    }

    /// <summary>At the millisecond at which the policy changes; and once in a while, because the clock may have been set.</summary>
    private void AdvancePolicy(long now)
    {
        long policyTime = PolicyTime.ToUnixTimeMilliseconds();
        if (path.Filter.Advance(policyTime))
            PhaseChanged?.Invoke();
        _policyDue = now + Math.Min(path.Filter.Policy.NextChange(policyTime) - policyTime, LongestUnread);
    }

    /// <summary>A lonely frame need not wait for what is due beside it: a turn without frames is near, or one that has many. So many are put by at most as a sweep looks at sessions: it keeps pace.</summary>
    private void SweepUnlessLonely(long now, int frames)
    {
        _lonely += frames;
        if (frames > 0 && _lonely < SessionsPerSweep && now - _sweptAt < LongestUnswept && !_isMoreDue)
            return;
        _lonely = 0;
        Sweep(now, frames);
    }

    /// <summary>What is due, a bounded bit of it: frames that come meanwhile wait for no more than that. It keeps pace with frames, each of which opens a session at most.</summary>
    private void Sweep(long now, int frames)
    {
        _isMoreDue = path.Forwarder.Sweep(now, SessionsPerSweep + frames) | path.CutOver.Sweep();
        path.OwnNames.Sweep(now);
        path.Survey.Sweep(now);
        path.Alerts.Sweep(now);
        _sweptAt = now;
    }

    /// <summary>Forwards what an interface has, and says how many frames that were.</summary>
    private int ForwardBatch(Interface ingress, long now)
    {
        int frames = 0;
        FrameReader input = ingress.Device.Input;
        Frame? frame = input.TryReadBatch();
        if (frame is null)
            return frames;
        ingress.Counters.ReceivedBatches++;
        _prefetcher.Begin(frame);
        do
        {
            _prefetcher.Advance();
            Frame? next = frame.NextInBatch;
            path.Forwarder.Forward(frame, ingress, now);
            frames++;
            frame = next;
        }
        while (frame is not null);

        input.EndBatch();
        return frames;
    }

    private static void Flush(FrameWriter output)
    {
        // Completes at once: the frames are the device's from here on.
        ValueTask<System.IO.Pipelines.FlushResult> flush = output.FlushAsync();
        if (!flush.IsCompleted)
            throw new InvalidOperationException("A frame writer's flush must not wait.");
    }
}
