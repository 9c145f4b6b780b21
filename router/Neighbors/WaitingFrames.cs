namespace Router.Neighbors;

/// <summary>
/// Copies of frames that wait for a neighbour's answer: three a neighbour, a bounded number in all, in memory that is made once. Few of the places hold a
/// super-frame. A ring's lease never waits, so no ring runs dry.
/// </summary>
/// <param name="fraction">The table has one of so many parts of its places.</param>
internal sealed class WaitingFrames(int fraction = 1)
{
    public const int PerNeighbor = 3;

    private const int SmallBytes = 2048, LargeBytes = 66_048, SmallPlaces = 248, LargePlaces = 8;

    private readonly Place[] _places = [.. Enumerable.Range(0, (SmallPlaces + LargePlaces) / fraction).Select(i => new Place(i < SmallPlaces ? SmallBytes : LargeBytes))];

    private long _added;

    /// <summary>Keeps a copy. False where no place is free.</summary>
    public bool TryAdd(int neighbor, int ingress, ReadOnlySpan<byte> bytes)
    {
        foreach (Place place in _places)
        {
            if (place.Length != 0 || place.Bytes.Length < bytes.Length)
                continue;
            bytes.CopyTo(place.Bytes);
            place.Length = bytes.Length;
            place.Neighbor = neighbor;
            place.Ingress = ingress;
            place.Number = ++_added;
            return true;
        }

        return false;
    }

    /// <summary>Takes out the frame that has waited longest for the neighbour. Its bytes stay good until the next <see cref="TryAdd"/>.</summary>
    public bool TryTake(int neighbor, out int ingress, out Span<byte> bytes)
    {
        Place? first = null;
        foreach (Place place in _places)
            if (place.Length != 0 && place.Neighbor == neighbor && (first is null || place.Number < first.Number))
                first = place;
        if (first is null)
        {
            ingress = 0;
            bytes = default;
            return false;
        }

        bytes = first.Bytes.AsSpan(0, first.Length);
        ingress = first.Ingress;
        first.Length = 0;
        return true;
    }

    private sealed class Place(int bytes)
    {
        public readonly byte[] Bytes = new byte[bytes];
        public int Length, Neighbor, Ingress;
        public long Number;
    }
}
