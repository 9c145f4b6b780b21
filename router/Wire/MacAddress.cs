using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>A 48-bit Ethernet address, in the low bits of one number.</summary>
internal readonly record struct MacAddress(ulong Value)
{
    public const int Size = 6;

    public static readonly MacAddress Broadcast = new(0xFFFF_FFFF_FFFF);

    public static MacAddress Read(ReadOnlySpan<byte> bytes) =>
        new((ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes) << 16 | BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]));

    /// <summary>Where an IPv6 group's packets go on Ethernet (RFC 2464 section 7).</summary>
    public static MacAddress OfGroup(in IpAddress group) => new(0x3333_0000_0000 | group.Low & 0xFFFF_FFFF);

    /// <summary>The link-local address that this station's interface identifier makes (RFC 4291 appendix A, the modified EUI-64).</summary>
    public IpAddress LinkLocal => new(0xFE80_0000_0000_0000, ((Value >> 24 ^ 0x02_0000) << 40) | 0xFF_FE00_0000 | Value & 0xFF_FFFF);

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)(Value >> 16));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)Value);
    }

    /// <summary>Group address: multicast or broadcast (IEEE 802, the I/G bit).</summary>
    public bool IsGroup => (Value & 0x0100_0000_0000) != 0;

    /// <summary>An address that one station can have. All zeros is nobody's.</summary>
    public bool IsStation => !IsGroup && Value != 0;

    public override string ToString() => BitConverter.ToString(Bytes()).Replace('-', ':').ToLowerInvariant();

    private byte[] Bytes()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }
}
