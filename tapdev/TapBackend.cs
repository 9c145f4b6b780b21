namespace TapDev;

/// <summary>How a <see cref="TapLoop"/> talks to the kernel. All behave the same; they differ in speed.</summary>
public enum TapBackend
{
    /// <summary>io_uring with reads that stay armed for many frames: Linux 6.7 and later. The fastest.</summary>
    IoUringMultishot,

    /// <summary>io_uring with one read for each frame: Linux 5.19 and later.</summary>
    IoUring,

    /// <summary>epoll with a system call for each frame: everywhere, also where io_uring is switched off by sysctl or seccomp.</summary>
    Epoll,
}
