using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Router.Control;

/// <summary>The control socket's part about the configuration. Requests and answers are JSON; what was refused is an answer like another one, with 409 for its status.</summary>
internal static class ConfigurationEndpoints
{
    private const int LargestRequest = 4096, LongestTrial = 24 * 60 * 60;

    public static void Map(WebApplication application, Func<Transactions> transactions)
    {
        application.MapGet(ControlServer.HistoryPath, context => ControlServer.AnswerAsync(context, async _ => await Task.FromResult(transactions().History), ControlJson.Types.History));
        application.MapPost(ControlServer.ReloadPath, context => ChangeAsync(context, async (request, by) => await transactions().ReloadAsync(request, by, context.RequestAborted)));
        application.MapPost(ControlServer.ConfirmPath, context => ChangeAsync(context, async (_, by) => await transactions().ConfirmAsync(by, context.RequestAborted)));
        application.MapPost(ControlServer.RollBackPath, context => ChangeAsync(context, async (_, by) => await transactions().RollBackAsync(by, context.RequestAborted)));
    }

    private static async Task ChangeAsync(HttpContext context, Func<ReloadRequest, string, Task<ReloadReport>> change)
    {
        try
        {
            if (await ReadAsync(context) is not { } request)
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                await context.Response.WriteAsync($"the request is not JSON as expected: confirmWithinSeconds is a number from 1 to {LongestTrial}", context.RequestAborted);
                return;
            }

            var by = PeerName.Of(context.Features.Get<IConnectionSocketFeature>()?.Socket, request.SudoUser);
            var report = await change(request, by);
            if (report.IsRefused) context.Response.StatusCode = StatusCodes.Status409Conflict;
            await context.Response.WriteAsJsonAsync(report, ControlJson.Types.ReloadReport, cancellationToken: context.RequestAborted);
        }
        catch (InvalidOperationException exception)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync(exception.Message, context.RequestAborted);
        }
    }

    /// <summary>No body asks for nothing special; null: it makes no sense, or does not say how long it is, and then a trial must not be taken for none.</summary>
    private static async Task<ReloadRequest?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength is null && context.Request.Headers.TransferEncoding.Count > 0) return null;
        if (context.Request.ContentLength is null or 0) return new();
        if (context.Request.ContentLength > LargestRequest) return null;
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, ControlJson.Types.ReloadRequest, context.RequestAborted) is { ConfirmWithinSeconds: null or (>= 1 and <= LongestTrial) } request ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
