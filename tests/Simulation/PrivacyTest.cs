using System.Globalization;
using Microsoft.Extensions.Logging;
using Router;
using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>What the log says of hosts that try port 25, and how much of it.</summary>
public sealed class PrivacyTest
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25";

    [Theory]
    [InlineData("Campus", "Port25Attempt: port 25 Blocked: 192.168.25.10:40000 > 203.0.113.25:25, group dynamic, phase op25b (0 more not logged)")]
    [InlineData("Carrier", "Port25AttemptOfGroup: port 25 Blocked: a host of group dynamic, phase op25b (0 more not logged)")]
    public void A_carriers_log_names_no_host(string privacy, string line)
    {
        using TestRouter router = Router(Enum.Parse<PrivacyPreset>(privacy), out List<string> lines, out _);
        Try(router, 40000);
        Assert.Equal([line], lines);
    }

    [Fact]
    public void A_flood_of_attempts_has_a_few_lines_and_a_count_of_the_others()
    {
        using TestRouter router = Router(PrivacyPreset.Campus, out List<string> lines, out ApplianceLog log);
        for (ushort port = 40000; port < 40100; port++)
            Try(router, port);
        Assert.Equal(20, lines.Count);
        Assert.Equal(80, log.Suppressed.Single(count => count.Kind == "attempts").Suppressed);
        router.Wait(TimeSpan.FromSeconds(1));
        Try(router, 50000);
        Assert.EndsWith("(80 more not logged)", lines[^1], StringComparison.Ordinal);
    }

    private static TestRouter Router(PrivacyPreset privacy, out List<string> lines, out ApplianceLog log)
    {
        var router = new TestRouter(TestConfiguration.With(PhaseMode.Block, PhaseAction.Drop));
        router.Host("lan", Client);
        router.Host("wan", Remote);
        lines = [];
        log = new ApplianceLog(new Lines(lines)) { Privacy = privacy };
        router.Path.Witness.AttemptMade = log.AttemptMade(router.Path.Filter);
        return router;
    }

    private static void Try(TestRouter router, ushort port) => router.Receive("lan", Frames.TcpSegment(Client, port, Remote, 25, router.Interface("lan").Mac, Syn));

    private sealed class Lines(List<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{eventId.Name}: {formatter(state, exception)}"));
    }
}
