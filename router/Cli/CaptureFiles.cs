using System.Buffers.Binary;
using System.Globalization;

namespace Router.Cli;

/// <summary>When a capture goes on in another file, and how many of them are kept; null: no limit.</summary>
internal sealed record CaptureFileLimits(long? Bytes, TimeSpan? Time, int? Files)
{
    public bool IsRing => Bytes is not null || Time is not null;
}

/// <summary>
/// Writes a capture into a file, or into a ring of files of which the oldest go: NAME_00001_20261124221500.pcapng, as dumpcap calls them. Each begins with the interfaces again, so that it can be
/// read alone. They are for their owner's eyes: a capture holds what people say to each other.
/// </summary>
internal sealed class CaptureFiles(string file, CaptureFileLimits limits, TimeProvider time) : ICaptureSink
{
    private readonly string _asked = file;
    private readonly Queue<string> _kept = new();
    private readonly MemoryStream _head = new();
    private FileStream? _file;
    private long _written, _openedAt;
    private int _number;

    /// <summary>The file that is being written.</summary>
    public string Path { get; private set; } = "";

    public void Write(ReadOnlySpan<byte> block)
    {
        bool isHead = BinaryPrimitives.ReadUInt32LittleEndian(block) is CaptureReader.SectionHeader or CaptureReader.InterfaceDescription;
        if (isHead)
            _head.Write(block);
        if (_file is null)
            Open();
        else if (!isHead && IsOver(block.Length))
            Next();
        Append(block);
    }

    public void Flush()
    {
        long whole = _written;
        try
        {
            _file?.Flush();
        }
        catch (IOException)
        {
            Cut(whole);
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // Said before.
        }

        _head.Dispose();
    }

    private bool IsOver(int more) => _written > _head.Length
        && (_written + more > limits.Bytes || time.GetElapsedTime(_openedAt) > limits.Time);

    private void Open()
    {
        Path = limits.IsRing ? NameOf(++_number) : _asked;
        while (_kept.Count >= limits.Files)
            File.Delete(_kept.Dequeue());
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new FileStream(Path, options);
        _kept.Enqueue(Path);
        _written = 0;
        _openedAt = time.GetTimestamp();
    }

    private void Next()
    {
        Flush();
        _file!.Dispose();
        Open();
        Append(_head.GetBuffer().AsSpan(0, (int)_head.Length));
    }

    private void Append(ReadOnlySpan<byte> block)
    {
        try
        {
            _file!.Write(block);
            _written += block.Length;
        }
        catch (IOException)
        {
            Cut(_written);
            throw;
        }
    }

    /// <summary>What fitted in part would have readers complain of all of it.</summary>
    private void Cut(long whole)
    {
        try
        {
            long end = BlocksBefore(Path, whole);
            using var handle = File.OpenHandle(Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.SetLength(handle, end);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // It is as the disk left it.
        }
    }

    /// <summary>Where the last block ends that is in the file as a whole.</summary>
    private static long BlocksBefore(string path, long most)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        long length = Math.Min(RandomAccess.GetLength(handle), most), at = 0;
        Span<byte> head = stackalloc byte[8];
        while (at + head.Length <= length && RandomAccess.Read(handle, head, at) == head.Length)
        {
            uint block = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            if (block < head.Length || at + block > length)
                break;
            at += block;
        }

        return at;
    }

    private string NameOf(int number)
    {
        string folder = System.IO.Path.GetDirectoryName(_asked) ?? "", name = System.IO.Path.GetFileNameWithoutExtension(_asked), extension = System.IO.Path.GetExtension(_asked);
        string when = time.GetUtcNow().ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        return System.IO.Path.Combine(folder, $"{name}_{number.ToString("D5", CultureInfo.InvariantCulture)}_{when}{extension}");
    }
}

/// <summary>Writes a capture to the standard output, for Wireshark say.</summary>
internal sealed class CapturePipe(Stream output) : ICaptureSink
{
    public void Write(ReadOnlySpan<byte> block) => output.Write(block);

    public void Flush() => output.Flush();

    public void Dispose() => output.Dispose();
}

/// <summary>Shows a capture as lines: time, interface, direction and the comment.</summary>
internal sealed class CaptureLines(TextWriter output) : ICaptureSink
{
    private const ushort NameOption = 2, FlagsOption = 2;

    private readonly List<string> _interfaces = [];

    public void Write(ReadOnlySpan<byte> block)
    {
        switch (BinaryPrimitives.ReadUInt32LittleEndian(block))
        {
            case CaptureReader.InterfaceDescription:
                _interfaces.Add(CaptureReader.TryOption(block[16..^4], NameOption, out ReadOnlySpan<byte> name) ? System.Text.Encoding.UTF8.GetString(name) : $"{_interfaces.Count}");
                break;
            case CaptureReader.EnhancedPacket:
                Show(block);
                break;
            default:
                break;
        }
    }

    public void Flush() => output.Flush();

    public void Dispose()
    {
    }

    private void Show(ReadOnlySpan<byte> block)
    {
        ulong nanoseconds = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(block[12..]) << 32 | BinaryPrimitives.ReadUInt32LittleEndian(block[16..]);
        var at = DateTimeOffset.UnixEpoch.AddTicks((long)(nanoseconds / 100));
        int captured = BinaryPrimitives.ReadInt32LittleEndian(block[20..]);
        bool isIn = CaptureReader.TryOption(block[(28 + (captured + 3 & -4))..^4], FlagsOption, out ReadOnlySpan<byte> flags) && (flags[0] & 3) == 1;
        string name = _interfaces.ElementAtOrDefault(BinaryPrimitives.ReadInt32LittleEndian(block[8..])) ?? "?";
        output.WriteLine($"{at.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture)} {name} {(isIn ? "in " : "out")} {CaptureReader.CommentOf(block)}");
    }
}
