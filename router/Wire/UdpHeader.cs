using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>A UDP header (RFC 768).</summary>
internal readonly ref struct UdpHeader
{
    public const int Size = 8;

    /// <summary>Where the checksum is; the virtio header names it too.</summary>
    public const int ChecksumOffset = 6;

    private const int LengthOffset = 4;

    private readonly Span<byte> _bytes;

    public UdpHeader(Span<byte> bytes) => _bytes = bytes;

    /// <summary>False where the header is cut short, or its length is below the header's or beyond the bytes.</summary>
    public static bool TryParse(Span<byte> bytes, out UdpHeader header)
    {
        header = new UdpHeader(bytes);
        return bytes.Length >= Size && header.Length >= Size && header.Length <= bytes.Length;
    }

    /// <summary>Header and payload, in bytes.</summary>
    public ushort Length
    {
        get => BinaryPrimitives.ReadUInt16BigEndian(_bytes[LengthOffset..]);
        set => BinaryPrimitives.WriteUInt16BigEndian(_bytes[LengthOffset..], value);
    }

    public ushort ChecksumField
    {
        get => BinaryPrimitives.ReadUInt16BigEndian(_bytes[ChecksumOffset..]);
        set => BinaryPrimitives.WriteUInt16BigEndian(_bytes[ChecksumOffset..], value);
    }
}
