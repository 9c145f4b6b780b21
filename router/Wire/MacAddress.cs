using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>A 48-bit Ethernet address, in the low bits of one number.</summary>
internal readonly record struct MacAddress(ulong Value)
{
    public const int Size = 6;

    public static readonly MacAddress Broadcast = new(0xFFFF_FFFF_FFFF);

    public static MacAddress Read(ReadOnlySpan<byte> bytes) =>
        new((ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes) << 16 | BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)(Value >> 16));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)Value);
    }

    /// <summary>Group address: multicast or broadcast (IEEE 802, the I/G bit).</summary>
    public bool IsGroup => (Value & 0x0100_0000_0000) != 0;

    public override string ToString() => BitConverter.ToString(Bytes()).Replace('-', ':').ToLowerInvariant();

    private byte[] Bytes()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }
}
