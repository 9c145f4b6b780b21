using System.Buffers.Binary;

namespace TapDev;

/// <summary>
/// The 10 bytes before each frame (virtio 1.2 section 5.1.6, <c>struct virtio_net_hdr</c>, without the number of merged buffers, which a TAP leaves zero), in little-endian order. They come from
/// whoever writes to the other end of the device, so nothing in them is to be trusted.
/// </summary>
public static class VirtioHeader
{
    /// <summary>Bytes of the header (TUNSETVNETHDRSZ).</summary>
    public const int Size = 10;

    /// <summary>Flag: the transport checksum is not complete; it holds the pseudo-header's sum.</summary>
    public const byte NeedsChecksum = 1;

    /// <summary>Flag: the checksum was verified.</summary>
    public const byte DataValid = 2;

    /// <summary>No segmentation.</summary>
    public const byte GsoNone = 0;

    /// <summary>TCP over IPv4.</summary>
    public const byte GsoTcp4 = 1;

    /// <summary>UDP fragmentation (UFO), no longer used.</summary>
    public const byte GsoUdp = 3;

    /// <summary>TCP over IPv6.</summary>
    public const byte GsoTcp6 = 4;

    /// <summary>UDP segmentation (USO), both families.</summary>
    public const byte GsoUdpL4 = 5;

    /// <summary>May be or-ed to a TCP type: the first segment has CWR.</summary>
    public const byte GsoEcn = 0x80;

    private const int FlagsOffset = 0, GsoTypeOffset = 1, HeaderLengthOffset = 2, GsoSizeOffset = 4, ChecksumStartOffset = 6, ChecksumOffsetOffset = 8;

    /// <summary>The flags.</summary>
    public static byte Flags(ReadOnlySpan<byte> frame) => frame[FlagsOffset];

    /// <summary>The segmentation type.</summary>
    public static byte GsoType(ReadOnlySpan<byte> frame) => frame[GsoTypeOffset];

    /// <summary>Payload bytes of one segment.</summary>
    public static ushort GsoSize(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt16LittleEndian(frame[GsoSizeOffset..]);

    /// <summary>Where the checksummed bytes begin, from the start of the Ethernet frame.</summary>
    public static ushort ChecksumStart(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt16LittleEndian(frame[ChecksumStartOffset..]);

    /// <summary>Where the checksum is, from <see cref="ChecksumStart"/>.</summary>
    public static ushort ChecksumOffset(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt16LittleEndian(frame[ChecksumOffsetOffset..]);

    /// <summary>Sets how many bytes the headers take, from the start of the Ethernet frame.</summary>
    public static void SetHeaderLength(Span<byte> frame, ushort bytes) => BinaryPrimitives.WriteUInt16LittleEndian(frame[HeaderLengthOffset..], bytes);

    /// <summary>Makes it the header of a frame that is complete.</summary>
    public static void Clear(Span<byte> frame)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(frame, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[sizeof(ulong)..], 0);
    }

    /// <summary>Writes a whole header.</summary>
    public static void Write(Span<byte> frame, byte flags, byte gsoType, ushort headerLength, ushort gsoSize, ushort checksumStart, ushort checksumOffset)
    {
        Clear(frame);
        frame[FlagsOffset] = flags;
        frame[GsoTypeOffset] = gsoType;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[HeaderLengthOffset..], headerLength);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[GsoSizeOffset..], gsoSize);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[ChecksumStartOffset..], checksumStart);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[ChecksumOffsetOffset..], checksumOffset);
    }
}
