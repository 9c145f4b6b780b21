using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;

namespace Router.Cli;

/// <summary>Takes the blocks of a capture, each whole.</summary>
internal interface ICaptureSink : IDisposable
{
    /// <summary>Throws <see cref="IOException"/> where it cannot be written.</summary>
    void Write(ReadOnlySpan<byte> block);

    /// <summary>Nothing more is there for the moment: what was written should be seen.</summary>
    void Flush();
}

/// <summary>Cuts the router's pcapng into blocks, hands them to a sink, and counts.</summary>
internal sealed class CaptureReader(Stream stream, ICaptureSink sink)
{
    public const uint SectionHeader = 0x0A0D0D0A, InterfaceDescription = 1, InterfaceStatistics = 5, EnhancedPacket = 6;

    private const int LeastBlock = 12, MostBlock = 1 << 20, OptionHead = 4;

    private const ushort DroppedOption = 5;

    public long Packets { get; private set; }

    public long Lost { get; private set; }

    /// <summary>Whether the router ended the capture itself: then the statistics are there.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Reads to the end. Throws <see cref="InvalidDataException"/> where it is no capture, and what stream and sink throw.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        PipeReader reader = PipeReader.Create(stream);
        while (true)
        {
            ReadResult read = await reader.ReadAsync(cancellation);
            ReadOnlySequence<byte> bytes = read.Buffer;
            while (TryTake(ref bytes, out ReadOnlySequence<byte> block))
                Take(block.IsSingleSegment ? block.FirstSpan : block.ToArray());
            sink.Flush();
            reader.AdvanceTo(bytes.Start, bytes.End);
            if (read.IsCompleted)
                return;
        }
    }

    /// <summary>The text of the option in a packet's block; null: it has none.</summary>
    public static string? CommentOf(ReadOnlySpan<byte> block)
    {
        const ushort Comment = 1;
        int captured = BinaryPrimitives.ReadInt32LittleEndian(block[20..]);
        return TryOption(block[(28 + (captured + 3 & -4))..^4], Comment, out ReadOnlySpan<byte> text) ? Encoding.UTF8.GetString(text) : null;
    }

    /// <summary>Looks for an option among options.</summary>
    public static bool TryOption(ReadOnlySpan<byte> options, ushort code, out ReadOnlySpan<byte> value)
    {
        value = default;
        while (options.Length >= OptionHead)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(options[2..]);
            if (options.Length < OptionHead + length)
                return false;
            if (BinaryPrimitives.ReadUInt16LittleEndian(options) == code)
            {
                value = options.Slice(OptionHead, length);
                return true;
            }

            options = options[Math.Min(options.Length, OptionHead + (length + 3 & -4))..];
        }

        return false;
    }

    private static bool TryTake(ref ReadOnlySequence<byte> bytes, out ReadOnlySequence<byte> block)
    {
        block = default;
        if (bytes.Length < LeastBlock)
            return false;
        Span<byte> head = stackalloc byte[8];
        bytes.Slice(0, head.Length).CopyTo(head);
        int length = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        if (length is < LeastBlock or > MostBlock || length % 4 != 0)
            throw new InvalidDataException("what answers is not this version of the router");
        if (bytes.Length < length)
            return false;
        block = bytes.Slice(0, length);
        bytes = bytes.Slice(length);
        return true;
    }

    private void Take(ReadOnlySpan<byte> block)
    {
        sink.Write(block);
        switch (BinaryPrimitives.ReadUInt32LittleEndian(block))
        {
            case EnhancedPacket:
                Packets++;
                break;
            case InterfaceStatistics:
                IsWhole = true;
                if (TryOption(block[20..^4], DroppedOption, out ReadOnlySpan<byte> lost))
                    Lost += BinaryPrimitives.ReadInt64LittleEndian(lost);
                break;
            default:
                break;
        }
    }
}
