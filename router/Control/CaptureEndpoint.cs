using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Router.Telemetry;

namespace Router.Control;

/// <summary>
/// Captures over the control socket: <c>POST /v1/captures</c> answers with pcapng until the capture ends, <c>DELETE /v1/captures/N</c> ends one well. When the client goes away the capture goes too.
/// </summary>
internal sealed class CaptureEndpoint(ICaptureSource source, TimeProvider time)
{
    public const string Path = "/v1/captures", NumberHeader = "Capture-Number", MediaType = "application/x-pcapng";

    /// <summary>Of a request: a thousand instructions and some names.</summary>
    private const int LongestRequest = 256 * 1024;

    private readonly ConcurrentDictionary<long, TaskCompletionSource> _running = new();
    private long _number;

    public void Map(WebApplication application)
    {
        application.MapPost(Path, CaptureAsync);
        application.MapDelete(Path + "/{number}", EndAsync);
    }

    /// <summary>Ends every capture well: nobody can come and ask for that any more.</summary>
    public void EndAll()
    {
        foreach (var asked in _running.Values) asked.TrySetResult();
    }

    private async Task CaptureAsync(HttpContext context)
    {
        if (context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { } body)
            body.MaxRequestBodySize = LongestRequest;
        ICapture capture;
        CaptureRequest request;
        try
        {
            request = await JsonSerializer.DeserializeAsync(context.Request.Body, ControlJson.Types.CaptureRequest, context.RequestAborted) ?? new();
            capture = await source.BeginCaptureAsync(request, context.RequestAborted);
        }
        catch (Exception exception) when (exception is JsonException or CaptureException { IsBusy: false } or BadHttpRequestException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, exception.Message);
            return;
        }
        catch (Exception exception) when (exception is InvalidOperationException or CaptureException)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, exception.Message);
            return;
        }

        await using (capture)
            await StreamAsync(context, capture, request);
    }

    private async Task StreamAsync(HttpContext context, ICapture capture, CaptureRequest request)
    {
        long number = Interlocked.Increment(ref _number);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _running[number] = asked;
        // A quiet network, or a reader that is stopped, is no broken client.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        context.Response.ContentType = MediaType;
        context.Response.Headers[NumberHeader] = number.ToString(CultureInfo.InvariantCulture);
        try
        {
            await new CaptureStream(capture, request, context.Response.BodyWriter, time).RunAsync(asked.Task, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone.
        }
        finally
        {
            _running.TryRemove(number, out _);
        }
    }

    private Task EndAsync(HttpContext context)
    {
        if (!long.TryParse(context.Request.RouteValues["number"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out long number) || !_running.TryGetValue(number, out var asked))
            return RefuseAsync(context, StatusCodes.Status404NotFound, "no such capture runs");
        asked.TrySetResult();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(message, context.RequestAborted);
    }
}
