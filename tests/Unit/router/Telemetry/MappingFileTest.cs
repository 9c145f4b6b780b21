using Router;
using Router.Configuration;
using Router.Nat;
using Router.Telemetry;

namespace Unit.Telemetry;

/// <summary>The mapping log's files: their lines, when the next one begins, and which of them go.</summary>
public sealed class MappingFileTest : IDisposable
{
    private readonly MappingLogs _logs = new();

    public void Dispose() => _logs.Dispose();

    [Fact]
    public void A_line_is_a_mapping_without_destination()
    {
        using (var file = Open()) file.Write([_logs.Record(40000), _logs.Record(7, MappingEvent.Deleted, protocol: 1), _logs.Record(0, protocol: 47)]);
        Assert.Equal(
        [
            """{"time":"2026-12-01T00:00:00.123Z","event":"create","protocol":"tcp","insideAddress":"192.168.25.10","insidePort":40000,"outsideAddress":"203.0.113.2","outsidePort":50000}""",
            """{"time":"2026-12-01T00:00:00.123Z","event":"delete","protocol":"icmp","insideAddress":"192.168.25.10","insidePort":7,"outsideAddress":"203.0.113.2","outsidePort":50000}""",
            """{"time":"2026-12-01T00:00:00.123Z","event":"create","protocol":47,"insideAddress":"192.168.25.10","insidePort":0,"outsideAddress":"203.0.113.2","outsidePort":50000}""",
        ], _logs.Lines);
        Assert.Equal(["mappings-0000000001-20261201T000000Z.jsonl"], _logs.Files);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, _logs.Folder.GetFiles()[0].UnixFileMode);
    }

    [Fact]
    public void A_limit_that_was_reached_is_a_line_with_its_subscriber()
    {
        using (var file = Open()) file.Write([_logs.Limit(MappingEvent.SubscriberSessionsExceeded, 8192), _logs.Limit(MappingEvent.SubscriberPortsExceeded, 4096), _logs.Limit(MappingEvent.SessionsExceeded, 131072)]);
        Assert.Equal(
        [
            """{"time":"2026-12-01T00:00:00.123Z","event":"quotaExceeded","quota":"subscriberSessions","limit":8192,"insideAddress":"192.168.25.10"}""",
            """{"time":"2026-12-01T00:00:00.123Z","event":"quotaExceeded","quota":"subscriberPorts","limit":4096,"insideAddress":"192.168.25.10"}""",
            """{"time":"2026-12-01T00:00:00.123Z","event":"quotaExceeded","quota":"sessions","limit":131072}""",
        ], _logs.Lines);
    }

    [Fact]
    public void A_session_has_its_peer_and_who_opened_it()
    {
        var inbound = _logs.Record(40000) with { Source = 0xCB007119, SourcePort = 5000, TranslatedSource = 0xCB007119, TranslatedSourcePort = 5000, Destination = 0xCB007102, DestinationPort = 25, TranslatedDestination = 0xC0A81914, TranslatedDestinationPort = 2525 };
        using (var file = Open(detail: JournalDetail.Sessions)) file.Write([_logs.Record(40000), inbound]);
        Assert.EndsWith("""
            "insideAddress":"192.168.25.10","insidePort":40000,"outsideAddress":"203.0.113.2","outsidePort":50000,"peerAddress":"203.0.113.25","peerPort":443,"openedFrom":"inside"}
            """, _logs.Lines[0], StringComparison.Ordinal);
        Assert.EndsWith("""
            "insideAddress":"192.168.25.20","insidePort":2525,"outsideAddress":"203.0.113.2","outsidePort":25,"peerAddress":"203.0.113.25","peerPort":5000,"openedFrom":"outside"}
            """, _logs.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_file_begins_by_size_and_by_time_and_numbers_go_on_after_a_restart()
    {
        using (var file = Open(new() { Directory = _logs.Folder.FullName, RotateMebibytes = 1, RotateMinutes = 10 }))
        {
            var records = Enumerable.Range(0, 7000).Select(port => _logs.Record((ushort)port)).ToArray();
            file.Write(records);
            Assert.Equal((7000, 0), (file.Counts.Kept, file.Counts.Lost));
            Assert.Equal(2, _logs.Files.Length);
            _logs.Time.Advance(TimeSpan.FromMinutes(10));
            file.Tick();
            file.Write([_logs.Record(1)]);
            Assert.Equal("mappings-0000000003-20261201T001000Z.jsonl", _logs.Files[2]);
        }

        using (var file = Open()) file.Write([_logs.Record(1)]);
        Assert.Equal("mappings-0000000004-20261201T001000Z.jsonl", _logs.Files[3]);
        Assert.Equal(7002, _logs.Lines.Length);
        Assert.All(_logs.Lines, line => Assert.EndsWith("}", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_goes_when_its_last_record_is_too_old_and_others_files_stay()
    {
        File.WriteAllText(Path.Combine(_logs.Folder.FullName, "mappings-notes.jsonl"), "mine");
        using var file = Open(new() { Directory = _logs.Folder.FullName, KeepDays = 2 });
        file.Write([_logs.Record(1)]);
        Pass(file, TimeSpan.FromHours(1));
        Pass(file, TimeSpan.FromHours(47));
        file.Write([_logs.Record(2)]);
        Assert.Equal(3, _logs.Files.Length);
        Pass(file, TimeSpan.FromHours(1));
        Assert.Equal(["mappings-0000000002-20261203T000000Z.jsonl", "mappings-notes.jsonl"], _logs.Files);
        Assert.Equal(1, file.Purged);
    }

    [Fact]
    public void The_oldest_files_go_where_all_are_too_large()
    {
        using var file = Open(new() { Directory = _logs.Folder.FullName, RotateMebibytes = 1, KeepMebibytes = 3 });
        for (var i = 0; i < 6; i++)
        {
            file.Write(Enumerable.Range(0, 7000).Select(port => _logs.Record((ushort)port)).ToArray());
            file.Tick();
        }

        Assert.InRange(_logs.Folder.GetFiles().Sum(each => each.Length), 2 << 20, 3 << 20);
        Assert.True(file.Purged >= 3);
        Assert.StartsWith($"mappings-000000000{file.Purged + 1}-", _logs.Files[0], StringComparison.Ordinal);
    }

    /// <summary>Names stay in the order of writing, nothing young goes, and what has a time to come goes when its days from now are over.</summary>
    [Fact]
    public void A_clock_that_is_set_back_confuses_neither_names_nor_ages()
    {
        using (var file = Open(new() { Directory = _logs.Folder.FullName, KeepDays = 2 })) file.Write([_logs.Record(1)]);
        File.SetLastWriteTimeUtc(Path.Combine(_logs.Folder.FullName, _logs.Files[0]), _logs.Time.GetUtcNow().UtcDateTime.AddYears(10));
        using var later = Open(new() { Directory = _logs.Folder.FullName, KeepDays = 2 });
        later.Write([_logs.Record(2)]);
        _logs.Time.Set(_logs.Time.GetUtcNow().AddDays(-30));
        Pass(later, TimeSpan.FromHours(1));
        later.Write([_logs.Record(3)]);
        Assert.Equal(["mappings-0000000001-20261201T000000Z.jsonl", "mappings-0000000002-20261201T000000Z.jsonl", "mappings-0000000003-20261101T010000Z.jsonl"], _logs.Files);
        Pass(later, TimeSpan.FromDays(2));
        Assert.DoesNotContain("mappings-0000000001-20261201T000000Z.jsonl", _logs.Files);
    }

    [Fact]
    public void A_file_that_was_moved_away_is_written_to_no_more()
    {
        using var file = Open();
        file.Write([_logs.Record(1)]);
        File.Move(Path.Combine(_logs.Folder.FullName, _logs.Files[0]), Path.Combine(_logs.Folder.FullName, "archived"));
        file.Tick();
        file.Write([_logs.Record(2)]);
        Assert.Equal(["archived", "mappings-0000000002-20261201T000000Z.jsonl"], _logs.Files);
    }

    [Fact]
    public void A_directory_that_cannot_be_written_to_is_a_reason_not_to_start()
    {
        var exception = Assert.Throws<ApplianceException>(() => Open(new() { Directory = "/proc/mappings" }));
        Assert.Matches("^mapping log: .*'/proc/mappings'; name a directory that can be written to in MappingLog:File:Directory, or leave File out$", exception.Message);
    }

    private MappingFile Open(MappingFileConfiguration? configuration = null, JournalDetail detail = JournalDetail.Mappings) =>
        new(configuration ?? new() { Directory = _logs.Folder.FullName }, detail, _logs.Time, _logs.Report());

    private void Pass(MappingFile file, TimeSpan time)
    {
        _logs.Time.Advance(time);
        file.Tick();
        file.Tick();
    }
}
