using System.Runtime.CompilerServices;

namespace Router.Sessions;

/// <summary>
/// A keyed hash of a few 64-bit words by 64×64→128-bit multiplications. The key is drawn at start, so that a stranger cannot choose tuples that fall into one
/// place of a table.
/// </summary>
internal sealed class KeyedHash
{
    private readonly ulong _key0, _key1, _key2, _key3;

    public KeyedHash(Random random)
    {
        _key0 = Draw(random);
        _key1 = Draw(random);
        _key2 = Draw(random);
        _key3 = Draw(random);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Of(in FlowKey key)
    {
        ulong sum = Multiply(key.Source.Low ^ _key0, key.Destination.Low ^ _key1) ^ Multiply(key.Rest ^ _key2, key.Source.High ^ _key3);
        if (key.Destination.High != 0)
            sum = Multiply(sum ^ key.Destination.High, _key1);
        return (uint)(Multiply(sum ^ _key3, _key0) >> 16);
    }

    public uint Of(ulong first, ulong second) => (uint)(Multiply(Multiply(first ^ _key0, second ^ _key1) ^ _key3, _key2) >> 16);

    private static ulong Multiply(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }

    // Odd and full of bits, so that a multiplication loses nothing.
    private static ulong Draw(Random random) => (ulong)random.NextInt64() << 1 | 1 | 0x8000_0000_0000_0000;
}
