using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>The control bits of RFC 9293 section 3.1.</summary>
[Flags]
internal enum TcpFlags : byte
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Psh = 8,
    Ack = 16,
    Urg = 32,
    Ece = 64,
    Cwr = 128,
}

/// <summary>A TCP header (RFC 9293). After <see cref="TryParse"/> no accessor can fail.</summary>
internal readonly ref struct TcpHeader
{
    public const int MinimumSize = 20;

    /// <summary>Where the checksum is; the virtio header names it too.</summary>
    public const int ChecksumOffset = 16;

    private const int SequenceOffset = 4, AcknowledgmentOffset = 8, DataOffsetOffset = 12, FlagsOffset = 13, WindowOffset = 14;

    private readonly Span<byte> _bytes;

    public TcpHeader(Span<byte> bytes) => _bytes = bytes;

    /// <summary>False where the header is cut short or says that it is shorter than a header.</summary>
    public static bool TryParse(Span<byte> bytes, out TcpHeader header)
    {
        header = new TcpHeader(bytes);
        return bytes.Length >= MinimumSize && header.HeaderLength >= MinimumSize && bytes.Length >= header.HeaderLength;
    }

    public int HeaderLength => (_bytes[DataOffsetOffset] >> 4) * 4;

    public uint Sequence
    {
        get => BinaryPrimitives.ReadUInt32BigEndian(_bytes[SequenceOffset..]);
        set => BinaryPrimitives.WriteUInt32BigEndian(_bytes[SequenceOffset..], value);
    }

    public uint Acknowledgment => BinaryPrimitives.ReadUInt32BigEndian(_bytes[AcknowledgmentOffset..]);

    public TcpFlags Flags
    {
        get => (TcpFlags)_bytes[FlagsOffset];
        set => _bytes[FlagsOffset] = (byte)value;
    }

    public ushort Window
    {
        get => BinaryPrimitives.ReadUInt16BigEndian(_bytes[WindowOffset..]);
        set => BinaryPrimitives.WriteUInt16BigEndian(_bytes[WindowOffset..], value);
    }

    /// <summary>Puts one option of four bytes behind the header.</summary>
    public void SetOptions(uint option)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes[MinimumSize..], option);
        _bytes[DataOffsetOffset] = (MinimumSize + sizeof(uint)) / 4 << 4;
    }

    public static void Write(Span<byte> bytes, ushort sourcePort, ushort destinationPort, uint sequence, uint acknowledgment, TcpFlags flags)
    {
        bytes[..MinimumSize].Clear();
        Ports.Write(bytes, sourcePort, destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[SequenceOffset..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[AcknowledgmentOffset..], acknowledgment);
        bytes[DataOffsetOffset] = MinimumSize / 4 << 4;
        bytes[FlagsOffset] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[WindowOffset..], 0);
    }
}
