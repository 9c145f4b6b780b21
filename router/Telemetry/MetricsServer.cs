using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;
using Router.Control;

namespace Router.Telemetry;

/// <summary>Serves <c>/metrics</c>, one snapshot a scrape.</summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private static readonly TimeSpan SnapshotTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _application;

    // The metrics are shared, and a scrape must show one snapshot: scrapes take turns.
    private readonly SemaphoreSlim _turn = new(1);

    private MetricsServer(WebApplication application) => _application = application;

    /// <summary>The address that was bound, where port 0 was asked for too.</summary>
    public IPEndPoint Listen { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Throws <see cref="ApplianceException"/> where the address cannot be had.</summary>
    public static async Task<MetricsServer> StartAsync(IPEndPoint listen, ISnapshotSource source, CancellationToken cancellation)
    {
        var application = SmallServer.Build(kestrel => kestrel.Listen(listen));
        var server = new MetricsServer(application);
        server.Map(source);
        try
        {
            await application.StartAsync(cancellation);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw new ApplianceException($"metrics: cannot listen on {listen}: {Reason(exception)}; change Metrics:Listen, or free the address", exception) { Part = SidePart.Metrics };
        }

        server.Listen = server.BoundAddress();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await SmallServer.StopAsync(_application);
        _turn.Dispose();
    }

    private void Map(ISnapshotSource source)
    {
        var registry = Metrics.NewCustomRegistry();
        var metrics = new RouterMetrics(registry, ProgramVersion.Short);
        _application.UseRouting();
        _application.Use((context, next) => context.GetEndpoint() is null ? next(context) : ScrapeAsync(context, next, metrics, source));
        _application.MapMetrics(settings => settings.Registry = registry, "/metrics");
    }

    /// <summary>
    /// In memory, so that a slow reader holds nobody up. The snapshot is taken here because the registry's own callback swallows errors, and a
    /// page of old numbers is worse than none.
    /// </summary>
    private async Task ScrapeAsync(HttpContext context, RequestDelegate next, RouterMetrics metrics, ISnapshotSource source)
    {
        var body = context.Response.Body;
        using var page = new MemoryStream();
        await _turn.WaitAsync(context.RequestAborted);
        try
        {
            context.Response.Body = page;
            metrics.Update(await source.TakeSnapshotAsync(context.RequestAborted).WaitAsync(SnapshotTimeout, context.RequestAborted));
            await next(context);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
        {
            page.SetLength(0);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            page.Write(Encoding.UTF8.GetBytes(exception.Message));
        }
        finally
        {
            context.Response.Body = body;
            _turn.Release();
        }

        page.Position = 0;
        await page.CopyToAsync(body, context.RequestAborted);
    }

    private IPEndPoint BoundAddress()
    {
        var addresses = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var uri = new Uri(addresses.First());
        return new(IPAddress.Parse(uri.DnsSafeHost), uri.Port);
    }

    private static string Reason(Exception exception) => (exception.GetBaseException() as SocketException)?.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "the port is in use",
        SocketError.AddressNotAvailable => "this machine does not have the address",
        SocketError.AccessDenied => "permission denied",
        _ => exception.GetBaseException().Message,
    };
}
