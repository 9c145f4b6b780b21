using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>An IPv6 header (RFC 8200 section 3): 40 bytes. After <see cref="TryParse"/> no accessor can fail.</summary>
internal readonly ref struct Ipv6Header
{
    public const int Size = 40;

    /// <summary>RFC 8200 section 5: every link carries packets of so many bytes.</summary>
    public const int MinimumMtu = 1280;

    /// <summary>Of what the router itself sends.</summary>
    public const byte DefaultHopLimit = 64;

    public const int PayloadLengthOffset = 4, NextHeaderOffset = 6;

    private const int HopLimitOffset = 7, SourceOffset = 8, DestinationOffset = 24;

    private readonly Span<byte> _bytes;

    /// <summary>Takes bytes that were parsed before.</summary>
    public Ipv6Header(Span<byte> bytes) => _bytes = bytes;

    /// <summary>False where the version is another, or the payload does not end within the bytes. Bytes behind it are padding.</summary>
    public static bool TryParse(Span<byte> bytes, out Ipv6Header header)
    {
        header = new Ipv6Header(bytes);
        return IsWhole(bytes) && bytes.Length >= Size + header.PayloadLength;
    }

    /// <summary>Whether a header of the version is there; the payload may end before its length does, as in a quote.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) => bytes.Length >= Size && bytes[0] >> 4 == 6;

    public ushort PayloadLength
    {
        get => BinaryPrimitives.ReadUInt16BigEndian(_bytes[PayloadLengthOffset..]);
        set => BinaryPrimitives.WriteUInt16BigEndian(_bytes[PayloadLengthOffset..], value);
    }

    public byte NextHeader => _bytes[NextHeaderOffset];

    public byte HopLimit
    {
        get => _bytes[HopLimitOffset];
        set => _bytes[HopLimitOffset] = value;
    }

    public IpAddress Source => IpAddress.ReadIpv6(_bytes[SourceOffset..]);

    public IpAddress Destination => IpAddress.ReadIpv6(_bytes[DestinationOffset..]);

    public void SetAddresses(in IpAddress source, in IpAddress destination)
    {
        source.WriteIpv6(_bytes[SourceOffset..]);
        destination.WriteIpv6(_bytes[DestinationOffset..]);
    }

    /// <summary>Writes a header without extensions.</summary>
    public static void Write(Span<byte> bytes, ushort payloadLength, byte nextHeader, byte hopLimit, in IpAddress source, in IpAddress destination)
    {
        bytes[..Size].Clear();
        bytes[0] = 0x60;
        bytes[NextHeaderOffset] = nextHeader;
        var header = new Ipv6Header(bytes) { PayloadLength = payloadLength, HopLimit = hopLimit };
        header.SetAddresses(source, destination);
    }
}
