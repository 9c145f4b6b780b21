using System.Buffers.Binary;
using System.Text;

namespace Router.Telemetry;

/// <summary>A capture file cannot be read. The message is one line that says where and why.</summary>
internal sealed class CaptureFileException(string message) : Exception(message);

/// <summary>One frame of a file. <see cref="Interface"/>: the name of the interface that it was captured on, where the file says one; <see cref="OriginalLength"/> is more than its bytes where it was cut.</summary>
internal sealed record CapturedFrame(byte[] Bytes, int OriginalLength, string? Interface);

/// <summary>
/// Reads frames from the two formats of capture files: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), of either byte order.
/// <para>Theory of operation. A file is a stranger's. It is read once, front to back, a block at a time; what a block says of its length is held against <see cref="LargestBlock"/> before a byte of it is
/// believed, and against what is there. Blocks that are no frames, and options other than an interface's name, are passed over.</para>
/// </summary>
internal sealed class CaptureFileReader
{
    /// <summary>Of one block: a super-frame, and its options.</summary>
    public const int LargestBlock = 1 << 20;

    private const uint PcapMicroseconds = 0xA1B2C3D4, PcapNanoseconds = 0xA1B23C4D, SectionHeader = 0x0A0D0D0A, ByteOrder = 0x1A2B3C4D;

    private const uint InterfaceDescription = 1, ObsoletePacket = 2, SimplePacket = 3, EnhancedPacket = 6;

    private const int Ethernet = 1, MostInterfaces = 4096, NameOption = 2, HeaderSize = 8, PcapHeaderSize = 24, RecordHeaderSize = 16;

    private readonly Stream _stream;
    private readonly List<(int LinkType, string? Name)> _interfaces = [];
    private bool _isBigEndian;
    private long _at;

    private CaptureFileReader(Stream stream) => _stream = stream;

    /// <summary>The frame of the number, the first one's is 1. Throws <see cref="CaptureFileException"/> where there is none, or the file is none.</summary>
    public static CapturedFrame Read(Stream stream, int number) => new CaptureFileReader(stream).Read(number);

    private CapturedFrame Read(int number)
    {
        byte[] start = Take(HeaderSize, "it is shorter than any capture file");
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(start);
        if (magic == SectionHeader)
            return ReadBlocks(start, number);
        _isBigEndian = BinaryPrimitives.ReverseEndianness(magic) is PcapMicroseconds or PcapNanoseconds;
        if (!_isBigEndian && magic is not (PcapMicroseconds or PcapNanoseconds))
            throw new CaptureFileException("it is neither pcap nor pcapng");
        byte[] rest = Take(PcapHeaderSize - HeaderSize, "it ends in its header");
        // The upper bits say how long a frame's check sequence is, where that was captured.
        CheckLinkType((int)(Number(rest, 12) & 0xFFFF));
        return ReadRecords(number);
    }

    private CapturedFrame ReadRecords(int number)
    {
        for (int i = 1; ; i++)
        {
            if (TryTake(RecordHeaderSize) is not { } header)
                throw Missing(number, i - 1);
            uint length = Number(header, 8), original = Number(header, 12);
            byte[] frame = TakeLength(length);
            if (i == number)
                return new CapturedFrame(frame, (int)Math.Min(original, int.MaxValue), Interface: null);
        }
    }

    private CapturedFrame ReadBlocks(byte[] header, int number)
    {
        int seen = 0;
        for (byte[]? next = header; next is not null; next = TryTake(HeaderSize))
        {
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(next);
            byte[] body = type == SectionHeader ? BeginSection(next) : TakeBody(Number(next, 4));
            type = type == SectionHeader ? type : Number(next, 0);
            if (type == InterfaceDescription)
                Describe(body);
            else if (type is EnhancedPacket or SimplePacket or ObsoletePacket && ++seen == number)
                return FrameOf(type, body);
        }

        throw Missing(number, seen);
    }

