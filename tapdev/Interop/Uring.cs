using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tmds.Linux;
using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>
/// One io_uring: a submission queue, a completion queue, and the one system call between them.
/// <para>
/// Theory of operation. Both queues are memory shared with the kernel. <see cref="NextEntry"/> fills the submission queue without a system call;
/// <see cref="Enter"/> hands everything in it over, and a write to a TAP then runs to its end inside that call (the receiver's network stack included), so its
/// completion is there when the call returns. A read waits in the kernel for a frame. With DEFER_TASKRUN the kernel touches the completion queue and the
/// buffers only while this thread is inside <see cref="Enter"/>: between two calls nothing moves, which is what makes it safe to look at the buffers, and to
/// give their idle pages back, without a lock. <see cref="Ready"/>, <see cref="Completion"/> and <see cref="Advance"/> read the completion queue: the tail is
/// loaded once, the head is stored once, for a whole batch.
/// </para>
/// <para>Ordering: the kernel publishes completions with a release of the tail, so it is loaded with acquire; our stores of head and tail are releases.</para>
/// </summary>
internal sealed unsafe class Uring : IDisposable
{
    private readonly int _descriptor;
    private readonly uint* _submissionTail, _completionHead, _completionTail;
    private readonly io_uring_sqe* _submissions;
    private readonly io_uring_cqe* _completions;
    private readonly uint _submissionMask, _completionMask, _submissionEntries;
    private readonly List<(nint Address, ulong Size)> _mappings = [];
    private uint _tail, _submitted, _head;

    private Uring(int descriptor, in io_uring_params parameters, bool isDeferred)
    {
        _descriptor = descriptor;
        IsDeferred = isDeferred;
        try
        {
            byte* submission = Map(parameters.sq_off.array + (parameters.sq_entries * sizeof(uint)), IORING_OFF_SQ_RING);
            byte* completion = Map(parameters.cq_off.cqes + (parameters.cq_entries * (uint)sizeof(io_uring_cqe)), IORING_OFF_CQ_RING);
            _submissions = (io_uring_sqe*)Map(parameters.sq_entries * (uint)sizeof(io_uring_sqe), IORING_OFF_SQES);
            _submissionTail = (uint*)(submission + parameters.sq_off.tail);
            _submissionMask = *(uint*)(submission + parameters.sq_off.ring_mask);
            _submissionEntries = parameters.sq_entries;
            _completionHead = (uint*)(completion + parameters.cq_off.head);
            _completionTail = (uint*)(completion + parameters.cq_off.tail);
            _completionMask = *(uint*)(completion + parameters.cq_off.ring_mask);
            CompletionEntries = parameters.cq_entries;
            _completions = (io_uring_cqe*)(completion + parameters.cq_off.cqes);
            uint* array = (uint*)(submission + parameters.sq_off.array);
            for (uint i = 0; i < parameters.sq_entries; i++)
                array[i] = i;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether completions appear only during <see cref="Enter"/>.</summary>
    public bool IsDeferred { get; }

    /// <summary>Completions that the queue holds.</summary>
    public uint CompletionEntries { get; }

    /// <summary>Completions that wait to be read.</summary>
    public uint Ready
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref *_completionTail) - _head;
    }

    /// <summary>Sets a ring up with the best flags that the kernel takes.</summary>
    /// <returns>Null with an error number where it gives none.</returns>
    public static Uring? TryCreate(uint submissions, uint completions, out int errno)
    {
        ReadOnlySpan<uint> choices = [IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_COOP_TASKRUN, 0];
        errno = 0;
        foreach (uint choice in choices)
        {
            var parameters = new io_uring_params { flags = choice | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP, cq_entries = completions };
            int descriptor = io_uring_setup(submissions, &parameters);
            errno = descriptor < 0 ? LibC.errno : 0;
            if (descriptor >= 0 && (parameters.features & IORING_FEAT_EXT_ARG) != 0)
                return new Uring(descriptor, parameters, (choice & IORING_SETUP_DEFER_TASKRUN) != 0);
            if (descriptor >= 0)
                _ = close(descriptor);
            if (descriptor < 0 && errno != EINVAL)
                return null;
        }
        errno = ENOSYS;
        return null;
    }

