using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Router.Telemetry;

/// <summary>What a capture file says of an interface.</summary>
internal sealed record PcapngInterface(string Name, string Description, int SnapLength)
{
    /// <summary>The expression that was asked for; null: none.</summary>
    public string? Filter { get; init; }

    /// <summary>Its Ethernet address, six bytes.</summary>
    public ReadOnlyMemory<byte> Mac { get; init; }
}

/// <summary>What a capture file says of one packet beside its bytes.</summary>
internal readonly record struct PcapngPacket(int Interface, DateTimeOffset Time, int Length)
{
    /// <summary>The same for two records of one packet.</summary>
    public required long Id { get; init; }

    public required bool IsOutbound { get; init; }

    /// <summary>Records that were lost on this interface just before; zero: none.</summary>
    public long Lost { get; init; }

    public required string Comment { get; init; }
}

/// <summary>
/// Writes blocks of pcapng (draft-ietf-opsawg-pcapng), little-endian, with Ethernet interfaces and times in nanoseconds. It flushes nothing.
/// </summary>
internal sealed class PcapngWriter(IBufferWriter<byte> output)
{
    private const uint SectionHeaderBlock = 0x0A0D0D0A, InterfaceDescriptionBlock = 1, EnhancedPacketBlock = 6, InterfaceStatisticsBlock = 5, ByteOrderMagic = 0x1A2B3C4D;

    private const int BlockOverhead = 12, OptionHead = 4, LongestText = 4096, NanosecondsPerTick = 100;

    private const ushort Comment = 1,
        SectionApplication = 4,
        InterfaceName = 2, InterfaceDescription = 3, InterfaceMac = 6, InterfaceTimeResolution = 9, InterfaceFilter = 11,
        PacketFlags = 2, PacketDropCount = 4, PacketId = 5,
        StatisticsStart = 2, StatisticsEnd = 3, StatisticsReceived = 4, StatisticsDropped = 5, StatisticsAccepted = 6, StatisticsDelivered = 8;

    private const byte Nanoseconds = 9, FilterIsText = 0;

    private const uint Inbound = 1, Outbound = 2;

    /// <summary>The file's beginning.</summary>
    public void SectionHeader(string application, string comment)
    {
        var block = new Block(output, SectionHeaderBlock, 16 + Option(application) + Option(comment) + OptionHead);
        block.Write(ByteOrderMagic);
        block.Write((ushort)1);
        block.Write((ushort)0);
        block.Write(ulong.MaxValue); // the section's length is not known
        block.Text(SectionApplication, application);
        block.Text(Comment, comment);
        block.EndOptions();
        block.End();
    }

    /// <summary>The next interface; they are numbered from 0 in the order of these calls.</summary>
    public void Interface(PcapngInterface description)
    {
        const ushort Ethernet = 1;
        int filter = description.Filter is { } expression ? OptionHead + Padded(1 + Encoding.UTF8.GetByteCount(Short(expression))) : 0;
        int mac = description.Mac.Length == 0 ? 0 : OptionHead + Padded(description.Mac.Length);
        var block = new Block(output, InterfaceDescriptionBlock, 8 + Option(description.Name) + Option(description.Description) + OptionHead + Padded(1) + filter + mac + OptionHead);
        block.Write(Ethernet);
        block.Write((ushort)0);
        block.Write((uint)description.SnapLength);
        block.Text(InterfaceName, description.Name);
        block.Text(InterfaceDescription, description.Description);
        if (mac > 0)
            block.Bytes(InterfaceMac, description.Mac.Span);
        block.Bytes(InterfaceTimeResolution, [Nanoseconds]);
        if (description.Filter is { } text)
            block.Bytes(InterfaceFilter, [FilterIsText, .. Encoding.UTF8.GetBytes(Short(text))]);
        block.EndOptions();
        block.End();
    }

