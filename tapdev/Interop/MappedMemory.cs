using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>Anonymous memory from mmap: zeroed, page-aligned, taken from the system only where it is touched.</summary>
internal sealed unsafe class MappedMemory : IDisposable
{
    private readonly nuint _size;

    public MappedMemory(long size)
    {
        _size = (nuint)size;
        Pointer = (byte*)mmap(null, (size_t)(ulong)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (Pointer == MAP_FAILED)
        {
            GC.SuppressFinalize(this);
            throw new TapException($"The system gives no {size} bytes of memory for frame buffers (errno {Marshal.GetLastPInvokeError()}). Ask for fewer Buffers.");
        }
    }

#pragma warning disable MA0055 // Memory outlives its device while a frame of it waits elsewhere, and tests do not dispose every twin.
    ~MappedMemory() => Unmap();
#pragma warning restore MA0055

    public byte* Pointer { get; private set; }

    /// <summary>Gives whole pages back to the system; they read as zeroes afterwards. The part of a page at either end is left alone.</summary>
    public void Discard(nuint offset, nuint length)
    {
        const nuint Page = 4096;
        nuint start = (offset + Page - 1) & ~(Page - 1), end = (offset + length) & ~(Page - 1);
        if (end > start)
            _ = madvise(Pointer + start, (size_t)(ulong)(end - start), MADV_DONTNEED);
    }

    public void Dispose()
    {
        Unmap();
        GC.SuppressFinalize(this);
    }

    private void Unmap()
    {
        if (Pointer is null)
            return;
        _ = munmap(Pointer, (size_t)(ulong)_size);
        Pointer = null;
    }
}
