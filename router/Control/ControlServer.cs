using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Router.Configuration;
using Router.Telemetry;

namespace Router.Control;

/// <summary>HTTP and JSON on a Unix socket: the CLI's other end.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    public const string StatusPath = "/v1/status", AttemptsPath = "/v1/attempts", DropsPath = "/v1/drops", SessionsPath = "/v1/sessions",
        ReloadPath = "/v1/reload", ConfirmPath = "/v1/confirm", RollBackPath = "/v1/rollback", HistoryPath = "/v1/configurations";

    private static readonly TimeSpan SnapshotTimeout = TimeSpan.FromSeconds(5), WalkTimeout = TimeSpan.FromSeconds(9);

    private readonly WebApplication _application;
    private readonly ControlSocket _socket;
    private readonly SemaphoreSlim _walk = new(1);
    private ExplainDesk? _desk;
    private CaptureEndpoint? _captures;

    private ControlServer(WebApplication application, ControlSocket socket) => (_application, _socket) = (application, socket);

    /// <summary>Throws <see cref="ApplianceException"/> where the path cannot be bound, and leaves nothing behind then.</summary>
    public static async Task<ControlServer> StartAsync(string path, ISnapshotSource source, Func<string?>? metricsListen, CancellationToken cancellation, Func<Transactions?>? transactions = null, string? group = null)
    {
        var socket = ControlSocket.Bind(path, group);
        var application = Build(socket);
        var server = new ControlServer(application, socket);
        application.MapGet(StatusPath, context => AnswerAsync(context, async cancellation =>
            StatusReport.Of(await source.TakeSnapshotAsync(cancellation), metricsListen?.Invoke(), path) with { Configuration = transactions?.Invoke()?.Status() }, ControlJson.Types.StatusReport));
        application.MapGet(AttemptsPath, context => AnswerAsync(context, source.TakeAttemptsAsync, ControlJson.Types.AttemptsSnapshot));
        application.MapGet(DropsPath, context => AnswerAsync(context, source.TakeDropsAsync, ControlJson.Types.DropsSnapshot));
        application.MapGet(SessionsPath, context => server.AnswerWalkAsync(context, source.TakeSessionsAsync, ControlJson.Types.SessionsSnapshot));
        Task<SessionsEnded> EndAsync(SessionQuery query, CancellationToken cancellation) => source.EndSessionsAsync(query.Filter, cancellation);
        application.MapDelete(SessionsPath, context => server.AnswerWalkAsync(context, EndAsync, ControlJson.Types.SessionsEnded));
        ControlDocument.Map(application);
        ConfigurationEndpoints.Map(application, () => transactions?.Invoke() ?? throw new InvalidOperationException("the router is starting"));
        if (source is IFlowSource flows)
        {
            server._desk = new ExplainDesk(flows, TimeProvider.System, () => transactions?.Invoke()?.Places);
            new ExplainEndpoint(server._desk).Map(application);
        }

        if (source is ICaptureSource captures)
        {
            server._captures = new CaptureEndpoint(captures, TimeProvider.System);
            server._captures.Map(application);
        }
        try
        {
            await application.StartAsync(cancellation);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw new ApplianceException($"control: cannot listen on {path}: {exception.GetBaseException().Message}; change Control:Socket", exception);
        }
        catch (OperationCanceledException)
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>What it answers: methods and paths.</summary>
    public IEnumerable<(string Method, string Path)> Routes => _application.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => (method, endpoint.RoutePattern.RawText!)));

    /// <summary>Another group's members may connect. Throws <see cref="ApplianceException"/>.</summary>
    public void Regroup(string? group) => _socket.Regroup(group);

    /// <summary>Nobody can connect any more, at once, and captures end; ends when everybody who is connected has the answer, or the cancellation says that it is time.</summary>
    public async Task LeaveAsync(CancellationToken end)
    {
        _socket.Dispose();
        _captures?.EndAll();
        await SmallServer.LeaveAsync(_application, end);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await SmallServer.StopAsync(_application);
        _socket.Dispose();
        _walk.Dispose();
        _desk?.Dispose();
    }

    /// <summary>One walk through the table at a time: its memory, and what it costs the loop a turn, have a bound.</summary>
    private async Task AnswerWalkAsync<T>(HttpContext context, Func<SessionQuery, CancellationToken, Task<T>> walk, JsonTypeInfo<T> type)
    {
        var parameters = context.Request.Query.SelectMany(entry => entry.Value.Select(text => KeyValuePair.Create(entry.Key, text ?? "")));
        var (query, errors) = SessionsRequest.Parse(parameters);
        if (query is null || HttpMethods.IsDelete(context.Request.Method) && query.Filter == new SessionFilter())
        {
            await RefuseAsync(context, HttpStatusCode.BadRequest, query is null ? string.Join("; ", errors) : $"say which sessions: give {Wording.OneOf(SessionsRequest.Filters)}");
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(WalkTimeout);
        try
        {
            await _walk.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(context, HttpStatusCode.ServiceUnavailable, "others ask for sessions too; try again");
            return;
        }

        try
        {
            await AnswerAsync(context, _ => walk(query, patience.Token), type, WalkTimeout);
        }
        finally
        {
            _walk.Release();
        }
    }

    private static WebApplication Build(ControlSocket socket) => SmallServer.Build(kestrel =>
    {
        kestrel.ListenUnixSocket(socket.Path);
        kestrel.ApplicationServices.GetRequiredService<Microsoft.Extensions.Options.IOptions<SocketTransportOptions>>()
            .Value.CreateBoundListenSocket = _ => socket.Socket;
    });

    public static async Task AnswerAsync<T>(HttpContext context, Func<CancellationToken, Task<T>> take, JsonTypeInfo<T> type, TimeSpan? patience = null)
    {
        try
        {
            var answer = await take(context.RequestAborted).WaitAsync(patience ?? SnapshotTimeout, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(answer, type, cancellationToken: context.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException || exception is OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(context, HttpStatusCode.ServiceUnavailable, exception.Message);
        }
    }

    private static Task RefuseAsync(HttpContext context, HttpStatusCode code, string why)
    {
        context.Response.StatusCode = (int)code;
        return context.Response.WriteAsync(why, context.RequestAborted);
    }
}
