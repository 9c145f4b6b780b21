using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Router.Packets;

namespace Router.Capture;

/// <summary>
/// Records on their way from the forwarding thread to the one that writes them: bytes that are taken once, one writer, one reader, no lock.
/// <para>Theory of operation. Positions only grow, and a record is in one piece at its position modulo the size: where it does not fit before the end, a negative length tells the reader to go on at
/// the beginning. The writer fills records beyond the published position and then publishes them together; so it can take back what it wrote. Where there is no room
/// nothing waits: the record is lost, and the caller counts it.</para>
/// </summary>
internal sealed class RecordRing
{
    private const int Alignment = 8, LengthSize = 8, Skip = -1;

    private static readonly int HeaderSize = LengthSize + Unsafe.SizeOf<RecordHeader>();

    private readonly byte[] _bytes;
    private Positions _at;

    // The writer's own: where the next record goes, and how far the reader was when it was last asked.
    private long _next, _knownRead;

    /// <param name="size">In bytes; made a power of two.</param>
    public RecordRing(int size) => _bytes = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)size));

    public int Size => _bytes.Length;

    /// <summary>Bytes of what was published and not yet released.</summary>
    public long Held => Volatile.Read(ref _at.Written) - Volatile.Read(ref _at.Read);

    /// <summary>The writer's: adds a record whose frame is in two pieces, not yet for the reader to see. False where it has no room.</summary>
    public bool TryWrite(in RecordHeader header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        int size = (HeaderSize + first.Length + second.Length + Alignment - 1) & -Alignment;
        int offset = (int)(_next & (Size - 1)), left = Size - offset;
        int skipped = size > left ? left : 0;
        if (!HasRoom(skipped + size))
            return false;
        if (skipped > 0)
        {
            MemoryMarshal.Write(_bytes.AsSpan(offset), Skip);
            offset = 0;
        }

        Span<byte> record = _bytes.AsSpan(offset, size);
        MemoryMarshal.Write(record, size);
        MemoryMarshal.Write(record[LengthSize..], header);
        first.CopyTo(record[HeaderSize..]);
        second.CopyTo(record[(HeaderSize + first.Length)..]);
        _next += skipped + size;
        return true;
    }

    /// <summary>The writer's: what was written is the reader's from here on.</summary>
    public void Publish() => Volatile.Write(ref _at.Written, _next);

    /// <summary>The writer's: what was written since the last <see cref="Publish"/> never was.</summary>
    public void TakeBack() => _next = _at.Written;

    /// <summary>The writer's: of what was written only the first record counts, where it is of an arrival, and it has this end.</summary>
    public void KeepFirst(Verdict verdict)
    {
        if (_next == _at.Written)
            return;
        long first = _at.Written;
        if (SizeAt(first) == Skip)
            first += Size - (first & (Size - 1));
        ref RecordHeader header = ref MemoryMarshal.AsRef<RecordHeader>(_bytes.AsSpan((int)(first & (Size - 1)) + LengthSize));
        if (header.Kind != RecordKind.Arrived)
        {
            TakeBack();
            return;
        }

        (header.Outcome, header.Reason, header.Egress) = (verdict.Outcome, verdict.Reason, -1);
        _next = first + SizeAt(first);
        Publish();
    }

    /// <summary>The reader's: the oldest record, until <see cref="Release"/>.</summary>
    public bool TryRead(out RecordHeader header, out Span<byte> frame)
    {
        long read = _at.Read;
        if (read == Volatile.Read(ref _at.Written))
        {
            header = default;
            frame = default;
            return false;
        }

        int offset = (int)(read & (Size - 1));
        if (SizeAt(read) == Skip)
        {
            read += Size - offset;
            Volatile.Write(ref _at.Read, read);
            offset = 0;
        }

        header = MemoryMarshal.Read<RecordHeader>(_bytes.AsSpan(offset + LengthSize));
        frame = _bytes.AsSpan(offset + HeaderSize, header.Captured);
        return true;
    }

    /// <summary>The reader's: the record that was read last is done with.</summary>
    public void Release() => Volatile.Write(ref _at.Read, _at.Read + SizeAt(_at.Read));

    private int SizeAt(long position) => MemoryMarshal.Read<int>(_bytes.AsSpan((int)(position & (Size - 1))));

    private bool HasRoom(int bytes)
    {
        if (_next + bytes - _knownRead <= Size)
            return true;
        _knownRead = Volatile.Read(ref _at.Read);
        return _next + bytes - _knownRead <= Size;
    }

    /// <summary>Each on a cache line of its own, so that the two threads do not take it from each other with every record.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Positions
    {
        [FieldOffset(0)]
        public long Written;

        [FieldOffset(128)]
        public long Read;
    }
}
