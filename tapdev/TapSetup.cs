using System.Diagnostics;
using System.Text;
using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>The settings of a TAP, and the words for what goes wrong with them.</summary>
internal static class TapSetup
{
    private static readonly TimeSpan LongestRelease = TimeSpan.FromSeconds(2);

    /// <summary>Looks at what can be known before anything is made.</summary>
    public static void Validate(TapOptions options)
    {
        string name = options.Name;
        if (name.Length == 0 || name is "." or ".." || name.Any(c => c is '/' or '%' or ':' || c <= ' ' || c > '~'))
            throw new TapException($"'{name}' is no name for an interface: 1 to {IFNAMSIZ - 1} printable ASCII characters, without '/', ':', '%' and blanks.");
        if (Encoding.ASCII.GetByteCount(name) >= IFNAMSIZ)
            throw new TapException($"The interface name '{name}' has {name.Length} characters, and Linux takes {IFNAMSIZ - 1}: shorten it.");
        if (options.HardwareAddress is { } address && address.GetAddressBytes() is not { Length: 6 })
            throw new TapException($"The hardware address of {name} has {address.GetAddressBytes().Length} bytes instead of 6.");
        if (options.Buffers is < 1 or > 32768 || !int.IsPow2(options.Buffers))
            throw new TapException($"Buffers of {name} is {options.Buffers}: it must be a power of two from 1 to 32768.");
        if (options.OwnPoolBuffers is < 1 or > 32768 || !int.IsPow2(options.OwnPoolBuffers))
            throw new TapException($"OwnPoolBuffers of {name} is {options.OwnPoolBuffers}: it must be a power of two from 1 to 32768.");
        if (options.BufferSize is < 2048 or > 1 << 20)
            throw new TapException($"BufferSize of {name} is {options.BufferSize}: it must be from 2048 to 1048576 bytes.");
        if (options.QueueLimit < 1)
            throw new TapException($"QueueLimit of {name} is {options.QueueLimit}: it must be at least 1.");
    }

    /// <summary>
    /// Attaches to a TAP, or makes it, with patience: the kernel lets the TAP of an io_uring go some milliseconds after its program's end, and whoever starts the next one may be faster.
    /// </summary>
    /// <param name="socket">A socket in its network namespace.</param>
    /// <param name="options">The settings.</param>
    /// <param name="isNew">Whether the interface was made just now.</param>
    public static TunHandle Attach(InterfaceSocket socket, TapOptions options, out bool isNew)
    {
        long since = Stopwatch.GetTimestamp();
        using var patience = new ManualResetEventSlim();
        while (true)
        {
            isNew = socket.GetIndex(options.Name, out _) != 0;
            try
            {
                return TunHandle.Open(options.Name, Where(options));
            }
            catch (TapException exception) when (exception.Errno == EBUSY && Stopwatch.GetElapsedTime(since) < LongestRelease)
            {
                // Nothing tells when it becomes free.
                patience.Wait(TimeSpan.FromMilliseconds(10));
            }
        }
    }

    /// <summary>Sets an interface up. Without CAP_NET_ADMIN it has to be right already; the length of its queue is left as it is then.</summary>
    /// <param name="socket">A socket in its network namespace.</param>
    /// <param name="options">The settings.</param>
    /// <param name="isNew">Whether the interface was made just now.</param>
    public static void Apply(InterfaceSocket socket, TapOptions options, bool isNew)
    {
        string name = options.Name;
        if (options.Mtu is { } mtu)
            Check(UnlessRight(socket.SetMtu(name, mtu), socket.GetMtu(name, out int found) == 0 && found == mtu), options, $"takes no MTU of {mtu}");
        Check(UnlessRight(socket.SetTxQueueLength(name, options.TxQueueLength), isRight: true), options, $"takes no queue of {options.TxQueueLength} frames");
        if (options.HardwareAddress is { } address)
            Check(socket.SetHardwareAddress(name, address.GetAddressBytes()), options, $"takes no hardware address {address}");
        if (options.Bridge is { } bridge)
            Enslave(socket, options, bridge);
        if (options.Up)
            Check(UnlessRight(socket.SetUp(name), socket.GetFlags(name, out short flags) == 0 && (flags & IFF_UP) != 0), options, isNew ? "cannot be brought up" : "was there and cannot be brought up");
    }

    /// <summary>The place, as messages say it.</summary>
    public static string Where(TapOptions options) => options.Namespace is { } name ? $" in the network namespace {name}" : "";

    private static void Enslave(InterfaceSocket socket, TapOptions options, string bridge)
    {
        if (Encoding.ASCII.GetByteCount(bridge) is 0 or >= IFNAMSIZ || socket.GetIndex(bridge, out _) != 0)
            throw new TapException($"There is no bridge '{bridge}'{Where(options)} for {options.Name}: make it with `ip link add {bridge} type bridge`.", ENODEV);
        Check(socket.GetIndex(options.Name, out int index), options, "has no index");
        int error = UnlessRight(socket.Enslave(bridge, index), InterfaceSocket.IsPort(bridge, options.Name));
        if (error == EOPNOTSUPP)
            throw new TapException($"'{bridge}'{Where(options)} is no bridge, so {options.Name} cannot be its port: name a bridge.", error);
        Check(error, options, $"cannot be a port of the bridge {bridge}");
    }

    private static int UnlessRight(int error, bool isRight) => error == EPERM && isRight ? 0 : error;

    private static void Check(int error, TapOptions options, string what)
    {
        if (error != 0)
            throw new TapException($"The TAP {options.Name}{Where(options)} {what} (errno {error}{(error == EPERM ? ", that takes CAP_NET_ADMIN, or one who has it to set it before" : "")}).", error);
    }
}
