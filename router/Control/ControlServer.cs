using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Router.Telemetry;

namespace Router.Control;

/// <summary>HTTP and JSON on a Unix socket: the CLI's other end.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    public const string StatusPath = "/v1/status", AttemptsPath = "/v1/attempts";

    private static readonly TimeSpan SnapshotTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _application;
    private readonly ControlSocket _socket;

    private ControlServer(WebApplication application, ControlSocket socket) => (_application, _socket) = (application, socket);

    /// <summary>Throws <see cref="ApplianceException"/> where the path cannot be bound, and leaves nothing behind then.</summary>
    public static async Task<ControlServer> StartAsync(string path, ISnapshotSource source, string? metricsListen, CancellationToken cancellation)
    {
        var socket = ControlSocket.Bind(path);
        var application = Build(socket);
        var server = new ControlServer(application, socket);
        application.MapGet(StatusPath, context => AnswerAsync(context, async cancellation => StatusReport.Of(await source.TakeSnapshotAsync(cancellation), metricsListen, path)));
        application.MapGet(AttemptsPath, context => AnswerAsync(context, source.TakeAttemptsAsync));
        if (source is ICaptureSource captures)
            new CaptureEndpoint(captures, TimeProvider.System).Map(application);
        try
        {
            await application.StartAsync(cancellation);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw new ApplianceException($"control: cannot listen on {path}: {exception.GetBaseException().Message}; change Control:Socket", exception);
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await SmallServer.StopAsync(_application);
        _socket.Dispose();
    }

    private static WebApplication Build(ControlSocket socket) => SmallServer.Build(kestrel =>
    {
        kestrel.ListenUnixSocket(socket.Path);
        kestrel.ApplicationServices.GetRequiredService<Microsoft.Extensions.Options.IOptions<SocketTransportOptions>>()
            .Value.CreateBoundListenSocket = _ => socket.Socket;
    });

    private static async Task AnswerAsync<T>(HttpContext context, Func<CancellationToken, Task<T>> take)
    {
        try
        {
            var answer = await take(context.RequestAborted).WaitAsync(SnapshotTimeout, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(answer, ControlJson.Options, context.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
        {
            context.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
            await context.Response.WriteAsync(exception.Message, context.RequestAborted);
        }
    }
}
