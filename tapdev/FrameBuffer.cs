using System.Buffers;

namespace TapDev;

/// <summary>One buffer of mapped memory as a <see cref="MemoryManager{T}"/>. It keeps the mapping alive.</summary>
internal sealed unsafe class FrameBuffer(MappedMemory mapping, byte* pointer, int size) : MemoryManager<byte>
{
    public byte* Pointer { get; } = pointer;

    public MappedMemory Mapping { get; } = mapping;

    /// <summary>The first <paramref name="length"/> bytes.</summary>
    public Memory<byte> Take(int length) => CreateMemory(length);

    public override Span<byte> GetSpan() => new(Pointer, size);

    public override MemoryHandle Pin(int elementIndex = 0) => new(Pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
