using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Router.Control;
using Router.Sessions;
using Router.Telemetry;
using Support;
using Unit.Telemetry;

namespace Unit.Control;

/// <summary>docs/control-api.json is written by this test: <c>UPDATE_DOCS=1</c> in the environment writes it anew. What it says is what the server does.</summary>
public sealed class ControlDocumentTest : IDisposable
{
    private const string Document = "docs/control-api.json";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_document_is_what_the_types_say()
    {
        string text = ControlDocument.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(Repository.PathOf(Document), text);
        Assert.Equal(text, File.ReadAllText(Repository.PathOf(Document)));
    }

    /// <summary>Microsoft's reader is the judge: it finds no error, and every reference leads somewhere.</summary>
    [Fact]
    public void It_is_sound_OpenAPI()
    {
        Microsoft.OpenApi.Reader.ReadResult read = Microsoft.OpenApi.OpenApiDocument.Parse(ControlDocument.Write(), "json");
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Equal(ControlApi.Operations.Count, read.Document!.Paths.Sum(path => path.Value.Operations!.Count));
        var defined = JsonNode.Parse(ControlDocument.Write())!["components"]!["schemas"]!.AsObject().Select(schema => schema.Key).ToHashSet(StringComparer.Ordinal);
        Assert.All(ReferencesIn(JsonNode.Parse(ControlDocument.Write())), reference => Assert.Contains(reference["#/components/schemas/".Length..].Split('/')[0], defined));
    }

    [Fact]
    public async Task Every_endpoint_is_described_and_every_description_has_one()
    {
        await using var server = await ControlServer.StartAsync(_directory.Of("control.sock"), new Everything(), metricsListen: null, Cancellation);
        Assert.Equal(ControlApi.Operations.Select(operation => $"{operation.Method.ToUpperInvariant()} {operation.Path}").Order(StringComparer.Ordinal), server.Routes.Select(route => $"{route.Method} {route.Path}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_socket_serves_it()
    {
        string socket = _directory.Of("control.sock");
        await using var server = await ControlServer.StartAsync(socket, new Everything(), metricsListen: null, Cancellation);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var unix = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await unix.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(socket), cancellation);
                return new System.Net.Sockets.NetworkStream(unix, ownsSocket: true);
            },
        }) { BaseAddress = new("http://localhost") };
        Assert.Equal("3.1.1", $"{(await http.GetFromJsonAsync<JsonNode>("/openapi.json", Cancellation))!["openapi"]}");
    }

    private static IEnumerable<string> ReferencesIn(JsonNode? node) => node switch
    {
        JsonArray items => items.SelectMany(ReferencesIn),
        JsonObject schema => schema.SelectMany(entry => entry.Key == "$ref" ? [$"{entry.Value}"] : ReferencesIn(entry.Value)),
        _ => [],
    };

    private sealed class Everything : ISnapshotSource, ICaptureSource, IFlowSource
    {
        private readonly CountingSnapshotSource _counting = new();

        public Task<ICapture> BeginCaptureAsync(CaptureRequest request, CancellationToken cancellation) => throw new InvalidOperationException();

        public Task<FlowFacts> TakeFlowAsync(IReadOnlyList<FlowKey> flows, CancellationToken cancellation) => throw new InvalidOperationException();

        public Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation) => _counting.TakeSnapshotAsync(cancellation);

        public Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation) => _counting.TakeAttemptsAsync(cancellation);

        public Task<DropsSnapshot> TakeDropsAsync(CancellationToken cancellation) => _counting.TakeDropsAsync(cancellation);

        public Task<SessionsSnapshot> TakeSessionsAsync(SessionQuery query, CancellationToken cancellation) => _counting.TakeSessionsAsync(query, cancellation);

        public Task<SessionsEnded> EndSessionsAsync(SessionFilter filter, CancellationToken cancellation) => _counting.EndSessionsAsync(filter, cancellation);
    }
}
