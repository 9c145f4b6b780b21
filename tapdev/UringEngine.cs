using Tmds.Linux;
using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>
/// Frames over io_uring. A completion names what ended in its user data: the kind in the top byte, the port's slot from bit 32, and for a write the pool from
/// bit 16 and the buffer below.
/// <para>A write to a TAP runs to its end while it is handed over (from Linux 6.4 on, and so wherever reads are multishot). So a wait asks for one completion more than there are
/// writes in it: their ends are booked when something else happens, in the same turn as that, and a lonely frame costs one system call and not two. A write that did not end so is
/// waited for like a read.</para>
/// <para>A timer that is set and taken back around each wait is dear where a hypervisor has to be asked. Waits of about <see cref="Tick"/> share one that stays set.</para>
/// </summary>
internal sealed unsafe class UringEngine : LoopEngine
{
    private const ulong WriteKind = 0, ReadKind = 1, WakeKind = 2, CancelKind = 3, TickKind = 4;
    private const int KindShift = 56, SlotShift = 32, PoolShift = 16, RegisteredFiles = 64, TimeOffset = 64;
    private const uint IORING_ASYNC_CANCEL_ALL = 1;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100), TwoTicks = 2 * Tick;

    private readonly Uring _uring;
    private readonly UringReads _reads;
    private readonly WakeEvent _wake = new();
    private readonly MappedMemory _page = new(4096);
    private readonly bool _hasRegisteredFiles;
    private readonly List<UringPort> _ports = [];
    private UringPort?[] _slots = new UringPort?[4];
    private FramePool?[] _pools = new FramePool?[8];
    private uint _writes, _lateWrites;
    private bool _isWakeArmed, _isTickArmed;

    public UringEngine(Uring uring, UringReads reads)
    {
        (_uring, _reads) = (uring, reads);
        int* files = stackalloc int[RegisteredFiles];
        new Span<int>(files, RegisteredFiles).Fill(-1);
        _hasRegisteredFiles = uring.Register(IORING_REGISTER_FILES, files, RegisteredFiles) == 0;
    }

    public override bool CanTrim => _uring.IsDeferred;

    public override TapPort Attach(TapDevice device, int descriptor, TapOptions options)
    {
        int slot = Array.IndexOf(_slots, null);
        if (slot < 0)
        {
            slot = _slots.Length;
            Array.Resize(ref _slots, slot * 2);
        }
        var ring = new BufferRing(_uring, (ushort)slot, device, options.Buffers, options.BufferSize);
        bool isRegistered = slot < RegisteredFiles && _hasRegisteredFiles && UpdateFile(slot, descriptor) == 0;
        var writer = new UringWriter(this, options);
        var port = new UringPort(device, ring, writer, slot, isRegistered ? slot : descriptor, isRegistered ? IOSQE_FIXED_FILE : (byte)0);
        _slots[slot] = port;
        _ports.Add(port);
        return port;
    }

    public override void Detach(TapPort detached)
    {
        var port = (UringPort)detached;
        port.IsClosing = true;
        Drain(port);
        if (port.FileFlags != 0)
            _ = UpdateFile(port.Slot, -1);
        _ports.Remove(port);
        _slots[port.Slot] = null;
        port.Reader.Complete();
        Forget(port.Ring);
        Forget(port.Writer.Own);
        port.Ring.Dispose();
    }

    public override void Wait(TimeSpan timeout)
    {
        WasWoken = false;
        if (!_isWakeArmed)
            ArmWake();
        bool isRead = true;
        foreach (UringPort port in _ports)
        {
            port.Ring.Publish();
            if (port.ReadsInFlight == 0 && port.MayRead && port.Ring.Provided > 0)
                _reads.Arm(_uring, port, (ReadKind << KindShift) | ((ulong)port.Slot << SlotShift));
            isRead &= port.ReadsInFlight > 0 || !port.MayRead;
        }
        bool isTicked = timeout >= Tick && timeout < TwoTicks;
        if (isTicked && !_isTickArmed)
            ArmTick();
        bool isWriteOver = _reads is MultishotReads && isRead && _lateWrites == 0 && _writes < _uring.CompletionEntries / 4;
        uint minimum = timeout == TimeSpan.Zero ? 0 : isWriteOver ? _writes + 1 : 1;
        TimeSpan bound = isTicked && _isTickArmed ? Timeout.InfiniteTimeSpan : timeout;
        do
        {
            _uring.Enter(minimum, bound);
            minimum = 1;
        }
        while (!Reap() && !isTicked && bound != TimeSpan.Zero);
        _lateWrites = _writes;
    }

    public override void Wake() => _wake.Set();

    /// <summary>Queues a write. False where the kernel takes no submission now.</summary>
    public bool TryWrite(UringPort port, Frame frame)
    {
        FramePool home = frame.Home;
        if (home.Loop != this)
            Know(home);
        io_uring_sqe* entry = _uring.NextEntry();
        if (entry is null)
            return false;
        entry->opcode = IORING_OP_WRITE;
        entry->flags = port.FileFlags;
        entry->fd = port.File;
        entry->addr = (ulong)frame.Pointer;
        entry->len = (uint)frame.Length;
        entry->user_data = ((ulong)port.Slot << SlotShift) | ((ulong)home.LoopIndex << PoolShift) | frame.Id;
        _writes++;
        return true;
    }

    public override void Dispose()
    {
        _uring.Dispose();
        _wake.Dispose();
        _page.Dispose();
    }

    /// <summary>Books what ended. False where that was no more than the tick of an earlier wait.</summary>
    private bool Reap()
    {
        uint ready = _uring.Ready, ticks = 0;
        for (uint i = 0; i < ready; i++)
        {
            io_uring_cqe* completion = _uring.Completion(i);
            ulong userData = completion->user_data;
            ulong kind = userData >> KindShift;
            if (kind == WriteKind)
                EndWrite(_slots[(int)(userData >> SlotShift)]!, _pools[(ushort)(userData >> PoolShift)]!.Frames[(ushort)userData], completion->res);
            else if (kind == ReadKind)
                EndRead(_slots[(int)(userData >> SlotShift) & 0xFFFF]!, completion->res, completion->flags);
            else if (kind == WakeKind)
                EndWake();
            else if (kind == TickKind)
                ticks++;
        }
        _uring.Advance(ready);
        _isTickArmed &= ticks == 0;
        return ticks == 0 || ready > ticks;
    }

    private static void EndRead(UringPort port, int result, uint flags)
    {
        if ((flags & IORING_CQE_F_BUFFER) != 0)
        {
            Frame frame = port.Ring.Take((int)(flags >> IORING_CQE_BUFFER_SHIFT), result);
            if (result > VirtioHeader.Size)
            {
                port.Got++;
                frame.SetLength(result);
                port.Reader.Append(frame);
            }
            else
            {
                port.Ring.Return(frame);
            }
        }

        // No more from this read: the next turn arms another.
        if ((flags & IORING_CQE_F_MORE) == 0)
            port.ReadsInFlight--;
        if (result < 0)
            FailRead(port, -result);
    }

    private static void FailRead(UringPort port, int error)
    {
        // Without a buffer the next read waits for one; the others only ended this read.
        if (error == ENOBUFS || error == EAGAIN || error == EINTR || error == ECANCELED)
            return;
        if (error == EOPNOTSUPP && port.Burst > 0)
        {
            port.AlwaysWaits = true;
            return;
        }
        port.IsPaused = true;
        port.Device.Learn(error);
    }

    private void EndWrite(UringPort port, Frame frame, int result)
    {
        _writes--;
        port.Writer.End();
        TapDevice device = port.Device;
        if (result >= 0)
        {
            device.Observer?.Written(device, frame);
        }
        else
        {
            device.Learn(-result);
            device.Observer?.WriteFailed(device, frame, -result);
        }
        frame.Home.Return(frame);
    }

    private void ArmWake()
    {
        io_uring_sqe* entry = _uring.NextEntry();
        if (entry is null)
            return;
        entry->opcode = IORING_OP_READ;
        entry->fd = _wake.Descriptor;
        entry->addr = (ulong)_page.Pointer;
        entry->len = sizeof(ulong);
        entry->user_data = WakeKind << KindShift;
        _isWakeArmed = true;
    }

    private void ArmTick()
    {
        io_uring_sqe* entry = _uring.NextEntry();
        if (entry is null)
            return;
        var time = (kernel_timespec*)(_page.Pointer + TimeOffset);
        *time = new kernel_timespec { tv_nsec = Tick.Ticks * 100 };
        entry->opcode = IORING_OP_TIMEOUT;
        entry->fd = -1;
        entry->addr = (ulong)time;
        entry->len = 1;
        entry->user_data = TickKind << KindShift;
        _isTickArmed = true;
    }

    private void EndWake()
    {
        _isWakeArmed = false;
        WasWoken = true;
        _wake.Reset();
    }

    /// <summary>Cancels the reads of a port and waits until the kernel holds nothing of it. Writes end by themselves.</summary>
    private void Drain(UringPort port)
    {
        const int Turns = 100;
        bool isCanceled = false;
        for (int turn = 0; turn < Turns && (port.ReadsInFlight > 0 || port.Writer.Pending > 0); turn++)
        {
            if (!isCanceled && port.ReadsInFlight > 0)
                isCanceled = TryCancelReads(port);
            _uring.Enter(1, TimeSpan.FromMilliseconds(20));
            Reap();
        }
    }

    private bool TryCancelReads(UringPort port)
    {
        io_uring_sqe* entry = _uring.NextEntry();
        if (entry is null)
            return false;
        entry->opcode = IORING_OP_ASYNC_CANCEL;
        entry->fd = -1;
        entry->addr = (ReadKind << KindShift) | ((ulong)port.Slot << SlotShift);
        entry->cancel_flags = IORING_ASYNC_CANCEL_ALL;
        entry->user_data = CancelKind << KindShift;
        return true;
    }

    private int UpdateFile(int index, int descriptor)
    {
        var update = new io_uring_files_update { offset = (uint)index, fds = (ulong)&descriptor };
        return _uring.Register(IORING_REGISTER_FILES_UPDATE, &update, 1);
    }

    private void Know(FramePool pool)
    {
        int index = Array.IndexOf(_pools, pool);
        if (index < 0)
            index = Array.IndexOf(_pools, null);
        if (index < 0)
        {
            index = _pools.Length;
            Array.Resize(ref _pools, index * 2);
        }
        _pools[index] = pool;
        (pool.Loop, pool.LoopIndex) = (this, index);
    }

    /// <summary>Frees the pool's number, unless a lease that is out may still pass through this loop under it.</summary>
    private void Forget(FramePool pool)
    {
        if (pool.Lent > 0 || pool.Loop != this)
            return;
        _pools[pool.LoopIndex] = null;
        pool.Loop = null;
    }
}
