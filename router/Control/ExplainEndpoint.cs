using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Router.Control;

/// <summary><c>POST /v1/explain</c>: what the running router would do with a packet. A question that makes no sense is 400, and the answer says why, a line for each reason.</summary>
internal sealed class ExplainEndpoint(ExplainDesk desk)
{
    public const string Path = "/v1/explain";

    /// <summary>The largest frame in base64, and some words.</summary>
    private const int LargestRequest = 128 * 1024;

    public void Map(WebApplication application) => application.MapPost(Path, ExplainAsync);

    private async Task ExplainAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
            body.MaxRequestBodySize = LargestRequest;
        try
        {
            var question = await JsonSerializer.DeserializeAsync(context.Request.Body, ControlJson.Types.ExplainQuestion, context.RequestAborted) ?? new();
            var (request, errors) = ExplainArguments.Parse(question);
            if (request is null) await RefuseAsync(context, StatusCodes.Status400BadRequest, string.Join('\n', errors));
            else await context.Response.WriteAsJsonAsync(await desk.ExplainAsync(request, context.RequestAborted), ControlJson.Types.Explanation, cancellationToken: context.RequestAborted);
        }
        catch (Exception exception) when (exception is ExplainException or JsonException or BadHttpRequestException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, exception is JsonException ? $"the question is not JSON as expected: {exception.Message}" : exception.Message);
        }
        catch (Exception exception) when (exception is ExplainBusyException or InvalidOperationException)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, exception.Message);
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(why, context.RequestAborted);
    }
}
