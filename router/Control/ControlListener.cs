using Router.Configuration;

namespace Router.Control;

/// <summary>Starts a control server at a socket, for a group.</summary>
internal delegate Task<ControlServer> StartControl(string socket, string? group, CancellationToken cancellation);

/// <summary>
/// Where the verbs reach the router, while configurations come and go.
/// <para>Theory of operation. The new socket listens before anything is changed. When it is, nobody can connect to the old one any more, and its file is gone; but who is connected stays so until
/// it has its answer, the reload itself too. A capture ends, with its statistics: whoever would end it could not reach it any more.</para>
/// </summary>
internal sealed class ControlListener(StartControl start) : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _leaving = [];
    private ControlServer? _server;
    private ControlConfiguration? _asked;

    /// <summary>Listens there, and where it did no more, once the work is done. Where it cannot, <see cref="ApplianceException"/> says so, and nothing is done.</summary>
    public async Task<T> MoveAsync<T>(ControlConfiguration control, Func<Task<T>> work, CancellationToken cancellation)
    {
        if (control == _asked) return await work();
        try
        {
            return _server is not null && string.Equals(control.Socket, _asked!.Socket, StringComparison.Ordinal) ? await RegroupAsync(_server, control, work) : await ListenAsync(control, work, cancellation);
        }
        catch (ApplianceException exception) when (exception.Part is null)
        {
            throw new ApplianceException(exception.Message, exception) { Part = SidePart.Control };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_server is { } server) await server.DisposeAsync();
        await Task.WhenAll(_leaving);
        _end.Dispose();
    }

    private async Task<T> RegroupAsync<T>(ControlServer server, ControlConfiguration control, Func<Task<T>> work)
    {
        server.Regroup(control.Group);
        try
        {
            var result = await work();
            _asked = control;
            return result;
        }
        catch
        {
            server.Regroup(_asked!.Group);
            throw;
        }
    }

    private async Task<T> ListenAsync<T>(ControlConfiguration control, Func<Task<T>> work, CancellationToken cancellation)
    {
        var next = await start(control.Socket, control.Group, cancellation);
        try
        {
            var result = await work();
            (next, _server, _asked) = (_server, next, control);
            _leaving.RemoveAll(task => task.IsCompleted);
            if (next is not null) _leaving.Add(next.LeaveAsync(_end.Token));
            return result;
        }
        catch
        {
            await next!.DisposeAsync();
            throw;
        }
    }
}