    /// <summary>One packet, of which <paramref name="captured"/> is what was kept.</summary>
    public void Packet(in PcapngPacket packet, ReadOnlySpan<byte> captured)
    {
        int lost = packet.Lost == 0 ? 0 : OptionHead + 8;
        var block = new Block(output, EnhancedPacketBlock, 20 + Padded(captured.Length) + Option(packet.Comment) + OptionHead + 4 + lost + OptionHead + 8 + OptionHead);
        block.Write((uint)packet.Interface);
        block.Time(packet.Time);
        block.Write((uint)captured.Length);
        block.Write((uint)packet.Length);
        block.Padded(captured);
        block.Text(Comment, packet.Comment);
        block.Number(PacketFlags, packet.IsOutbound ? Outbound : Inbound);
        if (lost > 0)
            block.Number(PacketDropCount, (ulong)packet.Lost);
        block.Number(PacketId, (ulong)packet.Id);
        block.EndOptions();
        block.End();
    }

    /// <summary>What an interface's capture came to: frames that went by, frames that were asked for, and those of them that were lost or are in the file.</summary>
    public void Statistics(int interfaceIndex, DateTimeOffset start, DateTimeOffset end, long seen, long accepted, long lost, long delivered)
    {
        var block = new Block(output, InterfaceStatisticsBlock, 12 + 6 * (OptionHead + 8) + OptionHead);
        block.Write((uint)interfaceIndex);
        block.Time(end);
        block.Moment(StatisticsStart, start);
        block.Moment(StatisticsEnd, end);
        block.Number(StatisticsReceived, (ulong)seen);
        block.Number(StatisticsDropped, (ulong)lost);
        block.Number(StatisticsAccepted, (ulong)accepted);
        block.Number(StatisticsDelivered, (ulong)delivered);
        block.EndOptions();
        block.End();
    }

    private static int Padded(int length) => (length + 3) & -4;

    private static int Option(string text) => OptionHead + Padded(Encoding.UTF8.GetByteCount(Short(text)));

    private static string Short(string text) => text.Length <= LongestText ? text : text[..LongestText];

    /// <summary>One block being filled: its length is known before.</summary>
    private ref struct Block
    {
        private readonly IBufferWriter<byte> _output;
        private readonly Span<byte> _bytes;
        private int _at;

        public Block(IBufferWriter<byte> output, uint type, int body)
        {
            int length = BlockOverhead + body;
            _output = output;
            _bytes = output.GetSpan(length)[..length];
            Write(type);
            Write((uint)length);
        }

        public void Write(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes[_at..], value);
            _at += sizeof(ushort);
        }

        public void Write(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes[_at..], value);
            _at += sizeof(uint);
        }

        public void Write(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes[_at..], value);
            _at += sizeof(ulong);
        }

        /// <summary>Two halves, the high one first.</summary>
        public void Time(DateTimeOffset time)
        {
            ulong nanoseconds = (ulong)Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks) * NanosecondsPerTick;
            Write((uint)(nanoseconds >> 32));
            Write((uint)nanoseconds);
        }

        public void Padded(scoped ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_bytes[_at..]);
            int padded = PcapngWriter.Padded(bytes.Length);
            _bytes[(_at + bytes.Length)..(_at + padded)].Clear();
            _at += padded;
        }

        public void Text(ushort code, string text) => Bytes(code, Encoding.UTF8.GetBytes(Short(text)));

        public void Bytes(ushort code, scoped ReadOnlySpan<byte> value)
        {
            Head(code, value.Length);
            Padded(value);
        }

        public void Number(ushort code, uint value)
        {
            Head(code, sizeof(uint));
            Write(value);
        }

        public void Number(ushort code, ulong value)
        {
            Head(code, sizeof(ulong));
            Write(value);
        }

        public void Moment(ushort code, DateTimeOffset time)
        {
            Head(code, sizeof(ulong));
            Time(time);
        }

        public void EndOptions() => Head(0, 0);

        public void End()
        {
            Write((uint)_bytes.Length);
            _output.Advance(_bytes.Length);
        }

        private void Head(ushort code, int length)
        {
            Write(code);
            Write((ushort)length);
        }
    }
}