    /// <summary>Only behind its byte-order magic a section's numbers can be read.</summary>
    private byte[] BeginSection(byte[] header)
    {
        byte[] magic = Take(sizeof(uint), "it ends in a section's header");
        _isBigEndian = BinaryPrimitives.ReadUInt32BigEndian(magic) == ByteOrder;
        if (!_isBigEndian && BinaryPrimitives.ReadUInt32LittleEndian(magic) != ByteOrder)
            throw Broken("a section without a byte order");
        _interfaces.Clear();
        uint length = Number(header, 4);
        if (length < HeaderSize + sizeof(uint))
            throw Broken($"a block of {length} bytes");
        return TakeBody(length - sizeof(uint));
    }

    private void Describe(byte[] body)
    {
        if (body.Length < 8 || _interfaces.Count == MostInterfaces)
            throw Broken("an interface's description that is too short, or one too many");
        _interfaces.Add((Short(body, 0), NameIn(body.AsSpan(8))));
    }

    private string? NameIn(ReadOnlySpan<byte> options)
    {
        while (options.Length >= 4)
        {
            int code = Short(options, 0), length = Short(options, 2);
            if (code == 0 || length > options.Length - 4)
                return null;
            if (code == NameOption)
                return string.Concat(Encoding.UTF8.GetString(options.Slice(4, length)).Where(letter => !char.IsControl(letter)));
            options = options[Math.Min(4 + (length + 3) / 4 * 4, options.Length)..];
        }

        return null;
    }

    private CapturedFrame FrameOf(uint type, byte[] body)
    {
        int start = type == SimplePacket ? 4 : 20;
        if (body.Length < start)
            throw Broken("a packet block that is too short");
        int entry = type switch
        {
            SimplePacket => 0,
            ObsoletePacket => Short(body, 0),
            _ => (int)Math.Min(Number(body, 0), int.MaxValue),
        };
        if (entry >= _interfaces.Count)
            throw Broken($"a packet of interface {entry}, which the file does not describe");
        CheckLinkType(_interfaces[entry].LinkType);
        uint original = Number(body, type == SimplePacket ? 0 : 16), length = type == SimplePacket ? Math.Min(original, (uint)(body.Length - start)) : Number(body, 12);
        if (length > body.Length - start)
            throw Broken($"a packet of {length} bytes in a block of {body.Length}");
        return new CapturedFrame(body.AsSpan(start, (int)length).ToArray(), (int)Math.Min(original, int.MaxValue), _interfaces[entry].Name);
    }

    /// <summary>A block's body without its trailing length, which has to say the same.</summary>
    private byte[] TakeBody(uint total)
    {
        if (total < HeaderSize + sizeof(uint) || total % 4 != 0)
            throw Broken($"a block of {total} bytes");
        byte[] body = TakeLength(total - HeaderSize);
        return body[..^sizeof(uint)];
    }

    private byte[] TakeLength(uint length)
    {
        if (length > LargestBlock)
            throw Broken($"a block of {length} bytes, more than {LargestBlock}");
        return TryTake((int)length) ?? throw new CaptureFileException($"it ends in the middle of a block, at byte {_at}");
    }

    private byte[] Take(int length, string problem) => TryTake(length) is { } bytes ? bytes : throw new CaptureFileException(problem);

    /// <summary>Null: the file ends before.</summary>
    private byte[]? TryTake(int length)
    {
        byte[] bytes = new byte[length];
        int read = _stream.ReadAtLeast(bytes, length, throwOnEndOfStream: false);
        _at += read;
        return read == length ? bytes : null;
    }

    private static void CheckLinkType(int type)
    {
        if (type != Ethernet)
            throw new CaptureFileException($"its frames are of link type {type}, not Ethernet (1): capture on the router's interface, or on the bridge");
    }

    private uint Number(ReadOnlySpan<byte> bytes, int at) => _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private int Short(ReadOnlySpan<byte> bytes, int at) => _isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private CaptureFileException Broken(string what) => new($"it is damaged near byte {_at}: {what}");

    private static CaptureFileException Missing(int number, int seen) => new($"it has {seen} frames, and no frame {number}");
}
