using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>The port pair, which TCP (RFC 9293) and UDP (RFC 768) have at the same place: the first four bytes.</summary>
internal static class Ports
{
    public const int Size = 4;

    public static ushort Source(ReadOnlySpan<byte> transport) => BinaryPrimitives.ReadUInt16BigEndian(transport);

    public static ushort Destination(ReadOnlySpan<byte> transport) => BinaryPrimitives.ReadUInt16BigEndian(transport[2..]);

    public static void Write(Span<byte> transport, ushort source, ushort destination) =>
        BinaryPrimitives.WriteUInt32BigEndian(transport, (uint)source << 16 | destination);
}
