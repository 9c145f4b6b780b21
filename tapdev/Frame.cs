using System.Buffers;

namespace TapDev;

/// <summary>
/// One frame in one leased buffer: a virtio header of <see cref="VirtioHeader.Size"/> bytes, then the Ethernet frame. The buffer is mapped memory and belongs
/// to <see cref="Source"/>'s ring (or to a writer's own pool); whoever holds the lease may rewrite the bytes in place. The objects are made once and reused:
/// keep none beyond its batch.
/// </summary>
public sealed unsafe class Frame : ReadOnlySequenceSegment<byte>
{
    private readonly FrameBuffer _buffer;
    private readonly byte* _pointer;

    internal Frame(FramePool home, ushort id, FrameBuffer buffer, FrameDevice? source)
    {
        Home = home;
        Id = id;
        Source = source;
        _buffer = buffer;
        _pointer = buffer.Pointer;
    }

    /// <summary>The header and the frame, writable.</summary>
    public Span<byte> Bytes => new(_pointer, Length);

    /// <summary>Bytes in use, the virtio header included.</summary>
    public int Length { get; private set; }

    /// <summary>The device whose ring lent the buffer; null for a frame that a writer's own pool lent.</summary>
    public FrameDevice? Source { get; }

    /// <summary>A number of the caller's choice that comes back with the write's end, the account that the frame is booked on, say. A frame read from a device carries the device's <see cref="FrameDevice.Tag"/>.</summary>
    public int Tag { get; set; }

    /// <summary>The next frame of the batch, or null. Take it before the frame is handed on.</summary>
    public Frame? NextInBatch { get; private set; }

    /// <summary>Where the lease goes when it ends.</summary>
    internal FramePool Home { get; }

    /// <summary>Which buffer of its ring or pool this is.</summary>
    internal ushort Id { get; }

    /// <summary>Whether the lease is out, with whomever.</summary>
    internal bool IsLent { get; set; }

    /// <summary>Whether the lease is with the reader of a batch: from the frame's arrival until it is handed on or given back.</summary>
    internal bool IsWithCaller { get; set; }

    /// <summary>The batch that delivered the frame. A frame may be written, come home and arrive again before the batch that first held it ends.</summary>
    internal int Batch { get; set; }

    /// <summary>The epoch of its pool in which the lease last ended.</summary>
    internal int IdleSince { get; set; }

    internal byte* Pointer => _pointer;

    /// <summary>The whole buffer, to be written into.</summary>
    internal Memory<byte> Capacity => _buffer.Memory;

    internal void SetLength(int length)
    {
        Length = length;
        if (Memory.Length != length)
            Memory = _buffer.Take(length);
    }

    internal void Link(Frame? next) => NextInBatch = next;

    /// <summary>Makes the frame a segment of a sequence; only <see cref="System.IO.Pipelines.PipeReader.TryRead"/> needs that.</summary>
    internal void Link(Frame? next, long runningIndex)
    {
        Next = next;
        RunningIndex = runningIndex;
    }

    /// <summary>Moves the lease from the batch to a writer.</summary>
    /// <exception cref="InvalidOperationException">The lease is not the caller's: the frame was handed on before, or its batch has ended.</exception>
    internal void HandOn()
    {
        if (!IsWithCaller)
            throw new InvalidOperationException("The frame was already handed on, or its batch has ended: its buffer belongs to somebody else.");
        IsWithCaller = false;
    }
}
