using Router.Configuration;
using Router.Op25b;
using Router.Telemetry;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>OP25B.md section 5: infected hosts and triangles ring a bell, once, and may be shut off until they are quiet.</summary>
public sealed class AlertsTest : IDisposable
{
    private const string Client = "192.168.25.10", Bot = "192.168.25.40", Own = "198.51.100.25", Outside = "203.0.113.2";

    private readonly List<Alert> _alerts = [];
    private TestRouter _router;
    private ushort _port = 20000;

    public AlertsTest() => _router = Open(new AlertsConfiguration());

    public void Dispose() => _router.Dispose();

    [Fact]
    public void An_infected_host_is_told_of_after_two_windows_and_again_when_it_was_quiet_for_an_hour()
    {
        Burst();
        Advance(TimeSpan.FromSeconds(30));
        Assert.Empty(_alerts);
        Advance(TimeSpan.FromMinutes(10));
        Burst();
        Advance(TimeSpan.FromSeconds(30));
        Alert alert = Assert.Single(_alerts);
        Assert.Equal((AlertKind.Infected, AlertEvent.Raised, Bot, false), (alert.Kind, alert.Event, alert.Host.ToString(), alert.IsQuarantined));
        Assert.Equal((1, 1L), (Count("infected").Active, Count("infected").Raised));
        Assert.Equal("infected", _router.Attempts().Hosts.Single(host => host.Host == Bot).Alert);

        // Hysteresis: neither does it end at once, nor ring again.
        Advance(TimeSpan.FromMinutes(50));
        Burst();
        Advance(TimeSpan.FromMinutes(50));
        Assert.Single(_alerts);
        Advance(TimeSpan.FromMinutes(11));
        Assert.Equal((2, AlertEvent.Ended), (_alerts.Count, _alerts[1].Event));
        Assert.Equal((0, 1L), (Count("infected").Active, Count("infected").Raised));
    }

    /// <summary>Off by default: an alert alone shuts nothing.</summary>
    [Fact]
    public void Without_a_quarantine_an_infected_host_still_reaches_the_own_servers()
    {
        Infect();
        Try(Bot, Own);
        Assert.Single(_router.Sent("servers"));
        Assert.Equal(0, _router.Snapshot().Op25b.QuarantinedHosts);
    }

    [Fact]
    public void A_quarantine_shuts_port_25_toward_own_servers_too_and_ends_by_itself()
    {
        _router.Dispose();
        _router = Open(new AlertsConfiguration { Quarantine = true });
        Try(Bot, Own);
        Assert.Single(_router.Sent("servers"));
        Infect();
        Assert.True(Assert.Single(_alerts).IsQuarantined);
        Assert.Equal(1, _router.Snapshot().Op25b.QuarantinedHosts);
        Assert.True(_router.Attempts().Hosts.Single(host => host.Host == Bot).IsQuarantined);

        _router.Sent("lan");
        _router.Moved();
        Try(Bot, Own);
        AssertPacket.That(_router.SentOne("lan")).FromTo("192.168.25.1", Bot).IsIcmp(3, 13);
        Assert.Equal("lan received 1, lan dropped Op25bQuarantined 1, lan generated 1, lan sent 1, op25b dynamic blocked 1", _router.Moved());

        // F3: submission is never touched; and nobody else is.
        _router.Receive("lan", Frames.TcpSegment(Bot, 40000, Own, 587, _router.Interface("lan").Mac));
        Try(Client, Own);
        Assert.Equal(2, _router.Sent("servers").Count);

        Advance(TimeSpan.FromMinutes(59));
        Try(Bot, Own);
        AssertPacket.That(_router.SentOne("lan")).IsIcmp(3, 13);
        Advance(TimeSpan.FromMinutes(61));
        Try(Bot, Own);
        Assert.Single(_router.Sent("servers"));
        Assert.Equal(0, _router.Snapshot().Op25b.QuarantinedHosts);
    }

