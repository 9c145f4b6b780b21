using System.Net;
using System.Net.Sockets;
using Router;
using Router.Telemetry;

namespace Unit.Telemetry;

/// <summary>Metrics move to another address with the configuration that asks for it, or not at all.</summary>
public sealed class MetricsListenerTest
{
    private static readonly IPEndPoint Any = IPEndPoint.Parse("127.0.0.1:0"), AnyOfTheSecond = IPEndPoint.Parse("127.0.0.2:0");

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_are_served_where_the_last_configuration_says_and_nowhere_else()
    {
        await using var listener = new MetricsListener(new CountingSnapshotSource());
        Assert.Equal(1, await listener.MoveAsync(Any, () => Task.FromResult(1), _cancellation));
        var first = listener.Listen!;
        await ScrapeAsync(first);

        // Until the change is made they stay where they are.
        await listener.MoveAsync(AnyOfTheSecond, () => ScrapeAsync(first), _cancellation);
        var second = listener.Listen!;
        await ScrapeAsync(second);
        await Assert.ThrowsAsync<HttpRequestException>(() => ScrapeAsync(first));

        await listener.MoveAsync(AnyOfTheSecond, () => Task.FromResult(1), _cancellation);
        Assert.Equal(second, listener.Listen);
        await listener.MoveAsync(null, () => Task.FromResult(1), _cancellation);
        Assert.Null(listener.Listen);
        await Assert.ThrowsAsync<HttpRequestException>(() => ScrapeAsync(second));
    }

    [Fact]
    public async Task An_address_that_cannot_be_had_and_a_change_that_fails_leave_them_where_they_are()
    {
        await using var listener = new MetricsListener(new CountingSnapshotSource());
        await listener.MoveAsync(Any, () => Task.FromResult(1), _cancellation);
        var before = listener.Listen!;
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var isDone = false;

        await Assert.ThrowsAsync<ApplianceException>(() => listener.MoveAsync((IPEndPoint)taken.LocalEndpoint, () => Task.FromResult(isDone = true), _cancellation));
        Assert.False(isDone);
        await Assert.ThrowsAsync<FormatException>(() => listener.MoveAsync<int>(AnyOfTheSecond, () => throw new FormatException(), _cancellation));

        Assert.Equal(before, listener.Listen);
        await ScrapeAsync(before);
    }

    private async Task<int> ScrapeAsync(IPEndPoint address)
    {
        using var client = new HttpClient();
        return (await client.GetStringAsync(new Uri($"http://{address}/metrics"), _cancellation)).Length;
    }
}
