using System.Runtime.CompilerServices;
using static TapDev.Native;

namespace TapDev;

/// <summary>
/// Buffers that the kernel picks from by itself when a frame arrives (IORING_REGISTER_PBUF_RING). A ring of descriptors is shared with the kernel, which takes
/// at the head; buffers are put at the tail, which is published once a turn, before the kernel is entered.
/// <para>The kernel goes round: with all buffers in the ring, each super-frame is copied into the one that was used longest ago, whose lines are in no cache any more. So it has no more
/// buffers at a time than frames of the size that comes fill <see cref="FramePool.WarmBytes"/>; the others are a stack, and what was written last is read into next. It never has more than
/// <see cref="MostProvided"/>: those that it has while frames are small may all be filled by super-frames that come next, and each takes 64 KiB of memory then.</para>
/// </summary>
internal sealed unsafe class BufferRing : FramePool, IDisposable
{
    private const int TailOffset = 14, LeastProvided = 2, MostProvided = 64, LengthShift = 3;

    private readonly Uring _uring;
    private readonly MappedMemory _descriptors;
    private readonly io_uring_buf* _entries;
    private readonly uint _mask;
    private readonly ushort _group;
    private readonly ushort[] _free;
    private ushort _tail;
    private int _freeCount, _length; // the length of the last frames, on average and never negative

    public BufferRing(Uring uring, ushort group, FrameDevice source, int buffers, int bufferSize)
        : base(source, buffers, bufferSize)
    {
        _uring = uring;
        _group = group;
        _mask = (uint)buffers - 1;
        _free = new ushort[buffers];
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
        for (int id = buffers - 1; id >= 0; id--)
            TakeBack(Frames[id]);
        Publish();
    }

    /// <summary>How many buffers the kernel has.</summary>
    public int Provided { get; private set; }

    /// <summary>Whether the kernel takes such a ring at all.</summary>
    public static bool IsSupported(Uring uring)
    {
        using var descriptors = new MappedMemory(sizeof(io_uring_buf));
        var registration = new io_uring_buf_reg { ring_addr = (ulong)descriptors.Pointer, ring_entries = 1 };
        return uring.Register(IORING_REGISTER_PBUF_RING, &registration, 1) == 0 && uring.Register(IORING_UNREGISTER_PBUF_RING, &registration, 1) == 0;
    }

    /// <summary>A completion says that the kernel took this buffer, for so many bytes; or that it failed, with a negative error number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Frame Take(int id, int result)
    {
        Provided--;
        _length += (Math.Max(result, 0) - _length) >> LengthShift;
        return Lend(id);
    }

    /// <summary>Gives the kernel as many buffers as it should have.</summary>
    public void Publish()
    {
        int wanted = Math.Min(Provided + _freeCount, Math.Clamp(WarmBytes / (_length + 1), LeastProvided, MostProvided));
        if (Provided >= wanted)
            return;
        for (; Provided < wanted; Provided++)
            Provide(Frames[_free[--_freeCount]]);
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
        if (!IsClosed)
            _free[_freeCount++] = frame.Id;
    }

    private void Provide(Frame frame)
    {
        io_uring_buf* entry = &_entries[_tail++ & _mask];
        entry->addr = (ulong)frame.Pointer;
        entry->len = (uint)BufferSize;
        entry->bid = frame.Id;
    }
}
