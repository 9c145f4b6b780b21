using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Router;
using Router.Configuration;
using Router.Nat;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>What the loop writes down of mappings and sessions: one record when each begins and one when it ends, and nothing in between.</summary>
public sealed class MappingLogTest
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Remote = "203.0.113.25", Other = "203.0.113.26", Outside = "203.0.113.2";

    [Fact]
    public void A_mapping_is_told_once_however_many_sessions_and_packets_it_has_and_again_when_the_last_one_ended()
    {
        using TestRouter router = Router(JournalDetail.Mappings, out MappingJournal journal);
        Send(router, Client, 40000, Remote);
        Send(router, Client, 40000, Remote);
        Send(router, Client, 40000, Other);
        string created = Assert.Single(Take(router, journal));
        Assert.Matches($"^0 Created 17 {Client}:40000 is {Outside}:[0-9]+$", created);
        router.Wait(TimeSpan.FromMinutes(4));
        Send(router, Client, 40000, Other);
        router.Wait(TimeSpan.FromMinutes(4));
        Assert.Empty(Take(router, journal));
        router.Wait(TimeSpan.FromMinutes(2));
        Assert.Equal(created[2..].Replace("Created", "Deleted", StringComparison.Ordinal), Assert.Single(Take(router, journal)).Split(' ', 2)[1]);
    }

    [Fact]
    public void A_session_is_told_with_its_destination_from_both_sides()
    {
        using TestRouter router = Router(JournalDetail.Sessions, out MappingJournal journal);
        Send(router, Client, 40000, Remote);
        Send(router, Client, 40000, Other);
        string[] sessions = Take(router, journal);
        Assert.Matches($"^0 Created 17 {Client}:40000 is {Outside}:[0-9]+ to {Remote}:9999 is {Remote}:9999$", sessions[0]);
        Assert.Matches($"^0 Created 17 {Client}:40000 is {Outside}:[0-9]+ to {Other}:9999 is {Other}:9999$", sessions[1]);
        router.Receive("wan", Frames.TcpSegment(Remote, 5000, Outside, 25, router.Interface("wan").Mac, Syn));
        Assert.Equal([$"0 Created 6 {Remote}:5000 is {Remote}:5000 to {Outside}:25 is {Home}:25"], Take(router, journal));
        router.Wait(TimeSpan.FromMinutes(6));
        Assert.Equal(3, Take(router, journal).Count(record => record.Contains(" Deleted ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Ports_that_forwards_have_and_what_is_not_translated_are_no_mappings_and_a_protocol_without_ports_has_its_address()
    {
        using TestRouter router = Router(JournalDetail.Mappings, out MappingJournal journal);
        router.Receive("wan", Frames.TcpSegment(Remote, 5000, Outside, 25, router.Interface("wan").Mac, Syn));
        router.Receive("lan", Frames.UdpDatagram("2001:db8:25:1::10", 40000, "2001:db8:25:3::25", 9999, router.Interface("lan").Mac));
        Assert.Empty(Take(router, journal));
        router.Receive("lan", Frames.Echo(Client, Remote, 7, router.Interface("lan").Mac));
        Assert.Matches($"^0 Created 1 {Client}:7 is {Outside}:[0-9]+$", Assert.Single(Take(router, journal)));
        router.Receive("lan", Esp(router));
        Assert.Equal([$"0 Created 50 {Client}:0 is {Outside}:0"], Take(router, journal));
    }

    /// <summary>What a log that begins or ends writes of what lives: so records come in pairs across a restart.</summary>
    [Theory]
    [InlineData("Mappings")]
    [InlineData("Sessions")]
    public void What_lives_is_what_began_and_has_not_ended(string kind)
    {
        JournalDetail detail = Enum.Parse<JournalDetail>(kind);
        using TestRouter router = Router(detail, out MappingJournal journal);
        for (ushort port = 40000; port < 40020; port++)
            Send(router, Client, port, Remote);
        router.Receive("lan", Esp(router));
        router.Wait(TimeSpan.FromMinutes(4));
        for (ushort port = 40010; port < 40030; port++)
            Send(router, Client, port, Other);
        router.Wait(TimeSpan.FromMinutes(2));
        var living = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string record in Take(router, journal))
            Assert.True(record.Contains("Created", StringComparison.Ordinal) ? living.Add(WithoutTimeAndEvent(record)) : living.Remove(WithoutTimeAndEvent(record)), record);
        Assert.NotEmpty(living);
        Assert.Equal(living, Living(router, detail).Select(WithoutTimeAndEvent).Order(StringComparer.Ordinal));
    }

    /// <summary>The log's own thread, over a router that has mappings already and keeps some: every one has a beginning and an end in the files.</summary>
    [Fact]
    public void A_log_that_begins_and_ends_in_the_midst_of_things_has_pairs()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("mapping-log");
        try
        {
            using TestRouter router = Router(JournalDetail.Mappings, out _);
            router.Path.Opener.Journal = null;
            Send(router, Client, 40000, Remote);
            var log = new MappingLog(new() { File = new() { Directory = folder.FullName } }, router.Time, NullLogger.Instance);
            log.Begin(router.Path.Opener, new(router.Path.Opener));
            router.Wait(TimeSpan.FromMinutes(4));
            Send(router, Client, 40001, Remote);
            router.Wait(TimeSpan.FromMinutes(2));
            log.End();
            Assert.Equal(["create 40000 2026-12-01T00:00:00", "create 40001 2026-12-01T00:04:00", "delete 40000 2026-12-01T00:05:00", "delete 40001 2026-12-01T00:06:00"],
                folder.GetFiles().SelectMany(file => File.ReadAllLines(file.FullName)).Select(line => JsonNode.Parse(line)!)
                    .Select(line => $"{line["event"]} {line["insidePort"]} {line["time"]!.ToString()[..19]}").Order(StringComparer.Ordinal));
            Assert.Equal(4, log.Snapshot().Kept.Single().Records);
            Assert.All(log.Snapshot().Lost, count => Assert.Equal(0, count.Records));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What a handover keeps is created for the next log as it was for the one before.</summary>
    [Fact]
    public void What_came_over_from_the_router_before_is_written_when_the_log_begins()
    {
        using TestRouter before = Router(JournalDetail.Mappings, out MappingJournal journal);
        Send(before, Client, 40000, Remote);
        string[] created = Take(before, journal);
        var stream = new MemoryStream();
        SessionArchive.Write(stream, before.Path.Sessions, before.Path.Hash, "0.0.0-test", before.Now);
        SessionArchive archive = SessionArchive.Open(stream, before.Now, out string problem) ?? throw new InvalidOperationException(problem);
        using var after = new TestRouter(before.Configuration, hash: archive.Hash, begin: before.Time.GetUtcNow());
        new SessionHandover(after.Path, RestartRules.HasIpv6(before.Configuration)).Take(archive, after.Now);
        Assert.Equal(created, Living(after, JournalDetail.Mappings));
    }

    private static IEnumerable<string> Living(TestRouter router, JournalDetail detail)
    {
        var living = new LivingMappings(router.Path.Opener);
        living.Take(router.Path.Opener, detail, router.Time.GetUtcNow().UtcTicks);
        return living.Records.ToArray().Select(record => Show(router, detail, record));
    }

    /// <summary>A limit is told when it is reached, and not with every packet that it refuses; each subscriber's and each limit's by itself, and who is under it again is told of again.</summary>
    [Theory]
    [InlineData(2, 100, nameof(MappingEvent.SubscriberPortsExceeded))]
    [InlineData(100, 2, nameof(MappingEvent.SubscriberSessionsExceeded))]
    public void A_subscriber_over_a_limit_is_told_of_once_a_minute(int ports, int sessions, string limit)
    {
        using TestRouter router = Router(JournalDetail.Mappings, out MappingJournal journal, configuration => configuration with { Sessions = configuration.Sessions with { PerSubscriber = new() { Ports = ports, Sessions = sessions } } });
        for (ushort port = 40000; port < 40100; port++)
            Send(router, Client, port, Remote);
        Assert.Equal([$"0 {limit} {Client} 2"], Limits(router, journal));
        Send(router, Home, 40000, Remote);
        Assert.Empty(Limits(router, journal));
        Send(router, Home, 40001, Remote);
        Send(router, Home, 40002, Remote);
        Assert.Equal([$"0 {limit} {Home} 2"], Limits(router, journal));
        router.Wait(TimeSpan.FromSeconds(59));
        Send(router, Client, 40050, Remote);
        Assert.Empty(Limits(router, journal));
        router.Wait(TimeSpan.FromSeconds(1));
        Send(router, Client, 40051, Remote);
        Assert.Equal([$"0 {limit} {Client} 2"], Limits(router, journal));
    }

    /// <summary>However many subscribers are over theirs at once.</summary>
    [Fact]
    public void Limits_are_told_ten_times_a_second_at_most()
    {
        using TestRouter router = Router(JournalDetail.Sessions, out MappingJournal journal, configuration => configuration with { Sessions = configuration.Sessions with { PerSubscriber = new() { Sessions = 1 } } });
        for (int host = 30; host < 60; host++)
        {
            router.Host("lan", $"192.168.25.{host}");
            Send(router, $"192.168.25.{host}", 40000, Remote);
            Send(router, $"192.168.25.{host}", 40001, Remote);
        }

        Assert.Equal(10, Limits(router, journal).Length);
        router.Wait(TimeSpan.FromSeconds(1));
        for (int host = 40; host < 60; host++)
            Send(router, $"192.168.25.{host}", 40001, Remote);
        Assert.Equal(10, Limits(router, journal).Length);
    }

    /// <summary>What strangers open takes half of the table, and half of what a host may have; a host of IPv6 has no translation, and no record.</summary>
    [Fact]
    public void A_full_table_and_the_half_that_is_for_strangers_have_their_own_limits()
    {
        using TestRouter router = Router(JournalDetail.Mappings, out MappingJournal journal, configuration => configuration with { Sessions = configuration.Sessions with { Capacity = 1024, PerSubscriber = new() { Sessions = 1024 } } });
        for (ushort port = 5000; port < 5600; port++)
            router.Receive("wan", Frames.TcpSegment(Remote, port, Outside, 25, router.Interface("wan").Mac, Syn));
        Assert.Equal(["0 SessionsExceeded 0.0.0.0 512"], Limits(router, journal));
        router.Wait(TimeSpan.FromMinutes(1));
        for (ushort port = 1; port < 600; port++)
            router.Receive("lan", Frames.UdpDatagram("2001:db8:25:1::10", port, "2001:db8:25:3::25", 9999, router.Interface("lan").Mac));
        Assert.Equal(["0 SessionsExceeded 0.0.0.0 1024"], Limits(router, journal));
        using TestRouter quota = Router(JournalDetail.Mappings, out journal, configuration => configuration with { Sessions = configuration.Sessions with { PerSubscriber = new() { Sessions = 4 } } });
        for (ushort port = 1; port < 10; port++)
            quota.Receive("lan", Frames.UdpDatagram("2001:db8:25:1::10", port, "2001:db8:25:3::25", 9999, quota.Interface("lan").Mac));
        Assert.Empty(Limits(quota, journal));
        for (ushort port = 5000; port < 5010; port++)
            quota.Receive("wan", Frames.TcpSegment(Remote, port, Outside, 25, quota.Interface("wan").Mac, Syn));
        Assert.Equal([$"0 SubscriberSessionsExceeded {Home} 2"], Limits(quota, journal));
    }

    /// <summary>Seconds since the record, limit, subscriber, how many it allows.</summary>
    private static string[] Limits(TestRouter router, MappingJournal journal)
    {
        var records = new MappingRecord[2048];
        int count = journal.Take(records);
        return [.. records[..count].Where(record => record.IsOfLimit)
            .Select(record => $"{(router.Time.GetUtcNow().UtcTicks - record.Time) / TimeSpan.TicksPerSecond} {record.Event} {IpAddress.FromIpv4(record.Source).ToIPAddress()} {record.Limit}")];
    }

    private static string WithoutTimeAndEvent(string record) => string.Join(' ', record.Split(' ')[2..]);

    private static TestRouter Router(JournalDetail detail, out MappingJournal journal, Func<RouterConfiguration, RouterConfiguration>? change = null)
    {
        RouterConfiguration configuration = TestConfiguration.With(PhaseMode.Monitor);
        var router = new TestRouter(change is null ? configuration : change(configuration));
        router.Host("lan", Client);
        router.Host("lan", Home);
        router.Host("wan", Remote);
        router.Host("wan", Other);
        router.Host("lan", "2001:db8:25:1::10");
        router.Host("wan", "2001:db8:25:3::25");
        router.Path.Opener.Journal = journal = new MappingJournal(detail, capacity: 1024);
        router.Turn();
        return router;
    }

    private static void Send(TestRouter router, string source, ushort port, string destination) =>
        router.Receive("lan", Frames.UdpDatagram(source, port, destination, 9999, router.Interface("lan").Mac));

    private static byte[] Esp(TestRouter router) => Frames.WithHeader(Frames.UdpDatagram(Client, 1, Remote, 2, router.Interface("lan").Mac), header => header[9] = 50);

    private static string[] Take(TestRouter router, MappingJournal journal)
    {
        var records = new MappingRecord[1024];
        int count = journal.Take(records);
        Assert.Equal(0, journal.Lost);
        return [.. records[..count].Select(record => Show(router, journal.Detail, record))];
    }

    /// <summary>Seconds since the record, event, protocol, tuples.</summary>
    private static string Show(TestRouter router, JournalDetail detail, MappingRecord record) =>
        $"{(router.Time.GetUtcNow().UtcTicks - record.Time) / TimeSpan.TicksPerSecond} {record.Event} {record.Protocol} {Text(record.Source, record.SourcePort)} is {Text(record.TranslatedSource, record.TranslatedSourcePort)}"
        + (detail == JournalDetail.Sessions ? $" to {Text(record.Destination, record.DestinationPort)} is {Text(record.TranslatedDestination, record.TranslatedDestinationPort)}" : "");

    private static string Text(uint address, ushort port) => $"{new IPEndPoint(IpAddress.FromIpv4(address).ToIPAddress(), port)}";
}
