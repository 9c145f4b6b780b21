using System.Numerics;
using Router.Wire;

namespace Router.Packets;

/// <summary>
/// New IPv4 identifications for translated datagrams that are not atomic (RFC 7857 section 10): hosts behind one address do not know which the others use, and
/// fragments of two datagrams with the same one would be put together. As RFC 6864 section 4.3 asks, none comes again toward a destination before 65536 others;
/// each group of destinations counts from a place of its own, which nobody can foretell.
/// </summary>
internal sealed class Identifications
{
    private const int Groups = 2048;

    private readonly ushort[] _next = new ushort[Groups];
    private readonly ulong _key0, _key1;

    public Identifications(Random random)
    {
        _key0 = (ulong)random.NextInt64() << 1 | 1;
        _key1 = (ulong)random.NextInt64() << 1 | 1;
        foreach (ref ushort next in _next.AsSpan())
            next = (ushort)random.Next(ushort.MaxValue + 1);
    }

    /// <summary>The first of so many in a row: a super-frame's segments take one each.</summary>
    public ushort Take(in IpAddress source, in IpAddress destination, byte protocol, int count)
    {
        ulong mixed = (source.Low ^ _key0) * (BitOperations.RotateLeft(destination.Low, 17) ^ protocol ^ _key1);
        ref ushort next = ref _next[(int)((mixed ^ mixed >> 32) * 0x9E37_79B9_7F4A_7C15 >> 53)];
        ushort first = next;
        next += (ushort)count;
        return first;
    }
}
