using System.Text;
using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>A file descriptor of /dev/net/tun that is attached to one TAP. Closing it removes the TAP, unless that persists.</summary>
internal sealed unsafe class TunHandle : IDisposable
{
    private static readonly Offloads[] _offloadSteps =
    [
        Offloads.All,
        Offloads.Checksum | Offloads.Tso4 | Offloads.Tso6,
        Offloads.Checksum | Offloads.Tso4,
        Offloads.Checksum,
        Offloads.None,
    ];

    private TunHandle(int descriptor) => Descriptor = descriptor;

    public int Descriptor { get; private set; }

    /// <summary>Attaches to the TAP of that name in the thread's network namespace, and makes it where there is none.</summary>
    public static TunHandle Open(string name, string where)
    {
        int descriptor = FileDescriptor.Open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (descriptor < 0)
            throw new TapException(DescribeOpen(errno), errno);
        var handle = new TunHandle(descriptor);
        ifreq request = InterfaceSocket.Request(name);
        request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
        int size = VirtioHeader.Size;
        if (ioctl(descriptor, TUNSETIFF, &request) < 0 || ioctl(descriptor, TUNSETVNETHDRSZ, &size) < 0)
        {
            int error = errno;
            handle.Dispose();
            throw new TapException(DescribeAttach(error, name, where), error);
        }
        return handle;
    }

    /// <summary>Asks for offloads, and for fewer where they are refused.</summary>
    /// <returns>What was granted.</returns>
    public Offloads SetOffloads(Offloads wanted)
    {
        foreach (Offloads step in _offloadSteps)
        {
            if (ioctl(Descriptor, TUNSETOFFLOAD, (int)(step & wanted)) == 0)
                return step & wanted;
        }
        return Offloads.None;
    }

    /// <summary>Whether the TAP outlives this descriptor.</summary>
    public int SetPersist(bool persist) => ioctl(Descriptor, TUNSETPERSIST, persist ? 1 : 0) < 0 ? errno : 0;

    /// <summary>Lets a user attach to the TAP without CAP_NET_ADMIN.</summary>
    public int SetOwner(uint user) => ioctl(Descriptor, TUNSETOWNER, (int)user) < 0 ? errno : 0;

    /// <summary>The TAP's name now: it may have been renamed.</summary>
    /// <returns>0, or an error number: EBADFD where the TAP was deleted.</returns>
    public int GetName(out string name)
    {
        ifreq request = default;
        name = "";
        if (ioctl(Descriptor, TUNGETIFF, &request) < 0)
            return errno;
        var bytes = new ReadOnlySpan<byte>(request.ifr_name, IFNAMSIZ);
        name = Encoding.ASCII.GetString(bytes[..bytes.IndexOf((byte)0)]);
        return 0;
    }

    public void Dispose()
    {
        if (Descriptor < 0)
            return;
        _ = close(Descriptor);
        Descriptor = -1;
    }

    private static string DescribeOpen(int error) => error switch
    {
        _ when error == ENOENT || error == ENODEV || error == ENXIO => $"/dev/net/tun is missing (errno {error}): load the module with `modprobe tun`, or pass the device into the container.",
        _ when error == EACCES || error == EPERM => $"/dev/net/tun may not be opened (errno {error}): run with access to the device.",
        _ => $"/dev/net/tun cannot be opened (errno {error}).",
    };

    private static string DescribeAttach(int error, string name, string where) => error switch
    {
        _ when error == EBUSY => $"The TAP {name}{where} is in use by another program (EBUSY): stop that one, or choose another name.",
        _ when error == EINVAL => $"The name {name}{where} belongs to an interface that is no single-queue TAP (EINVAL): choose another name, or delete that interface.",
        _ when error == EPERM => $"The TAP {name}{where} may not be made or taken (EPERM): that takes CAP_NET_ADMIN in its network namespace, or a persistent TAP that this user owns.",
        _ => $"The TAP {name}{where} cannot be made (errno {error}).",
    };
}