    /// <summary>The next submission, all zero. Null where the queue is full and the kernel takes nothing now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public io_uring_sqe* NextEntry()
    {
        if (_tail - _submitted >= _submissionEntries && !TrySubmit())
            return null;
        io_uring_sqe* entry = &_submissions[_tail++ & _submissionMask];
        *entry = default;
        return entry;
    }

    /// <summary>Hands the submissions over and waits for completions, for no longer than the time given.</summary>
    /// <param name="minimum">How many completions to wait for, those of the submissions among them.</param>
    /// <param name="timeout">How long; negative is without end.</param>
    public void Enter(uint minimum, TimeSpan timeout)
    {
        Volatile.Write(ref *_submissionTail, _tail);
        uint flags = IORING_ENTER_GETEVENTS;
        kernel_timespec time;
        io_uring_getevents_arg argument;
        bool isTimed = minimum > 0 && timeout >= TimeSpan.Zero;
        if (isTimed)
        {
            flags |= IORING_ENTER_EXT_ARG;
            time = new kernel_timespec { tv_sec = timeout.Ticks / TimeSpan.TicksPerSecond, tv_nsec = timeout.Ticks % TimeSpan.TicksPerSecond * 100 };
            argument = new io_uring_getevents_arg { ts = (ulong)&time };
        }
        nint submitted = io_uring_enter(SYS_io_uring_enter, _descriptor, (nint)(_tail - _submitted), (nint)minimum, (nint)flags, isTimed ? &argument : null, isTimed ? sizeof(io_uring_getevents_arg) : 0);
        if (submitted >= 0)
            _submitted += (uint)submitted;
        else
            ThrowUnlessTransient(Marshal.GetLastSystemError());
    }

    /// <summary>The completion at an index below <see cref="Ready"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public io_uring_cqe* Completion(uint index) => &_completions[(_head + index) & _completionMask];

    /// <summary>Gives the places of completions that were read back to the kernel.</summary>
    public void Advance(uint count)
    {
        _head += count;
        Volatile.Write(ref *_completionHead, _head);
    }

    /// <summary>io_uring_register.</summary>
    /// <returns>0, or an error number.</returns>
    public int Register(uint operation, void* argument, uint count) => io_uring_register(_descriptor, operation, argument, count) < 0 ? LibC.errno : 0;

    /// <summary>Whether the kernel knows an operation (IORING_REGISTER_PROBE).</summary>
    public bool Supports(byte operation)
    {
        const int Operations = 256;
        byte* bytes = stackalloc byte[sizeof(io_uring_probe) + (Operations * sizeof(io_uring_probe_op))];
        new Span<byte>(bytes, sizeof(io_uring_probe) + (Operations * sizeof(io_uring_probe_op))).Clear();
        var probe = (io_uring_probe*)bytes;
        if (Register(IORING_REGISTER_PROBE, probe, Operations) != 0 || probe->last_op < operation)
            return false;
        return (io_uring_probe.ops(probe)[operation].flags & IO_URING_OP_SUPPORTED) != 0;
    }

    public void Dispose()
    {
        foreach ((nint address, ulong size) in _mappings)
            _ = munmap((void*)address, (size_t)size);
        _mappings.Clear();
        _ = close(_descriptor);
    }

    private static void ThrowUnlessTransient(int error)
    {
        if (error != ETIME && error != EINTR && error != EBUSY && error != EAGAIN)
            throw new TapException($"io_uring_enter failed (errno {error}).", error);
    }

    private bool TrySubmit()
    {
        Enter(0, TimeSpan.Zero);
        return _tail - _submitted < _submissionEntries;
    }

    private byte* Map(uint size, ulong offset)
    {
        void* address = mmap(null, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, _descriptor, (long)offset);
        if (address == MAP_FAILED)
            throw new TapException($"The queues of io_uring cannot be mapped (errno {LibC.errno}).", LibC.errno);
        _mappings.Add(((nint)address, size));
        return (byte*)address;
    }
}
