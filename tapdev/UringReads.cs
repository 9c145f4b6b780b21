using Tmds.Linux;
using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>How reads are kept in the kernel.</summary>
internal abstract unsafe class UringReads
{
    /// <summary>Arms reads for a port that has none.</summary>
    public abstract void Arm(Uring uring, UringPort port, ulong userData);

    protected static bool TryRead(Uring uring, UringPort port, ulong userData, byte operation, ulong offset, int flags)
    {
        io_uring_sqe* entry = uring.NextEntry();
        if (entry is null)
            return false;
        entry->opcode = operation;
        entry->flags = (byte)(IOSQE_BUFFER_SELECT | port.FileFlags);
        entry->fd = port.File;
        entry->off = offset;
        entry->rw_flags = flags;
        entry->buf_group = (ushort)port.Slot;
        entry->user_data = userData;
        port.ReadsInFlight++;
        port.ReadsArmed++;
        return true;
    }
}

/// <summary>One read brings frames until something ends it: no buffer (ENOBUFS), no room for completions, an error.</summary>
internal sealed class MultishotReads : UringReads
{
    public override void Arm(Uring uring, UringPort port, ulong userData) => TryRead(uring, port, userData, IORING_OP_READ_MULTISHOT, ulong.MaxValue, 0);
}

/// <summary>
/// One read brings one frame. Many waiting reads would all be woken by each frame, so only one waits; before it go as many that do not wait as frames are
/// likely to be there, judged by the last time. They run in order, so frames stay in order. Before Linux 6.4 a TAP knows no read that does not wait (FMODE_NOWAIT):
/// there the one that waits is all there is, and it goes to the kernel together with the writes of the frame before it.
/// </summary>
internal sealed class SingleReads : UringReads
{
    private const int MaximalBurst = 63;

    public override void Arm(Uring uring, UringPort port, ulong userData)
    {
        int wanted = port.Got > port.Burst ? (2 * port.Burst) + 1 : port.Got;
        port.Burst = port.AlwaysWaits ? 0 : Math.Min(Math.Min(wanted, MaximalBurst), port.Ring.Provided - 1);
        port.Got = 0;
        for (int i = 0; i < port.Burst; i++)
        {
            if (!TryRead(uring, port, userData, IORING_OP_READ, 0, RWF_NOWAIT))
                return;
        }
        TryRead(uring, port, userData, IORING_OP_READ, 0, 0);
    }
}
