using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Router.Telemetry;

namespace Router.Control;

/// <summary>No answer from the control socket. The message is one line for people.</summary>
internal sealed class ControlException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The CLI's end of the control socket.</summary>
internal sealed class ControlClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly HttpClient _http;

    public ControlClient(string path)
    {
        _path = path;
        _http = new(new SocketsHttpHandler { UseProxy = false, ConnectCallback = (_, cancellation) => ConnectAsync(path, cancellation) })
        {
            BaseAddress = new("http://op25b-router"),
            Timeout = Patience,
        };
    }

    public Task<StatusReport> GetStatusAsync(CancellationToken cancellation) => GetAsync(ControlServer.StatusPath, ControlJson.Types.StatusReport, cancellation);

    public Task<AttemptsSnapshot> GetAttemptsAsync(CancellationToken cancellation) => GetAsync(ControlServer.AttemptsPath, ControlJson.Types.AttemptsSnapshot, cancellation);

    public Task<DropsSnapshot> GetDropsAsync(CancellationToken cancellation) => GetAsync(ControlServer.DropsPath, ControlJson.Types.DropsSnapshot, cancellation);

    /// <param name="parameters">As <see cref="SessionsRequest"/> reads them.</param>
    public Task<SessionsSnapshot> GetSessionsAsync(IReadOnlyDictionary<string, string> parameters, CancellationToken cancellation) =>
        GetAsync(ControlServer.SessionsPath + Query(parameters), ControlJson.Types.SessionsSnapshot, cancellation);

    public Task<SessionsEnded> EndSessionsAsync(IReadOnlyDictionary<string, string> parameters, CancellationToken cancellation) =>
        AskAsync(() => new(HttpMethod.Delete, ControlServer.SessionsPath + Query(parameters)), ControlJson.Types.SessionsEnded, cancellation);

    public Task<IReadOnlyList<AppliedConfiguration>> GetHistoryAsync(CancellationToken cancellation) => GetAsync(ControlServer.HistoryPath, ControlJson.Types.History, cancellation);

    /// <summary>Asks for a change of the configuration. What was refused is an answer too.</summary>
    public Task<ReloadReport> ChangeAsync(string resource, ReloadRequest request, CancellationToken cancellation) => AskAsync(() =>
        new(HttpMethod.Post, resource) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Types.ReloadRequest)) }, ControlJson.Types.ReloadReport, cancellation);

    /// <summary>Begins a capture. Throws <see cref="ControlException"/> where the router refuses it.</summary>
    public Task<CaptureDownload> BeginCaptureAsync(CaptureRequest request, CancellationToken cancellation) => AskAsync(async () =>
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, CaptureEndpoint.Path) { Content = JsonContent.Create(request, ControlJson.Types.CaptureRequest) };
        var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
            throw new ControlException($"the router on {_path} takes no captures: it is of another version");
        if (!response.IsSuccessStatusCode)
            throw new ControlException($"the router on {_path} does not capture: {(await response.Content.ReadAsStringAsync(cancellation)).Trim()}");
        string number = response.Headers.GetValues(CaptureEndpoint.NumberHeader).First();
        return new CaptureDownload(response, await response.Content.ReadAsStreamAsync(cancellation), () => EndCaptureAsync(number));
    }, cancellation);

    /// <summary>Where it does not come through, the capture ends with this client.</summary>
    private async Task EndCaptureAsync(string number)
    {
        try
        {
            using var response = await _http.DeleteAsync($"{CaptureEndpoint.Path}/{number}");
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            Dispose();
        }
    }

    /// <summary>Asks what the router would do with a packet. Throws <see cref="ExplainException"/> where it says that the question makes no sense.</summary>
    public Task<Explanation> ExplainAsync(ExplainQuestion question, CancellationToken cancellation) => AskAsync(async () =>
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(question, ControlJson.Types.ExplainQuestion));
        using var response = await _http.PostAsync(ExplainEndpoint.Path, content, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
            throw new ControlException($"the router on {_path} is of another version: it explains no packets; use --config FILE");
        if (response.StatusCode == HttpStatusCode.BadRequest)
            throw new ExplainException((await response.Content.ReadAsStringAsync(cancellation)).Trim());
        if (!response.IsSuccessStatusCode)
            throw new ControlException($"the router on {_path} does not tell: {(await response.Content.ReadAsStringAsync(cancellation)).Trim()}");
        return await response.Content.ReadFromJsonAsync(ControlJson.Types.Explanation, cancellation)
            ?? throw new ControlException($"the router on {_path} sent an empty answer");
    }, cancellation);

    private static string Query(IReadOnlyDictionary<string, string> parameters) =>
        parameters.Count == 0 ? "" : $"?{string.Join('&', parameters.Select(entry => $"{entry.Key}={Uri.EscapeDataString(entry.Value)}"))}";

    private Task<T> GetAsync<T>(string resource, JsonTypeInfo<T> type, CancellationToken cancellation) => AskAsync(() => new(HttpMethod.Get, resource), type, cancellation);

    private Task<T> AskAsync<T>(Func<HttpRequestMessage> ask, JsonTypeInfo<T> type, CancellationToken cancellation) => AskAsync(async () =>
    {
        using var request = ask();
        using var response = await _http.SendAsync(request, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
            throw new ControlException($"the router on {_path} is of another version: it does not know {request.RequestUri}");
        if (!response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.Conflict)
            throw new ControlException($"the router on {_path} does not tell: {(await response.Content.ReadAsStringAsync(cancellation)).Trim()}");
        return await response.Content.ReadFromJsonAsync(type, cancellation)
            ?? throw new ControlException($"the router on {_path} sent an empty answer");
    }, cancellation);

    private async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        try
        {
            return await ask();
        }
        catch (HttpRequestException exception)
        {
            throw new ControlException($"no router answers on {_path}: {Reason(exception)}", exception);
        }
        catch (TaskCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new ControlException($"the router on {_path} did not answer within {Patience.TotalSeconds} seconds", exception);
        }
        catch (JsonException exception)
        {
            throw new ControlException($"what answers on {_path} is not this version of the router", exception);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Reason(HttpRequestException exception) => (exception.GetBaseException() as SocketException)?.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "the socket is a dead router's; start it with 'op25b-router run'",
        SocketError.AddressNotAvailable or SocketError.InvalidArgument => "there is no such socket; start the router, or name its socket with --socket",
        SocketError.AccessDenied => "permission denied; use sudo, or join the socket's group",
        _ => exception.GetBaseException().Message,
    };
}
