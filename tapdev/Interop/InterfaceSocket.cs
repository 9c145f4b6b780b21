using System.Text;
using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>A socket that reads and writes the settings of interfaces, in the network namespace in which it was made. Results are 0 or an error number.</summary>
internal sealed unsafe class InterfaceSocket : IDisposable
{
    private readonly int _descriptor;

    public InterfaceSocket()
    {
        _descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (_descriptor < 0)
            throw new TapException($"No socket for interface settings (errno {errno}).", errno);
    }

    /// <summary>An ifreq for an interface.</summary>
    public static ifreq Request(string name)
    {
        ifreq request = default;
        Encoding.ASCII.GetBytes(name, new Span<byte>(request.ifr_name, IFNAMSIZ - 1));
        return request;
    }

    public int GetFlags(string name, out short flags)
    {
        ifreq request = Request(name);
        int error = Call(SIOCGIFFLAGS, &request);
        flags = request.ifr_flags;
        return error;
    }

    public int SetUp(string name)
    {
        int error = GetFlags(name, out short flags);
        if (error != 0)
            return error;
        ifreq request = Request(name);
        request.ifr_flags = (short)(flags | IFF_UP);
        return Call(SIOCSIFFLAGS, &request);
    }

    public int GetIndex(string name, out int index)
    {
        ifreq request = Request(name);
        int error = Call(SIOCGIFINDEX, &request);
        index = request.ifr_ifindex;
        return error;
    }

    public int SetMtu(string name, int mtu)
    {
        ifreq request = Request(name);
        request.ifr_mtu = mtu;
        return Call(SIOCSIFMTU, &request);
    }

    public int GetMtu(string name, out int mtu)
    {
        ifreq request = Request(name);
        int error = Call(SIOCGIFMTU, &request);
        mtu = request.ifr_mtu;
        return error;
    }

    public int SetTxQueueLength(string name, int frames)
    {
        ifreq request = Request(name);
        request.ifr_qlen = frames;
        return Call(SIOCSIFTXQLEN, &request);
    }

    public int SetHardwareAddress(string name, ReadOnlySpan<byte> address)
    {
        ifreq request = Request(name);
        request.ifr_hwaddr_family = ARPHRD_ETHER;
        address.CopyTo(new Span<byte>(request.ifr_hwaddr_data, 14));
        return Call(SIOCSIFHWADDR, &request);
    }

    /// <summary>Makes an interface a port of a bridge. One left there by an earlier life is taken out first.</summary>
    public int Enslave(string bridge, int interfaceIndex)
    {
        ifreq request = Request(bridge);
        request.ifr_ifindex = interfaceIndex;
        _ = Call(SIOCBRDELIF, &request);
        return Call(SIOCBRADDIF, &request);
    }

    /// <summary>Whether it is a port of the bridge already. By /sys, so of the network namespace that the process began in.</summary>
    public static bool IsPort(string bridge, string name) => Directory.Exists($"/sys/class/net/{bridge}/brif/{name}");

    public void Dispose() => _ = close(_descriptor);

    private int Call(int operation, ifreq* request) => ioctl(_descriptor, operation, request) < 0 ? errno : 0;
}