    /// <summary>F17: what it has open ends with a RST, toward own servers too.</summary>
    [Fact]
    public void A_quarantine_ends_open_sessions()
    {
        _router.Dispose();
        _router = Open(new AlertsConfiguration { Quarantine = true });
        Infect(last: () =>
        {
            _router.Receive("lan", Frames.TcpSegment(Bot, 41000, Own, 25, _router.Interface("lan").Mac, Syn, sequence: 1000));
            _router.Receive("servers", Frames.TcpSegment(Own, 25, Bot, 41000, _router.Interface("servers").Mac, Syn | Ack, sequence: 5000, acknowledgment: 1001));
            _router.Sent("lan");
        });
        Assert.Contains(_router.Sent("lan"), frame => Frames.Parse(frame).Extract<PacketDotNet.TcpPacket>() is { Reset: true, DestinationPort: 41000, SequenceNumber: 5001 });
    }

    [Fact]
    public void Replies_from_port_25_that_a_host_never_asked_for_are_triangular()
    {
        for (int window = 0; window < 2; window++)
        {
            _router.Receive("lan", Frames.TcpSegment(Client, 41000, "192.0.2.240", 443, _router.Interface("lan").Mac));
            foreach (int stranger in new[] { 1, 2, 3, 4, 5 })
                _router.Receive("wan", Frames.TcpSegment($"192.0.2.{stranger}", 25, Outside, 41000, _router.Interface("wan").Mac, Syn | Ack));
            Advance(TimeSpan.FromMinutes(10));
        }

        Alert alert = Assert.Single(_alerts);
        Assert.Equal((AlertKind.Triangular, Client), (alert.Kind, alert.Host.ToString()));
        Assert.Equal((1, 0), (Count("triangular").Active, Count("infected").Active));
    }

    [Fact]
    public void A_station_that_forges_sources_toward_port_25_is_triangular()
    {
        for (int i = 1; i <= 10; i++)
            _router.Receive("lan", Frames.TcpSegment($"203.0.112.{i}", 40000, "192.0.2.1", 25, _router.Interface("lan").Mac));
        Advance(TimeSpan.FromSeconds(30));
        Alert alert = Assert.Single(_alerts);
        Assert.Equal((AlertKind.Triangular, "lan"), (alert.Kind, alert.Interface?.Name));
        Assert.NotEqual(0UL, alert.Mac.Value);
    }

    private TestRouter Open(AlertsConfiguration alerts)
    {
        RouterConfiguration configuration = TestConfiguration.With(PhaseMode.Block);
        var router = new TestRouter(configuration with { Op25b = configuration.Op25b with { Alerts = alerts } });
        foreach (string address in new[] { Client, Bot })
            router.Host("lan", address);
        router.Host("servers", Own);
        router.Host("wan", "203.0.113.1");
        router.Path.Alerts.Changed = _alerts.Add;
        return router;
    }

    private AlertCount Count(string kind) => _router.Snapshot().Op25b.Alerts.Single(count => count.Kind == kind);

    private void Infect(Action? last = null)
    {
        Burst();
        Advance(TimeSpan.FromMinutes(10));
        Burst();
        last?.Invoke();
        Advance(TimeSpan.FromSeconds(30));
    }

    /// <summary>Thirty destinations in three seconds.</summary>
    private void Burst()
    {
        for (int i = 1; i <= 30; i++)
        {
            Try(Bot, $"192.0.2.{i}");
            Advance(TimeSpan.FromMilliseconds(100));
        }

        _router.Sent("lan");
    }

    private void Try(string host, string destination) =>
        _router.Receive("lan", Frames.TcpSegment(host, ++_port, destination, 25, _router.Interface("lan").Mac));

    private void Advance(TimeSpan time)
    {
        TimeSpan step = TimeSpan.FromSeconds(2);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += step)
        {
            _router.Time.Advance(time - passed < step ? time - passed : step);
            _router.Turn();
        }

        _router.Wait(TimeSpan.FromMilliseconds(1));
    }
}
