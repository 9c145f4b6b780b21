using System.Reflection;
using System.Text;
using Microsoft.Extensions.Logging;
using Router;
using Router.Telemetry;
using Support;

namespace Tests.Architecture;

/// <summary>docs/events.md is written by this test: <c>UPDATE_DOCS=1</c> in the environment writes it anew, without it the file is held against the sources.</summary>
public sealed class EventsDocumentTest
{
    private const string Document = "docs/events.md";

    private static readonly (string Method, LoggerMessageAttribute Message, LogEventAttribute? Event)[] Events =
    [
        .. from type in typeof(Forwarder).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
           let message = method.GetCustomAttribute<LoggerMessageAttribute>()
           where message is not null
           orderby message.EventId
           select ($"{type.Name}.{method.Name}", message, method.GetCustomAttribute<LogEventAttribute>()),
    ];

    [Fact]
    public void Every_event_has_a_number_and_a_name_of_its_own_a_meaning_and_a_bound()
    {
        Assert.Equal(Events.Length, Events.Select(entry => entry.Message.EventId).Distinct().Count());
        Assert.Equal(Events.Length, Events.Select(entry => entry.Message.EventName).Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain(Events, entry => entry.Message.EventId <= 0 || string.IsNullOrEmpty(entry.Message.EventName));
        Assert.Empty(Events.Where(entry => entry.Event is not { Meaning.Length: > 0, Bound.Length: > 0 }).Select(entry => entry.Method));
    }

    /// <summary>What writes to a logger past the generator has no number, no name and no entry.</summary>
    [Fact]
    public void Nothing_is_logged_but_events() => Assert.Empty(
        from file in Repository.Sources("router")
        let text = File.ReadAllText(Repository.PathOf(file))
        where new[] { ".LogInformation(", ".LogWarning(", ".LogError(", ".LogCritical(", ".LogDebug(", ".LogTrace(" }.Any(call => text.Contains(call, StringComparison.Ordinal))
        select file);

    [Fact]
    public void The_document_says_what_the_sources_say()
    {
        string text = Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(Repository.PathOf(Document), text);
        Assert.Equal(text, File.ReadAllText(Repository.PathOf(Document)));
    }

    private static string Write()
    {
        var text = new StringBuilder("""
            # Events in the router's log

            <!-- Generated from the sources: UPDATE_DOCS=1 tests/Unit/bin/Release/net10.0/Unit -class Tests.Architecture.EventsDocumentTest -->

            Each line of the log is one of these events. `Log:Format` chooses the form ([configuration](configuration.md#mappinglog-privacy-log)): lines for people; the journal's, with the priority
            and the number, as in `Router[26] interface lan is up`; or JSON with `EventId`, `EventName`, `Message`, and the values by name in `State`:

            ```
            journalctl -u op25b-router -p warning             # what wants attention
            op25b-router run --json | jq 'select(.EventName == "Port25Attempt") | .State.Source'
            ```

            What strangers can provoke has a rate for each kind. What was not written is counted by `router_log_suppressed_total{kind}`, and said in the next line of the kind or beside it. Packets have no lines: drops
            are counted (`drops`, [metrics](metrics.md)), attempts at port 25 are summed up for each host (`attempts`).

            | number | name | level | line | what it means | what bounds it |
            |---|---|---|---|---|---|

            """);
        foreach (var (_, message, entry) in Events)
            text.Append($"| {message.EventId} | `{message.EventName}` | {message.Level} | {message.Message!.Replace("|", "\\|", StringComparison.Ordinal)} | {entry?.Meaning} | {entry?.Bound} |\n");
        return text.ToString();
    }
}
