namespace Router.Neighbors;

/// <summary>
/// Copies of frames that wait for a neighbour's answer: three a neighbour, a bounded number in all, in memory that is made once. Few of the places hold a
/// super-frame. A ring's lease never waits, so no ring runs dry.
/// </summary>
internal sealed class WaitingFrames
{
    public const int PerNeighbor = 3;

    private const int SmallBytes = 2048, LargeBytes = 66_048, SmallPlaces = 248, LargePlaces = 8;

    private readonly Place[] _places = [.. Enumerable.Range(0, SmallPlaces + LargePlaces).Select(i => new Place(i < SmallPlaces ? SmallBytes : LargeBytes))];

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
            return true;
        }

        return false;
    }

    /// <summary>Takes out the next frame that waits for the neighbour. Its bytes stay good until the next <see cref="TryAdd"/>.</summary>
    public bool TryTake(int neighbor, out int ingress, out Span<byte> bytes)
    {
        foreach (Place place in _places)
        {
            if (place.Length == 0 || place.Neighbor != neighbor)
                continue;
            bytes = place.Bytes.AsSpan(0, place.Length);
            ingress = place.Ingress;
            place.Length = 0;
            return true;
        }

        ingress = 0;
        bytes = default;
        return false;
    }

    private sealed class Place(int bytes)
    {
        public readonly byte[] Bytes = new byte[bytes];
        public int Length, Neighbor, Ingress;
    }
}
