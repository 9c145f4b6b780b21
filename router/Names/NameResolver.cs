using Router.Op25b;

namespace Router.Names;

/// <summary>Told what is known of a name; <paramref name="changedFailure"/> says whether it failed or came back with this.</summary>
internal delegate void NameKnown(int host, ResolvedHost known, bool changedFailure);

/// <summary>Keeps asking for one name, on no thread of the data path's, as its TTL says.</summary>
internal sealed class NameResolver(int host, string name, NameHistory history, AskName ask, TimeProvider time, NameKnown known)
{
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var hadFailed = history.HasFailed;
            var answers = await Task.WhenAll(ask(name, false, cancellation), ask(name, true, cancellation));
            history.Take(answers[0], answers[1], time.GetUtcNow());
            known(host, history.Known, history.HasFailed != hadFailed);
            await Task.Delay(history.Wait, time, cancellation);
        }
    }
}
