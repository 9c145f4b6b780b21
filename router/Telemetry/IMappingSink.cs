using Router.Nat;

namespace Router.Telemetry;

/// <summary>Somebody who keeps records of mappings. On the mapping log's thread; nothing that goes wrong outside is thrown: it is counted, and told by <see cref="LossReport"/>.</summary>
internal interface IMappingSink : IDisposable
{
    SinkCounts Counts { get; }

    void Write(ReadOnlySpan<MappingRecord> records);

    /// <summary>Does what is due, records or not, a few times a second.</summary>
    void Tick();
}

/// <summary>What became of records, told to any thread.</summary>
internal sealed class SinkCounts(string name)
{
    private long _kept, _lost;

    public string Name { get; } = name;

    public long Kept => Volatile.Read(ref _kept);

    public long Lost => Volatile.Read(ref _lost);

    public void Keep(long records) => Volatile.Write(ref _kept, _kept + records);

    public void Lose(long records) => Volatile.Write(ref _lost, _lost + records);
}
