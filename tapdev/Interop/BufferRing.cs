using System.Runtime.CompilerServices;
using static TapDev.Native;

namespace TapDev;

/// <summary>
/// Buffers that the kernel picks from by itself when a frame arrives (IORING_REGISTER_PBUF_RING). A ring of descriptors is shared with the kernel, which takes
/// at the head; a lease that ends puts its buffer at the tail. The tail is published once a turn, before the kernel is entered.
/// </summary>
internal sealed unsafe class BufferRing : FramePool, IDisposable
{
    private const int TailOffset = 14;

    private readonly Uring _uring;
    private readonly MappedMemory _descriptors;
    private readonly io_uring_buf* _entries;
    private readonly uint _mask;
    private readonly ushort _group;
    private ushort _tail, _published;

    public BufferRing(Uring uring, ushort group, FrameDevice source, int buffers, int bufferSize)
        : base(source, buffers, bufferSize)
    {
        _uring = uring;
        _group = group;
        _mask = (uint)buffers - 1;
        _descriptors = new MappedMemory(buffers * sizeof(io_uring_buf));
        _entries = (io_uring_buf*)_descriptors.Pointer;
        var registration = new io_uring_buf_reg { ring_addr = (ulong)_descriptors.Pointer, ring_entries = (uint)buffers, bgid = group };
        int errno = uring.Register(IORING_REGISTER_PBUF_RING, &registration, 1);
        if (errno != 0)
        {
            _descriptors.Dispose();
            Close();
            throw new TapException($"The kernel takes no ring of {buffers} buffers for {source.Name} (errno {errno}).", errno);
        }
        foreach (Frame frame in Frames)
            TakeBack(frame);
        Publish();
    }

    /// <summary>How many buffers the kernel has, or will have when the tail is published.</summary>
    public int Free => Frames.Length - Lent;

    /// <summary>Whether the kernel takes such a ring at all.</summary>
    public static bool IsSupported(Uring uring)
    {
        using var descriptors = new MappedMemory(sizeof(io_uring_buf));
        var registration = new io_uring_buf_reg { ring_addr = (ulong)descriptors.Pointer, ring_entries = 1 };
        return uring.Register(IORING_REGISTER_PBUF_RING, &registration, 1) == 0 && uring.Register(IORING_UNREGISTER_PBUF_RING, &registration, 1) == 0;
    }

    /// <summary>A completion says that the kernel took this buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Frame Take(int id) => Lend(id);

    /// <summary>Lets the kernel see the buffers that came back.</summary>
    public void Publish()
    {
        if (_tail == _published)
            return;
        _published = _tail;
        Volatile.Write(ref *(ushort*)((byte*)_entries + TailOffset), _tail);
    }

    public void Dispose()
    {
        var registration = new io_uring_buf_reg { bgid = _group };
        _ = _uring.Register(IORING_UNREGISTER_PBUF_RING, &registration, 1);
        _descriptors.Dispose();
        Close();
    }

    protected override void TakeBack(Frame frame)
    {
        if (IsClosed)
            return;
        io_uring_buf* entry = &_entries[_tail++ & _mask];
        entry->addr = (ulong)frame.Pointer;
        entry->len = (uint)BufferSize;
        entry->bid = frame.Id;
    }
}
