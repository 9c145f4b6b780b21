using Router.Nat;
using Router.Telemetry;

namespace Unit.Telemetry;

/// <summary>A time, a folder, what is told of losses, and records, for tests of the mapping log's receivers.</summary>
internal sealed class MappingLogs : IDisposable
{
    public SteppedTime Time { get; } = new();

    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("mapping-log");

    /// <summary>Lines as the log would have them.</summary>
    public List<string> Told { get; } = [];

    public LossReport Report() => new(Time, (reason, records) => Told.Add($"{reason}: {records}"), () => Told.Add("over"));

    public string[] Files => [.. Folder.GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal)];

    public string[] Lines => [.. Files.SelectMany(file => File.ReadAllLines(Path.Combine(Folder.FullName, file)))];

    /// <summary>192.168.25.10:PORT is 203.0.113.2:50000, and speaks to 203.0.113.25:443.</summary>
    public MappingRecord Record(ushort port, MappingEvent @event = MappingEvent.Created, byte protocol = 6) => new()
    {
        Time = Time.GetUtcNow().UtcTicks,
        Event = @event,
        Protocol = protocol,
        Source = 0xC0A8190A,
        SourcePort = port,
        TranslatedSource = 0xCB007102,
        TranslatedSourcePort = 50000,
        Destination = 0xCB007119,
        DestinationPort = 443,
        TranslatedDestination = 0xCB007119,
        TranslatedDestinationPort = 443,
    };

    /// <summary>A limit that 192.168.25.10, or everybody, has reached.</summary>
    public MappingRecord Limit(MappingEvent limit, uint most) =>
        new() { Time = Time.GetUtcNow().UtcTicks, Event = limit, Source = limit == MappingEvent.SessionsExceeded ? 0 : 0xC0A8190A, Limit = most };

    public void Dispose() => Folder.Delete(recursive: true);
}

/// <summary>A machine's two clocks: the wall's can be set while the monotonic one goes on.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private DateTimeOffset _wall = DateTimeOffset.Parse("2026-12-01T00:00:00.123Z");
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _wall;

    public override long GetTimestamp() => _ticks;

    public void Advance(TimeSpan time) => (_wall, _ticks) = (_wall + time, _ticks + time.Ticks);

    public void Set(DateTimeOffset wall) => _wall = wall;
}
