using System.Net;
using Router.Control;

namespace Router.Telemetry;

/// <summary>Where metrics are served, if anywhere, while configurations come and go.</summary>
internal sealed class MetricsListener(ISnapshotSource source) : IAsyncDisposable
{
    private MetricsServer? _server;
    private IPEndPoint? _asked;

    /// <summary>The address that was bound; null: none.</summary>
    public IPEndPoint? Listen => _server?.Listen;

    /// <summary>
    /// Serves there, and nowhere where nothing is said, once the work is done; until then as before. The new address is had before the work begins: where it cannot be,
    /// <see cref="ApplianceException"/> says so, and nothing is done.
    /// </summary>
    public async Task<T> MoveAsync<T>(IPEndPoint? listen, Func<Task<T>> work, CancellationToken cancellation)
    {
        if (Equals(listen, _asked)) return await work();
        var next = listen is null ? null : await MetricsServer.StartAsync(listen, source, cancellation);
        try
        {
            var result = await work();
            (next, _server, _asked) = (_server, next, listen);
            return result;
        }
        finally
        {
            // The one before, or the one that is not to be.
            if (next is not null) await next.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server) await server.DisposeAsync();
    }
}
