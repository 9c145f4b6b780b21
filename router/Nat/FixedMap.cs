using System.Numerics;
using Router.Sessions;

namespace Router.Nat;

/// <summary>
/// Numbers by 64-bit keys, for a capacity that is known: open addressing at half load, probed in a line, without tombstones. Its memory is taken at the start, and
/// the keyed hash keeps strangers from choosing keys that fall into one place.
/// </summary>
internal sealed class FixedMap
{
    // A slot is free while its key is zero; no key has this bit.
    private const ulong Used = 1UL << 63;

    private readonly ulong[] _keys;
    private readonly int[] _values;
    private readonly uint _mask;
    private readonly KeyedHash _hash;

    public FixedMap(int capacity, KeyedHash hash)
    {
        uint slots = BitOperations.RoundUpToPowerOf2((uint)capacity * 2);
        _keys = GC.AllocateArray<ulong>((int)slots, pinned: true);
        _values = GC.AllocateArray<int>((int)slots, pinned: true);
        _mask = slots - 1;
        _hash = hash;
        Capacity = capacity;
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    public bool Contains(ulong key) => _keys[SlotOf(key)] != 0;

    public bool TryFind(ulong key, out int value)
    {
        uint slot = SlotOf(key);
        value = _values[slot];
        return _keys[slot] != 0;
    }

    /// <summary>The key's number, which becomes zero where it has none yet; no more than <see cref="Capacity"/> keys have one.</summary>
    public ref int GetOrAdd(ulong key)
    {
        uint slot = SlotOf(key);
        if (_keys[slot] == 0)
        {
            if (Count == Capacity)
                throw new InvalidOperationException("The map is full.");
            _keys[slot] = key | Used;
            _values[slot] = 0;
            Count++;
        }

        return ref _values[slot];
    }

    public void Remove(ulong key)
    {
        uint hole = SlotOf(key);
        if (_keys[hole] == 0)
            return;

        // Move back what would no longer be found across the hole (Knuth, volume 3, 6.4 algorithm R).
        for (uint slot = (hole + 1) & _mask; _keys[slot] != 0; slot = (slot + 1) & _mask)
            if (((slot - Home(_keys[slot])) & _mask) >= ((slot - hole) & _mask))
            {
                (_keys[hole], _values[hole]) = (_keys[slot], _values[slot]);
                hole = slot;
            }

        _keys[hole] = 0;
        Count--;
    }

    /// <summary>Where the key is, or would be.</summary>
    private uint SlotOf(ulong key)
    {
        key |= Used;
        uint slot = Home(key);
        while (_keys[slot] != 0 && _keys[slot] != key)
            slot = (slot + 1) & _mask;
        return slot;
    }

    private uint Home(ulong key) => _hash.Of(key, 0) & _mask;
}
