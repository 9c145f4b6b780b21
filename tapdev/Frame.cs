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

    internal Frame(FrameBuffer buffer, FrameDevice? source, ushort id)
    {
        _buffer = buffer;
        Source = source;
        Id = id;
    }

    /// <summary>The header and the frame, writable.</summary>
    public Span<byte> Bytes => new(_buffer.Pointer, Length);

    /// <summary>Bytes in use, the virtio header included.</summary>
    public int Length { get; private set; }

    /// <summary>The device whose ring lent the buffer; null for a frame that a writer's own pool lent.</summary>
    public FrameDevice? Source { get; }

    /// <summary>A number of the caller's choice that comes back with the write's end, the account that the frame is booked on, say. A frame read from a device carries the device's <see cref="FrameDevice.Tag"/>.</summary>
    public int Tag { get; set; }

    /// <summary>The next frame of the batch, or null. Take it before the frame is handed on.</summary>
    public Frame? NextInBatch => (Frame?)Next;

    /// <summary>Which buffer of its ring or pool this is.</summary>
    internal ushort Id { get; }

    /// <summary>Whether the lease moved to a writer.</summary>
    internal bool IsHandedOn { get; set; }

    internal byte* Pointer => _buffer.Pointer;

    internal void SetLength(int length)
    {
        Length = length;
        Memory = _buffer.Memory[..length];
    }

    internal void Link(Frame? next, long runningIndex)
    {
        Next = next;
        RunningIndex = runningIndex;
    }
}
