using System.Buffers;

namespace TapDev;

/// <summary>One buffer of mapped memory as a <see cref="MemoryManager{T}"/>. The mapping outlives it.</summary>
internal sealed unsafe class FrameBuffer(byte* pointer, int size) : MemoryManager<byte>
{
    public byte* Pointer { get; } = pointer;

    public override Span<byte> GetSpan() => new(Pointer, size);

    public override MemoryHandle Pin(int elementIndex = 0) => new(Pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
