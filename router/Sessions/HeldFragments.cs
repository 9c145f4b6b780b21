namespace Router.Sessions;

/// <summary>
/// Copies of later fragments that came before their first one, in memory that is made once. The inside and the outside have a half each, and each host a part of
/// that. A ring's lease never waits. What is larger than any link's frame is not held.
/// </summary>
internal sealed class HeldFragments
{
    public const int SmallPerHost = 64, LargePerHost = 16;

    private const int Sides = 2, None = -1, SmallBytes = 2048, LargeBytes = 9728, SmallPerSide = 512, LargePerSide = 64;

    private readonly byte[] _small, _large;
    private readonly Place[] _places;
    private readonly HostBudget[] _smallBudgets, _largeBudgets;
    private readonly int _smallPlaces;

    private int _freeSmall = None, _freeLarge = None;

    /// <summary>One of <paramref name="fraction"/> parts of the places.</summary>
    public HeldFragments(int fraction = 1)
    {
        int small = SmallPerSide / fraction, large = LargePerSide / fraction;
        _smallPlaces = small * Sides;
        _small = GC.AllocateUninitializedArray<byte>(small * Sides * SmallBytes);
        _large = GC.AllocateUninitializedArray<byte>(large * Sides * LargeBytes);
        _places = new Place[(small + large) * Sides];
        _smallBudgets = [new(small, SmallPerHost), new(small, SmallPerHost)];
        _largeBudgets = [new(large, LargePerHost), new(large, LargePerHost)];
        for (int number = _places.Length - 1; number >= 0; number--)
            Free(number);
    }

    /// <summary>Keeps a copy. Negative where no place is free, or the host has too many.</summary>
    public int TryAdd(int side, int group, int ingress, ReadOnlySpan<byte> bytes)
    {
        bool isSmall = bytes.Length <= SmallBytes;
        if (bytes.Length > LargeBytes || !(isSmall ? _smallBudgets : _largeBudgets)[side].TryTake(group))
            return None;
        ref int free = ref isSmall ? ref _freeSmall : ref _freeLarge;
        int number = free;
        ref Place place = ref _places[number];
        free = place.Next;
        place = new Place { Next = None, Length = bytes.Length, Ingress = ingress, Side = side, Group = group };
        bytes.CopyTo(Room(number));
        return number;
    }

    /// <summary>The one that came after it, for the same datagram; negative: none.</summary>
    public ref int Next(int number) => ref _places[number].Next;

    /// <summary>Gives the place back. Its bytes stay good until the next <see cref="TryAdd"/>.</summary>
    public Span<byte> Take(int number, out int ingress)
    {
        Place place = _places[number];
        ingress = place.Ingress;
        (number < _smallPlaces ? _smallBudgets : _largeBudgets)[place.Side].GiveBack(place.Group);
        Free(number);
        return Room(number)[..place.Length];
    }

    private Span<byte> Room(int number) =>
        number < _smallPlaces ? _small.AsSpan(number * SmallBytes, SmallBytes) : _large.AsSpan((number - _smallPlaces) * LargeBytes, LargeBytes);

    private void Free(int number)
    {
        ref int free = ref number < _smallPlaces ? ref _freeSmall : ref _freeLarge;
        _places[number].Next = free;
        free = number;
    }

    private struct Place
    {
        public int Next, Length, Ingress, Side, Group;
    }
}
