using System.Buffers.Binary;
using Router.Wire;

namespace Router.Packets;

/// <summary>
/// The maximum segment size that a SYN announces (RFC 9293 section 3.7.1). It is lowered to what the path through the router carries, so that connections work
/// where ICMP 3/4 or ICMPv6 2/0 does not come back; never raised, and never added.
/// </summary>
internal static class SegmentSize
{
    private const byte EndOfOptions = 0, NoOperation = 1, MaximumSegmentSize = 2;

    private const int OptionHeaderSize = 2;

    /// <summary>Of the option.</summary>
    public const int OptionSize = 4;

    /// <summary>What a SYN takes that says nothing (RFC 9293 section 3.7.1).</summary>
    private const ushort Default = 536;

    /// <summary>The largest segment that fits a packet of the size, without options or extension headers (RFC 6691, RFC 8200 section 8.3).</summary>
    public static ushort Fitting(int mtu, bool isIpv6) => (ushort)(mtu - (isIpv6 ? Ipv6Header.Size : Ipv4Header.MinimumSize) - TcpHeader.MinimumSize);

    /// <summary>The option's bytes.</summary>
    public static uint Option(ushort size) => (uint)MaximumSegmentSize << 24 | OptionSize << 16 | size;

    /// <summary>What the SYN's sender takes.</summary>
    public static ushort Announced(ReadOnlySpan<byte> header)
    {
        for (int at = TcpHeader.MinimumSize; at + OptionHeaderSize <= header.Length && header[at] != EndOfOptions;)
        {
            if (header[at] == NoOperation)
            {
                at++;
                continue;
            }

            if (header[at + 1] < OptionHeaderSize || at + header[at + 1] > header.Length)
                break;
            if (header[at] == MaximumSegmentSize && header[at + 1] == OptionSize)
                return BinaryPrimitives.ReadUInt16BigEndian(header[(at + OptionHeaderSize)..]);
            at += header[at + 1];
        }

        return Default;
    }

    /// <summary>Lowers every announcement above the limit. Options that make no sense end the search. The checksum follows, but where it is left to the offload: the seed does not cover options.</summary>
    public static void Clamp(Span<byte> header, ushort limit, bool needsChecksum)
    {
        for (int at = TcpHeader.MinimumSize; at < header.Length && header[at] != EndOfOptions;)
        {
            if (header[at] == NoOperation)
            {
                at++;
                continue;
            }

            if (at + OptionHeaderSize > header.Length || header[at + 1] < OptionHeaderSize || at + header[at + 1] > header.Length)
                return;
            if (header[at] == MaximumSegmentSize && header[at + 1] == OptionSize)
                Lower(header, at + OptionHeaderSize, limit, needsChecksum);
            at += header[at + 1];
        }
    }

    private static void Lower(Span<byte> header, int at, ushort limit, bool needsChecksum)
    {
        ushort announced = BinaryPrimitives.ReadUInt16BigEndian(header[at..]);
        if (announced <= limit)
            return;
        BinaryPrimitives.WriteUInt16BigEndian(header[at..], limit);
        if (needsChecksum)
            return;

        // At an odd offset the two bytes are the halves of two words of the sum, which is the same with bytes swapped (RFC 1071 section 2).
        ulong difference = at % 2 == 0
            ? Checksum.Difference(announced, limit)
            : Checksum.Difference(BinaryPrimitives.ReverseEndianness(announced), BinaryPrimitives.ReverseEndianness(limit));
        Span<byte> field = header[TcpHeader.ChecksumOffset..];
        BinaryPrimitives.WriteUInt16BigEndian(field, Checksum.Apply(BinaryPrimitives.ReadUInt16BigEndian(field), difference));
    }
}
