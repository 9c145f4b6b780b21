using System.Numerics;

namespace Router.Sessions;

/// <summary>
/// Finds records, which know their keys themselves, by a hash of the key: eight bytes a record.
/// <para>Theory of operation. A slot holds 1 + the caller's reference to a record, and above it as many bits of the hash as fit: a slot that is not the one looked
/// for is nearly always told without reading its record. A hash's home is its share of the slots, so their number need not be a power of two; the bits that stand
/// above the reference are the low ones, which the home hardly depends on. Slots are probed in a line at a load of one half at most (five eighths where homes still have to move); a removal moves what follows
/// back, so there are no tombstones.</para>
/// <para>Growth. There are slots for all references, but only so many at their beginning are in use as those that are there need: few records lie close together in few cache lines. With more, twice as
/// many are in use, and a home is another: twice the old one, or one more. The old homes move from the highest down, a run of slots at a time and a few slots with each insertion; below
/// <see cref="_split"/> they are still the old ones. The number of slots in use never falls.</para>
/// </summary>
internal sealed class RecordIndex
{
    private const int FewestSlots = 1024, MovedPerInsertion = 4;

    private readonly uint[] _slots;
    private readonly uint _referenceMask;
    private readonly int _tagShift;
    private readonly Func<uint, uint> _hashOf;
    private uint[] _run = new uint[256]; // longer than runs at such loads are
    private uint _inUse, _split, _count;

    /// <summary>
    /// For so many references, each below their number. <paramref name="hashOf"/>: of the key that the reference stands for. At most <paramref name="fewest"/> slots are in use at first, and at least half
    /// of that.
    /// </summary>
    public RecordIndex(int references, Func<uint, uint> hashOf, int fewest = FewestSlots)
    {
        // A number that can be halved until it is as small as that.
        int slots = references * 2, halvings = 0;
        while ((slots + (1 << halvings) - 1) >> halvings > fewest)
            halvings++;
        _inUse = (uint)((slots + (1 << halvings) - 1) >> halvings);
        _slots = GC.AllocateArray<uint>((int)_inUse << halvings, pinned: true);
        _tagShift = 32 - BitOperations.LeadingZeroCount((uint)references);
        _referenceMask = (uint)((1UL << _tagShift) - 1);
        _hashOf = hashOf;
    }

    /// <summary>So many at the beginning are homes.</summary>
    public long SlotsInUse => _inUse;

    public long Bytes => (long)_slots.Length * sizeof(uint);

    /// <summary>Where a search is.</summary>
    public struct Probe
    {
        public uint Slot, Tag;
    }

    /// <summary>Begins to look for records whose key has the hash.</summary>
    public Probe Begin(uint hash) => new() { Slot = Home(hash), Tag = Tag(hash) };

    /// <summary>The next reference whose key may be the one looked for; false where there are no more.</summary>
    public bool TryNext(ref Probe probe, out uint reference)
    {
        uint[] slots = _slots;
        uint slot = probe.Slot, mask = _referenceMask;
        while (slots[slot] is not 0 and var entry)
        {
            slot = Next(slot);
            if ((entry & ~mask) != probe.Tag)
                continue;
            probe.Slot = slot;
            reference = (entry & mask) - 1;
            return true;
        }

        reference = 0;
        return false;
    }

    /// <summary>Fetches the slot where a search for the hash begins; without a wait, where the processor can.</summary>
    public void Prefetch(uint hash) => CacheLine.Fetch(ref _slots[Home(hash)]);

    /// <summary>Puts a reference in that is not there; the key that it stands for has to be.</summary>
    public void Insert(uint hash, uint reference)
    {
        if (_split > 0)
            MoveOn();
        else if (_count >= _inUse / 8 * 3 && _inUse < (uint)_slots.Length)
            (_split, _inUse) = (_inUse, _inUse * 2);
        _count++;
        Place(hash, reference);
    }

    /// <summary>Takes a reference out that is there.</summary>
    public void Remove(uint hash, uint reference)
    {
        _count--;
        uint hole = Home(hash);
        while ((_slots[hole] & _referenceMask) != reference + 1)
            hole = Next(hole);

        // Move back what would no longer be found across the hole (Knuth, volume 3, 6.4 algorithm R).
        for (uint slot = Next(hole); _slots[slot] != 0; slot = Next(slot))
        {
            uint home = Home(_hashOf((_slots[slot] & _referenceMask) - 1));
            if (Distance(home, slot) >= Distance(hole, slot))
            {
                _slots[hole] = _slots[slot];
                hole = slot;
            }
        }

        _slots[hole] = 0;
    }

    private void Place(uint hash, uint reference)
    {
        uint slot = Home(hash);
        while (_slots[slot] != 0)
            slot = Next(slot);
        _slots[slot] = Tag(hash) | (reference + 1);
    }

    private void MoveOn()
    {
        uint goal = _split - Math.Min(_split, MovedPerInsertion);
        while (_split > goal)
        {
            uint first = _split - 1;
            while (_slots[first] != 0 && first > 0 && _slots[first - 1] != 0)
                first--;
            MoveRun(first);
        }
    }

    /// <summary>Takes out all that stands without a gap from this slot on, which nothing stands right before, and puts it where it belongs from now on. Nothing else was looked for across these slots.</summary>
    private void MoveRun(uint first)
    {
        _split = first;
        int length = 0;
        for (uint slot = first; _slots[slot] != 0; slot = Next(slot))
        {
            if (length == _run.Length)
                Array.Resize(ref _run, length * 2);
            _run[length++] = _slots[slot];
            _slots[slot] = 0;
        }

        foreach (uint entry in _run.AsSpan(0, length))
        {
            uint reference = (entry & _referenceMask) - 1;
            Place(_hashOf(reference), reference);
        }
    }

    private uint Home(uint hash)
    {
        uint home = (uint)((ulong)hash * _inUse >> 32), before = home / 2;
        return before < _split ? before : home;
    }

    private uint Tag(uint hash) => (uint)((ulong)hash << _tagShift);

    private uint Next(uint slot) => slot + 1 == (uint)_slots.Length ? 0 : slot + 1;

    private uint Distance(uint from, uint to) => to >= from ? to - from : to + (uint)_slots.Length - from;
}
