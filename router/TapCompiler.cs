using Router.Configuration;
using TapDev;

namespace Router;

/// <summary>What the configuration asks of the devices, in their words.</summary>
internal static class TapCompiler
{
    /// <summary>The back end that an interface insists on; null: the best that can be had.</summary>
    public static TapBackend? BackendOf(RouterConfiguration configuration) => configuration.Interfaces.Select(entry => entry.Backend).FirstOrDefault(choice => choice != BackendChoice.Auto) switch
    {
        BackendChoice.Auto => null,
        BackendChoice.IoUringMultishot => TapBackend.IoUringMultishot,
        BackendChoice.IoUring => TapBackend.IoUring,
        BackendChoice.Epoll => TapBackend.Epoll,
    };

    public static TapOptions OptionsOf(InterfaceConfiguration entry) => new()
    {
        Name = entry.Tap,
        Namespace = entry.Namespace,
        Bridge = entry.Bridge,
        Mtu = entry.Mtu,
        Persist = entry.Persist,
        Buffers = entry.Buffers,
    };
}
