using System.Numerics;

namespace Router.Sessions;

/// <summary>
/// Finds records, which know their keys themselves, by a hash of the key: eight bytes a record.
/// <para>Theory of operation. A slot holds 1 + the caller's reference to a record, and above it as many bits of the hash as fit: a slot that is not the one looked
/// for is nearly always told without reading its record. A hash's home is its share of the slots, so their number need not be a power of two; the bits that stand
/// above the reference are the low ones, which the home hardly depends on. Slots are probed in a line at a load of one half at most; a removal moves what follows
/// back, so there are no tombstones.</para>
/// </summary>
internal sealed class RecordIndex
{
    private readonly uint[] _slots;
    private readonly uint _referenceMask;
    private readonly int _tagShift;
    private readonly Func<uint, uint> _hashOf;

    /// <summary>For so many references, each below their number. <paramref name="hashOf"/>: of the key that the reference stands for.</summary>
    public RecordIndex(int references, Func<uint, uint> hashOf)
    {
        _slots = GC.AllocateArray<uint>(references * 2, pinned: true);
        _tagShift = 32 - BitOperations.LeadingZeroCount((uint)references);
        _referenceMask = (uint)((1UL << _tagShift) - 1);
        _hashOf = hashOf;
    }

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

    public void Insert(uint hash, uint reference)
    {
        uint slot = Home(hash);
        while (_slots[slot] != 0)
            slot = Next(slot);
        _slots[slot] = Tag(hash) | (reference + 1);
    }

    /// <summary>Takes a reference out that is there.</summary>
    public void Remove(uint hash, uint reference)
    {
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

    private uint Home(uint hash) => (uint)((ulong)hash * (uint)_slots.Length >> 32);

    private uint Tag(uint hash) => (uint)((ulong)hash << _tagShift);

    private uint Next(uint slot) => slot + 1 == (uint)_slots.Length ? 0 : slot + 1;

    private uint Distance(uint from, uint to) => to >= from ? to - from : to + (uint)_slots.Length - from;
}
