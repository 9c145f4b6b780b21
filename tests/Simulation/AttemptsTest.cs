using Router.Configuration;
using Router.Telemetry;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>F19, F20 and section 5 of OP25B.md: what hosts do on the wire for hours, and the case that they are found to be.</summary>
public sealed class AttemptsTest : IDisposable
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Camera = "192.168.25.30", Bot = "192.168.25.40", Lab = "192.168.25.50", Victim = "192.168.25.60",
        Fixed = "192.168.25.200", Own = "198.51.100.25", Outside = "203.0.113.2";

    private TestRouter _router = Open(PhaseMode.Monitor);
    private ushort _port = 20000;

    public void Dispose() => _router.Dispose();

    /// <summary>The notice's three cases and the others, at once, in a phase that only monitors: the report before the effective date.</summary>
    [Fact]
    public void A_day_of_all_kinds_of_senders_is_told_apart()
    {
        for (int minute = 0; minute < 8 * 60; minute += 5)
        {
            Try(Camera, "192.0.2.7");
            if (minute % 60 == 0)
            {
                Converse(Client, "192.0.2.1", 993);
                Converse(Client, "192.0.2.1", 25);
                Receive(Home);
                for (int i = 0; i < 4; i++)
                    Try(Home, $"192.0.2.{20 + (minute / 60 + i) % 9}");
            }

            if (minute is > 120 and < 150)
                for (int i = 0; i < 25; i++)
                {
                    Try(Bot, $"192.0.2.{minute % 7 * 25 + i + 1}");
                    Advance(TimeSpan.FromMilliseconds(100));
                }

            if (minute % 60 < 15)
            {
                Browse(Victim);
                foreach (int stranger in new[] { 1, 2, 3, 4 })
                    Unasked($"192.0.2.{200 + stranger}");
            }

            if (minute is >= 300 and < 390)
                for (int pc = 0; pc < 20; pc++)
                {
                    Converse(Lab, $"192.0.2.{100 + pc}", minute % 10 == 0 ? (ushort)110 : (ushort)25);
                    Converse(Lab, $"192.0.2.{100 + pc}", 25);
                }

            Try(Fixed, "192.0.2.250");
            Advance(TimeSpan.FromMinutes(5));
        }

        AttemptsSnapshot seen = _router.Attempts();
        Assert.Equal(
            [
                $"{Client} third_party_server", $"{Home} home_server", $"{Camera} direct_sender", $"{Bot} infected", $"{Lab} third_party_server", $"{Victim} triangular",
            ],
            seen.Hosts.Select(host => $"{host.Host} {host.Case}").Order(StringComparer.Ordinal));
        Assert.Contains("tries every 5 minutes", Host(seen, Camera).Evidence);
        Assert.Contains("receives mail on port 25 itself", Host(seen, Home).Evidence);
        Assert.Contains("reads or submits mail at 1 of its 1 destination", Host(seen, Client).Evidence);
        Assert.Equal((8, 8, 0, 0), (Host(seen, Client).Attempts, Host(seen, Client).Monitored, Host(seen, Client).Limited, Host(seen, Client).Blocked));
        Assert.Equal(TestRouter.Start, Host(seen, Camera).First);
        Assert.Equal("dynamic", Host(seen, Camera).Group);
    }

    /// <summary>F19: a SYN that is sent again and again is one attempt, of an open session too.</summary>
    [Fact]
    public void One_client_with_six_retransmissions_is_one_attempt_of_one_host()
    {
        _router.Dispose();
        _router = Open(PhaseMode.Block);
        foreach (int seconds in new[] { 0, 1, 2, 4, 8, 16, 32 })
        {
            Advance(TimeSpan.FromSeconds(seconds));
            _router.Receive("lan", Frames.TcpSegment(Client, 40000, "192.0.2.1", 25, _router.Interface("lan").Mac));
        }

        HostSnapshot host = Assert.Single(_router.Attempts().Hosts);
        Assert.Equal((1, 1, 1, "direct_sender"), (host.Attempts, host.Blocked, host.Destinations.Count, host.Case));
    }

    /// <summary>Postfix walking five MXs for one message is five destinations, and not infected.</summary>
    [Fact]
    public void Five_MXs_tried_at_once_are_no_infection()
    {
        for (int message = 0; message < 12; message++)
        {
            for (int mx = 1; mx <= 5; mx++)
                Try(Client, $"192.0.2.{mx}");
            Advance(TimeSpan.FromMinutes(17 + message));
        }

        Assert.Equal("direct_sender", Assert.Single(_router.Attempts().Hosts).Case);
    }

    /// <summary>F2: who may is nobody's business.</summary>
    [Fact]
    public void Own_servers_and_exempt_sources_are_not_remembered()
    {
        Try(Fixed, "192.0.2.1");
        Try(Client, Own);
        _router.Receive("servers", Frames.TcpSegment(Own, 40000, "192.0.2.1", 25, _router.Interface("servers").Mac));
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, "192.0.2.1", 587, _router.Interface("lan").Mac));
        Assert.Empty(_router.Attempts().Hosts);
    }

    /// <summary>F5, F6: the sending half of a triangle is known by its Ethernet address alone.</summary>
    [Fact]
    public void A_station_that_forges_sources_toward_port_25_is_remembered()
    {
        for (int i = 1; i <= 200; i++)
            _router.Receive("lan", Frames.TcpSegment($"203.0.112.{i}", 40000, "192.0.2.1", 25, _router.Interface("lan").Mac));
        _router.Receive("lan", Frames.TcpSegment("203.0.112.1", 40000, "192.0.2.1", 443, _router.Interface("lan").Mac));
        AttemptsSnapshot seen = _router.Attempts();
        StationSnapshot station = Assert.Single(seen.Stations);
        Assert.Equal(("lan", 200L, "203.0.112.200", "192.0.2.1"), (station.Interface, station.Segments, station.ClaimedSource, station.Destination));
        Assert.Empty(seen.Hosts);
    }

    /// <summary>F20: whatever the number of sources, the ledger is as large as the configuration says.</summary>
    [Fact]
    public void A_flood_of_sources_keeps_to_the_configured_bound()
    {
        _router.Dispose();
        RouterConfiguration configuration = TestConfiguration.With(PhaseMode.Block, PhaseAction.Drop);
        RouterConfiguration wide = configuration with
        {
            Interfaces = [.. configuration.Interfaces.Select(entry => entry.Name == "lan"
                ? entry with { Addresses = [new InterfaceAddress(System.Net.IPAddress.Parse("10.0.0.1"), 8)] } : entry)],
            Nat = configuration.Nat! with { PortForwards = [] },
            Op25b = configuration.Op25b with { Attempts = new AttemptsConfiguration { Hosts = 64 } },
        };
        _router = new TestRouter(wide);
        for (int i = 0; i < 20_000; i++)
            _router.Receive("lan", Frames.TcpSegment($"10.{1 + i / 65536}.{i / 256 % 256}.{i % 256}", 40000, "192.0.2.1", 25, _router.Interface("lan").Mac));
        Assert.Equal(64, _router.Attempts().Hosts.Count);
        Assert.Equal(20_000, _router.Dropped("lan", Router.Packets.DropReason.Op25bBlocked));
    }

    private static TestRouter Open(PhaseMode mode)
    {
        var router = new TestRouter(TestConfiguration.With(mode));
        foreach (string address in new[] { Client, Home, Camera, Bot, Lab, Victim, Fixed })
            router.Host("lan", address);
        router.Host("servers", Own);
        router.Host("wan", "203.0.113.1");
        return router;
    }

    private static HostSnapshot Host(AttemptsSnapshot seen, string host) => seen.Hosts.Single(entry => entry.Host == host);

    private void Advance(TimeSpan time)
    {
        // The survey of sessions has time for its round.
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(30))
        {
            _router.Time.Advance(time - passed < TimeSpan.FromSeconds(30) ? time - passed : TimeSpan.FromSeconds(30));
            _router.Turn();
        }
    }

    /// <summary>A SYN to port 25, from a port of its own.</summary>
    private void Try(string host, string destination) =>
        _router.Receive("lan", Frames.TcpSegment(host, ++_port, destination, 25, _router.Interface("lan").Mac));

    /// <summary>A connection that is opened and answered.</summary>
    private void Converse(string host, string destination, ushort port)
    {
        _port++;
        var (lan, wan) = (_router.Interface("lan").Mac, _router.Interface("wan").Mac);
        _router.Sent("wan");
        _router.Receive("lan", Frames.TcpSegment(host, _port, destination, port, lan, Syn, sequence: 1000));
        ushort outside = Frames.Parse(_router.SentOne("wan")).Extract<PacketDotNet.TcpPacket>().SourcePort;
        _router.Receive("wan", Frames.TcpSegment(destination, port, Outside, outside, wan, Syn | Ack, sequence: 5000, acknowledgment: 1001));
        _router.Receive("lan", Frames.TcpSegment(host, _port, destination, port, lan, Ack, sequence: 1001, acknowledgment: 5001));
        _router.Receive("lan", Frames.TcpSegment(host, _port, destination, port, lan, Fin | Ack, sequence: 1001, acknowledgment: 5001));
        _router.Receive("wan", Frames.TcpSegment(destination, port, Outside, outside, wan, Fin | Ack, sequence: 5001, acknowledgment: 1002));
    }

    /// <summary>Somebody delivers mail to the host.</summary>
    private void Receive(string host)
    {
        _port++;
        _router.Receive("wan", Frames.TcpSegment("192.0.2.99", _port, Outside, 25, _router.Interface("wan").Mac, Syn, sequence: 10));
        _router.Receive("lan", Frames.TcpSegment(host, 25, "192.0.2.99", _port, _router.Interface("lan").Mac, Syn | Ack, sequence: 20, acknowledgment: 11));
    }

    /// <summary>The host has an outside port, by which others can reach it.</summary>
    private void Browse(string host) => _router.Receive("lan", Frames.TcpSegment(host, 41000, "192.0.2.240", 443, _router.Interface("lan").Mac));

    private void Unasked(string stranger) =>
        _router.Receive("wan", Frames.TcpSegment(stranger, 25, Outside, 41000, _router.Interface("wan").Mac, Syn | Ack, sequence: 1, acknowledgment: 1));
}
