using TapDev;

namespace Router;

/// <summary>Other threads' words to the forwarding loop: each is left for it, and it is woken. Where it has ended, or ends meanwhile, <see cref="InvalidOperationException"/> says so.</summary>
internal sealed class LoopCalls(ForwardingLoop loop, TapLoop taps, Task completion)
{
    /// <summary>The loop is about to end: nobody wakes it any more.</summary>
    public bool IsEnding { get => _isEnding; set => _isEnding = value; }

    private volatile bool _isEnding;

    /// <summary>What the loop's thread answers between two batches. What fails is the asker's alone.</summary>
    public Task<T> AskAsync<T>(Func<T> question, CancellationToken cancellation)
    {
        ThrowIfEnded();
        return AwaitAsync(loop.Ask(question), cancellation);
    }

    /// <summary>The same for what must not go on half done: a failure ends the loop.</summary>
    public Task<T> ChangeAsync<T>(Func<T> change, CancellationToken cancellation)
    {
        ThrowIfEnded();
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => done.SetResult(change()));
        return AwaitAsync(done.Task, cancellation);
    }

    /// <summary>Work that nobody waits for; none where the loop has ended.</summary>
    public void Tell(Action work)
    {
        if (IsEnding || completion.IsCompleted)
            return;
        _ = loop.Ask(() =>
        {
            work();
            return true;
        });
        taps.Wake();
    }

    private async Task<T> AwaitAsync<T>(Task<T> answer, CancellationToken cancellation)
    {
        taps.Wake();
        Task first = await Task.WhenAny(answer, completion).WaitAsync(cancellation);
        return first == answer ? await answer : throw Ended();
    }

    private void ThrowIfEnded()
    {
        if (IsEnding || completion.IsCompleted)
            throw Ended();
    }

    private static InvalidOperationException Ended() => new("The forwarding loop has ended.");
}
