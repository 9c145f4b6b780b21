using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

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

    private KeyedHash(ulong key0, ulong key1, ulong key2, ulong key3) => (_key0, _key1, _key2, _key3) = (key0 | Full, key1 | Full, key2 | Full, key3 | Full);

    // Odd and full of bits, so that a multiplication loses nothing.
    private const ulong Full = 1 | 0x8000_0000_0000_0000;

    /// <summary>One with the key that another one wrote: 32 bytes.</summary>
    public static KeyedHash Read(ReadOnlySpan<byte> key) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt64LittleEndian(key[8..]), BinaryPrimitives.ReadUInt64LittleEndian(key[16..]), BinaryPrimitives.ReadUInt64LittleEndian(key[24..]));

    public void Write(Span<byte> key)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(key, _key0);
        BinaryPrimitives.WriteUInt64LittleEndian(key[8..], _key1);
        BinaryPrimitives.WriteUInt64LittleEndian(key[16..], _key2);
        BinaryPrimitives.WriteUInt64LittleEndian(key[24..], _key3);
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
        // Two products that stay in registers cost less than one whose lower half comes back through memory.
        if (Bmi2.X64.IsSupported)
            return Bmi2.X64.MultiplyNoFlags(left, right) ^ left * right;
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }

    private static ulong Draw(Random random) => (ulong)random.NextInt64() << 1 | Full;
}
