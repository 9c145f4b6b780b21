using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Router.Cli;

namespace Unit.Cli;

/// <summary>A line of the log as JSON.</summary>
public sealed class EventJsonFormatterTest
{
    [Fact]
    public void A_line_has_the_events_number_name_message_and_values()
    {
        KeyValuePair<string, object?>[] state = [new("Interface", "lan"), new("Count", 7L), new("Source", System.Net.IPAddress.Loopback), new("{OriginalFormat}", "{Interface}")];
        var entry = new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(LogLevel.Warning, "Router", new EventId(27, "InterfaceDown"), state, null, (_, _) => "interface \"lan\" is down");
        using var output = new StringWriter();
        new EventJsonFormatter(new FakeTimeProvider(DateTimeOffset.Parse("2026-12-01T00:00:00.123Z"))).Write(entry, null, output);
        Assert.Equal("""
            {"Timestamp":"2026-12-01T00:00:00.123Z","EventId":27,"EventName":"InterfaceDown","LogLevel":"Warning","Category":"Router","Message":"interface \"lan\" is down","State":{"Interface":"lan","Count":7,"Source":"127.0.0.1"}}

            """, output.ToString());
    }
}
