using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Router.Wire;

/// <summary>
/// The Internet checksum (RFC 1071) and its incremental update (RFC 1624, equation 3). Sums are ones' complement sums in host order that were not yet folded
/// or inverted; a field is what stands in a header.
/// </summary>
internal static class Checksum
{
    /// <summary>The sum of the bytes as 16-bit words; an odd byte counts as the high half of a word.</summary>
    public static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        foreach (uint word in MemoryMarshal.Cast<byte, uint>(bytes))
            sum += word;
        int rest = bytes.Length & ~3;
        if ((bytes.Length & 2) != 0)
        {
            sum += MemoryMarshal.Read<ushort>(bytes[rest..]);
            rest += 2;
        }

        if ((bytes.Length & 1) != 0)
            sum += BitConverter.IsLittleEndian ? bytes[rest] : (uint)bytes[rest] << 8;
        ushort folded = Fold(sum);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(folded) : folded;
    }

    /// <summary>Folds the carries in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Fold(ulong sum)
    {
        // A number plus itself with its halves exchanged has in its upper half the sum of both, with the carry of the lower one.
        uint half = (uint)(sum + BitOperations.RotateRight(sum, 32) >> 32);
        return (ushort)(half + BitOperations.RotateRight(half, 16) >> 16);
    }

    /// <summary>The field for bytes that sum up to <paramref name="sum"/>, the field itself taken as zero.</summary>
    public static ushort Finish(ulong sum) => (ushort)~Fold(sum);

    /// <summary>The difference that replacing one 32-bit value makes; add differences up, then <see cref="Apply"/> them once.</summary>
    public static ulong Difference(uint before, uint after) => (ulong)~before + after;

    /// <summary>A 16-bit value that stands at an even offset.</summary>
    public static ulong Difference(ushort before, ushort after) => (ulong)(ushort)~before + after;

    /// <summary>The field after a change (RFC 1624: HC' = ~(~HC + ~m + m')).</summary>
    public static ushort Apply(ushort field, ulong difference) => (ushort)~Fold((ushort)~field + difference);

    /// <summary>The pseudo-header's sum of RFC 9293 section 3.1 and RFC 768 (IPv4), RFC 8200 section 8.1 (IPv6).</summary>
    public static ulong PseudoHeader(in IpAddress source, in IpAddress destination, byte protocol, int transportLength)
    {
        ulong sum = (uint)transportLength + (ulong)protocol + Words(source.Low, source.IsIpv4) + Words(destination.Low, destination.IsIpv4);
        return source.IsIpv4 ? sum : sum + Words(source.High, low32: false) + Words(destination.High, low32: false);
    }

    private static ulong Words(ulong half, bool low32) => low32 ? (uint)half : (half >> 32) + (uint)half;
}
