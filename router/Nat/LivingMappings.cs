using Router.Sessions;

namespace Router.Nat;

/// <summary>
/// A record for each mapping, or translated session, that lives at one moment. Its room is made by whoever has the time, so that the forwarding thread only walks and writes; where more
/// began meanwhile than it has room for, more is made.
/// </summary>
internal sealed class LivingMappings
{
    private const int Reserve = 4096;

    private MappingRecord[] _records;
    private int _count;

    /// <summary>On whatever thread: the room is touched here, or each page of it would stop the loop.</summary>
    public LivingMappings(SessionOpener opener)
    {
        _records = new MappingRecord[opener.OpenSessions + opener.OpenSessions / 8 + Reserve];
        _records.AsSpan().Clear();
    }

    public ReadOnlySpan<MappingRecord> Records => _records.AsSpan(0, _count);

    /// <summary>On the loop's thread, or when it has ended.</summary>
    public void Take(SessionOpener opener, JournalDetail detail, long utcTicks)
    {
        _count = 0;
        opener.Visit(this, detail, utcTicks);
    }

    public void Add(in MappingRecord record)
    {
        if (_count == _records.Length)
            Array.Resize(ref _records, 2 * _count);
        _records[_count++] = record;
    }
}
