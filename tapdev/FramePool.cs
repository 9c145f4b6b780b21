using System.Diagnostics;

namespace TapDev;

/// <summary>
/// The buffers of one ring or writer, and the place where a lease goes home, whichever device wrote the frame. Not thread-safe: everything belongs to the
/// thread of the loop.
/// </summary>
internal abstract unsafe class FramePool
{
    /// <summary>Bytes that are still in a processor's cache when what was read is written: super-frames are not to be spread over more. Half and twice as many did as well (docs/performance.md).</summary>
    protected internal const int WarmBytes = 128 << 10;

    private readonly MappedMemory _mapping;
    private readonly int _bufferSize;
    private int _epoch, _leases; // leases since the last tick

    protected FramePool(FrameDevice? source, int buffers, int bufferSize)
    {
        if (buffers is < 1 or > 32768 || !int.IsPow2(buffers))
            throw new ArgumentOutOfRangeException(nameof(buffers), buffers, "The number of buffers is a power of two from 1 to 32768.");
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferSize, 64);
        _bufferSize = bufferSize;
        _mapping = new MappedMemory((long)buffers * bufferSize);
        Frames = new Frame[buffers];
        for (int id = 0; id < buffers; id++)
            Frames[id] = new Frame(this, (ushort)id, new FrameBuffer(_mapping, _mapping.Pointer + ((long)id * bufferSize), bufferSize), source);
    }

    /// <summary>The frames, by their identifiers. Made once.</summary>
    public Frame[] Frames { get; }

    /// <summary>Bytes of one buffer.</summary>
    public int BufferSize => _bufferSize;

    /// <summary>How many leases are out.</summary>
    public int Lent { get; private set; }

    /// <summary>The loop that knows this pool by <see cref="LoopIndex"/>, if any.</summary>
    public object? Loop { get; set; }

    /// <summary>The pool's number in <see cref="Loop"/>.</summary>
    public int LoopIndex { get; set; }

    /// <summary>Ends a lease.</summary>
    public void Return(Frame frame)
    {
        Debug.Assert(frame.IsLent, "A lease ended twice.");
        frame.IsLent = false;
        frame.IdleSince = _epoch;
        Lent--;
        TakeBack(frame);
        if (IsClosed && Lent == 0)
            _mapping.Dispose();
    }

    /// <summary>No more leases. The memory goes when the last lease has come home.</summary>
    public void Close()
    {
        IsClosed = true;
        if (Lent == 0)
            _mapping.Dispose();
    }

    /// <summary>
    /// A tick of the idle clock: pages of buffers that have been home for <paramref name="idleEpochs"/> ticks go back to the system. Neighbouring buffers
    /// share a page, so they are discarded in runs. The clock stands while the pool is busy: what a burst took once the next one would have to take again, zeroed, while frames wait.
    /// </summary>
    /// <returns>How many buffers were discarded.</returns>
    public int Trim(int idleEpochs)
    {
        bool isBusy = _leases > Frames.Length;
        _leases = 0;
        if (IsClosed || isBusy)
            return 0;
        _epoch++;
        int discarded = 0, run = 0;
        for (int id = 0; id <= Frames.Length; id++)
        {
            if (id < Frames.Length && IsIdle(Frames[id], idleEpochs))
            {
                run++;
                continue;
            }
            if (run > 0)
                discarded += DiscardRun(id - run, run, idleEpochs);
            run = 0;
        }
        return discarded;
    }

    protected bool IsClosed { get; private set; }

    /// <summary>Begins a lease.</summary>
    protected Frame Lend(int id)
    {
        Frame frame = Frames[id];
        frame.IsLent = true;
        Lent++;
        _leases++;
        return frame;
    }

    /// <summary>The buffer is free again.</summary>
    protected abstract void TakeBack(Frame frame);

    // Nobody reads a buffer that is home: a reader that waits in the kernel only writes into it, and only later.
    private bool IsIdle(Frame frame, int idleEpochs) => _epoch - frame.IdleSince >= idleEpochs && !frame.IsLent;

    private int DiscardRun(int first, int count, int idleEpochs)
    {
        // Only a run with a member that has just become idle has pages to give.
        bool isFresh = false;
        for (int id = first; id < first + count; id++)
            isFresh |= _epoch - Frames[id].IdleSince == idleEpochs;
        if (!isFresh)
            return 0;
        _mapping.Discard((nuint)first * (nuint)_bufferSize, (nuint)count * (nuint)_bufferSize);
        return count;
    }
}
