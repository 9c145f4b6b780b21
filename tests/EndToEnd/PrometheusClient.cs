using System.Net;
using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>Questions to a running Prometheus.</summary>
internal sealed class PrometheusClient(Uri address)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public async Task<JsonArray> QueryAsync(string expression)
    {
        using var response = await Http.GetAsync(new Uri(address, $"api/v1/query?query={Uri.EscapeDataString(expression)}"), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        // Until its storage is open it is not ready.
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            return [];
        Assert.True(response.IsSuccessStatusCode, $"{expression}: {text}");
        return JsonNode.Parse(text)!["data"]!["result"]!.DeepClone().AsArray();
    }

    public async Task<JsonArray> RulesAsync() =>
        JsonNode.Parse(await Http.GetStringAsync(new Uri(address, "api/v1/rules"), TestContext.Current.CancellationToken))!["data"]!["groups"]![0]!["rules"]!.DeepClone().AsArray();

    /// <summary>Waits until the expression gives a series.</summary>
    public Task HoldsAsync(string expression, Func<string> log) =>
        Eventually.TrueAsync(async () => (await QueryAsync(expression)).Count > 0, Limit, () => $"{expression}\n{log()}");
}
