using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Router.Control;

/// <summary>
/// Kestrel without what a web site wants: no settings files, no <c>ASPNETCORE_</c> variables, no request log, and no signal handlers (the process
/// has one host, and it is not this).
/// </summary>
internal static class SmallServer
{
    private static readonly TimeSpan Drain = TimeSpan.FromMilliseconds(200);

    public static WebApplication Build(Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory, ApplicationName = "op25b-router" });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            listen(kestrel);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        var application = builder.Build();
        application.Use(async (context, next) =>
        {
            await next(context);
            Garbage.Bound();
        });
        return application;
    }

    /// <summary>Requests under way get a moment, then their connections are closed.</summary>
    public static async Task StopAsync(WebApplication application)
    {
        using var drain = new CancellationTokenSource(Drain);
        try
        {
            await application.StopAsync(drain.Token);
        }
        catch (OperationCanceledException)
        {
            // The moment is over.
        }

        await application.DisposeAsync();
    }

    /// <summary>Takes no more connections; those that are go when they are done, or when it is time.</summary>
    public static async Task LeaveAsync(WebApplication application, CancellationToken end)
    {
        try
        {
            await application.StopAsync(end);
        }
        catch (OperationCanceledException)
        {
            // It is time.
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
