using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Router;
using Router.Configuration;
using Router.Control;
using Unit.Configuration;
using Unit.Telemetry;

namespace Unit.Control;

/// <summary>The life of the process, with real sockets and a stand-in for the appliance.</summary>
public sealed class RouterServiceTest : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;
    private readonly TaskCompletionSource _completion = new();
    private readonly StoppableLifetime _lifetime = new();
    private int _starts;
    private int _stops;

    private string Socket => _directory.Of("run/control.sock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_answers_while_it_runs_and_leaves_nothing_behind()
    {
        var service = Service(Start);
        await service.StartAsync(_cancellation);
        using var client = new ControlClient(Socket);
        var listen = (await client.GetStatusAsync(_cancellation)).Metrics.Listen!;
        Assert.NotEqual(0, IPEndPoint.Parse(listen).Port);

        await service.StopAsync(_cancellation);
        Assert.Equal((1, 1), (_starts, _stops));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
        Assert.False(service.HasFailed);
    }

    [Fact]
    public async Task A_port_in_use_starts_no_appliance_and_leaves_nothing_behind()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await Assert.ThrowsAsync<ApplianceException>(() => Service(Start, $"{taken.LocalEndpoint}").StartAsync(_cancellation));
        Assert.Equal(0, _starts);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task An_appliance_that_does_not_start_leaves_nothing_behind()
    {
        var exception = await Assert.ThrowsAsync<ApplianceException>(
            () => Service((_, _) => throw new ApplianceException("no /dev/net/tun")).StartAsync(_cancellation));
        Assert.Equal("no /dev/net/tun", exception.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task A_router_that_ends_by_itself_has_failed()
    {
        var service = Service(Start);
        await service.StartAsync(_cancellation);
        _completion.SetException(new ApplianceException("every interface is lost"));
        await _lifetime.Stopped.WaitAsync(TimeSpan.FromSeconds(10), _cancellation);
        Assert.True(service.HasFailed);
        await service.StopAsync(_cancellation);
    }

    private RouterService Service(Func<RouterConfiguration, ApplianceOptions, RunningAppliance> start, string listen = "127.0.0.1:0")
    {
        var loaded = Loading.Load(Loading.With(""), $"Metrics:Listen={listen}", $"Control:Socket={Socket}");
        Assert.Empty(loaded.Errors);
        return new(new(loaded, AsOf: null, TimeProvider.System, start), _lifetime, NullLoggerFactory.Instance);
    }

    private RunningAppliance Start(RouterConfiguration configuration, ApplianceOptions options)
    {
        _starts++;
        return new(new CountingSnapshotSource(), _completion.Task, () =>
        {
            _stops++;
            return ValueTask.CompletedTask;
        });
    }

    private sealed class StoppableLifetime : IHostApplicationLifetime
    {
        private readonly TaskCompletionSource _stopped = new();

        public Task Stopped => _stopped.Task;

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopped.TrySetResult();
    }
}
