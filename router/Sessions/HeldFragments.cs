namespace Router.Sessions;

/// <summary>
/// Copies of later fragments that came before their first one, in memory that is made once. The inside and the outside have a half each, and each host a part of
/// that. A ring's lease never waits. What is larger than any link's frame is not held.
/// </summary>
internal sealed class HeldFragments
{
    public const int SmallPerHost = 64, LargePerHost = 16;

    private const int Sides = 2, None = -1, SmallBytes = 2048, LargeBytes = 9728, SmallPerSide = 512, LargePerSide = 64, SmallPlaces = SmallPerSide * Sides,
        LargePlaces = LargePerSide * Sides;

    private readonly byte[] _small = GC.AllocateUninitializedArray<byte>(SmallPlaces * SmallBytes), _large = GC.AllocateUninitializedArray<byte>(LargePlaces * LargeBytes);
    private readonly Place[] _places = new Place[SmallPlaces + LargePlaces];
    private readonly HostBudget[] _smallBudgets = [new(SmallPerSide, SmallPerHost), new(SmallPerSide, SmallPerHost)],
        _largeBudgets = [new(LargePerSide, LargePerHost), new(LargePerSide, LargePerHost)];

    private int _freeSmall = None, _freeLarge = None;

    public HeldFragments()
    {
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
        (number < SmallPlaces ? _smallBudgets : _largeBudgets)[place.Side].GiveBack(place.Group);
        Free(number);
        return Room(number)[..place.Length];
    }

    private Span<byte> Room(int number) =>
        number < SmallPlaces ? _small.AsSpan(number * SmallBytes, SmallBytes) : _large.AsSpan((number - SmallPlaces) * LargeBytes, LargeBytes);

    private void Free(int number)
    {
        ref int free = ref number < SmallPlaces ? ref _freeSmall : ref _freeLarge;
        _places[number].Next = free;
        free = number;
    }

    private struct Place
    {
        public int Next, Length, Ingress, Side, Group;
    }
}
