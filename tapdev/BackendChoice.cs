using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>Finds the best back end by asking the kernel, not by reading its version.</summary>
internal static class BackendChoice
{
    public static (LoopEngine Engine, TapBackend Backend, string Reason) Make(TapLoopOptions options)
    {
        if (options.Backend == TapBackend.Epoll)
            return (new EpollEngine(), TapBackend.Epoll, "The configuration asks for epoll.");
        Uring? ring = TryCreate(options, out string problem);
        if (ring is null)
        {
            if (options.Backend is { } forced)
                throw new TapException($"The back end {forced} cannot be had: {problem} Leave the choice open, or take {TapBackend.Epoll}.");
            return (new EpollEngine(), TapBackend.Epoll, $"{problem} epoll is slower.");
        }
        bool isMultishot = ring.Supports(IORING_OP_READ_MULTISHOT);
        if (!isMultishot && options.Backend == TapBackend.IoUringMultishot)
        {
            ring.Dispose();
            throw new TapException($"The back end {TapBackend.IoUringMultishot} cannot be had: the kernel has no multishot reads (they came with Linux 6.7). Leave the choice open, or take {TapBackend.IoUring}.");
        }
        if (options.Backend == TapBackend.IoUring)
            return (new UringEngine(ring, new SingleReads()), TapBackend.IoUring, "The configuration asks for io_uring without multishot reads.");
        return isMultishot
            ? (new UringEngine(ring, new MultishotReads()), TapBackend.IoUringMultishot, "The kernel has io_uring with multishot reads.")
            : (new UringEngine(ring, new SingleReads()), TapBackend.IoUring, "The kernel has io_uring, and no multishot reads (they came with Linux 6.7).");
    }

    private static Uring? TryCreate(TapLoopOptions options, out string problem)
    {
        Uring? ring = Uring.TryCreate((uint)options.SubmissionEntries, (uint)options.CompletionEntries, out int error);
        if (ring is null)
        {
            problem = error switch
            {
                _ when error == EPERM => "io_uring is not permitted (EPERM: sysctl kernel.io_uring_disabled, or seccomp).",
                _ when error == ENOSYS => "The kernel has no io_uring that will do (it takes Linux 5.19), or seccomp hides it.",
                _ => $"io_uring cannot be set up (errno {error}).",
            };
            return null;
        }
        if (BufferRing.IsSupported(ring))
        {
            problem = "";
            return ring;
        }
        ring.Dispose();
        problem = "The kernel's io_uring has no buffer rings (they came with Linux 5.19).";
        return null;
    }
}
