using System.Runtime.InteropServices;

#pragma warning disable CS8981, CA1707, IDE1006 // Native names stay native.

namespace TapDev;

/// <summary>What the system call package lacks, under the names of the kernel's headers (linux/io_uring.h, linux/if_tun.h, linux/if.h, linux/sockios.h).</summary>
internal static class Native
{
    public const int SYS_io_uring_enter = 426;
    public static readonly int SYS_read = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 0 : 63;
    public static readonly int SYS_write = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 1 : 64;

    public const uint IORING_SETUP_COOP_TASKRUN = 1u << 8;
    public const uint IORING_SETUP_SINGLE_ISSUER = 1u << 12;
    public const uint IORING_SETUP_DEFER_TASKRUN = 1u << 13;
    public const uint IORING_FEAT_EXT_ARG = 1u << 8;
    public const uint IORING_ENTER_EXT_ARG = 1u << 3;
    public const uint IORING_REGISTER_PBUF_RING = 22;
    public const uint IORING_UNREGISTER_PBUF_RING = 23;
    public const uint IORING_CQE_F_MORE = 1u << 1;
    public const byte IORING_OP_READ_MULTISHOT = 49;
    public const int RWF_NOWAIT = 8;

    public const int TUNSETIFF = 0x400454ca;
    public const int TUNSETPERSIST = 0x400454cb;
    public const int TUNSETOWNER = 0x400454cc;
    public const int TUNSETOFFLOAD = 0x400454d0;
    public const int TUNGETIFF = unchecked((int)0x800454d2);
    public const int TUNSETVNETHDRSZ = 0x400454d8;

    public const short IFF_UP = 1;
    public const short IFF_TAP = 2;
    public const short IFF_NO_PI = 0x1000;
    public const short IFF_VNET_HDR = 0x4000;
    public const int IFNAMSIZ = 16;
    public const ushort ARPHRD_ETHER = 1;

    public const int SIOCBRADDIF = 0x89a2;
    public const int SIOCBRDELIF = 0x89a3;

    /// <summary>
    /// syscall(2) for io_uring_enter(2), once a turn of the loop: arguments that need no marshalling and no errno kept aside make it a plain call. On -1 ask
    /// <see cref="Marshal.GetLastSystemError"/> at once.
    /// </summary>
    [DllImport("libc", EntryPoint = "syscall", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern unsafe nint io_uring_enter(nint number, nint descriptor, nint submissions, nint minimum, nint flags, void* argument, nint size);

    /// <summary>
    /// syscall(2) for read(2) and write(2), once a frame. The functions of these names in the C library are points where a thread may be cancelled, which costs two locked instructions each
    /// time; this is not, and has no marshalling either. Descriptors that do not block only: the garbage collector waits for the call's end. On -1 ask <see cref="Marshal.GetLastSystemError"/> at once.
    /// </summary>
    [DllImport("libc", EntryPoint = "syscall", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    public static extern unsafe nint read_write(nint number, nint descriptor, void* buffer, nint length);

    /// <summary>struct ifreq.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    public unsafe struct ifreq
    {
        [FieldOffset(0)]
        public fixed byte ifr_name[IFNAMSIZ];

        [FieldOffset(16)]
        public short ifr_flags;

        [FieldOffset(16)]
        public int ifr_ifindex;

        [FieldOffset(16)]
        public int ifr_mtu;

        [FieldOffset(16)]
        public int ifr_qlen;

        [FieldOffset(16)]
        public ushort ifr_hwaddr_family;

        [FieldOffset(18)]
        public fixed byte ifr_hwaddr_data[14];
    }

    /// <summary>struct io_uring_buf. The ring's tail lies in the first one's resv.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_uring_buf
    {
        public ulong addr;
        public uint len;
        public ushort bid;
        public ushort resv;
    }

    /// <summary>struct io_uring_buf_reg.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    public struct io_uring_buf_reg
    {
        public ulong ring_addr;
        public uint ring_entries;
        public ushort bgid;
        public ushort flags;
    }

    /// <summary>struct io_uring_getevents_arg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_uring_getevents_arg
    {
        public ulong sigmask;
        public uint sigmask_sz;
        public uint pad;
        public ulong ts;
    }

    /// <summary>struct __kernel_timespec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct kernel_timespec
    {
        public long tv_sec;
        public long tv_nsec;
    }
}
