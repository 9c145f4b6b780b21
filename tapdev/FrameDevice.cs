using System.IO.Pipelines;

namespace TapDev;

/// <summary>
/// A device that carries Ethernet frames, each behind a <see cref="VirtioHeader.Size"/>-byte virtio header. <c>TapDevice</c> is the real one,
/// <see cref="MemoryDevice"/> its in-memory twin. Both belong to one thread: the one that turns their loop.
/// </summary>
public abstract class FrameDevice : IDuplexPipe
{
    /// <summary>The name that logs and counters use.</summary>
    public abstract string Name { get; }

    /// <summary>A number of the caller's choice, to find its own record of this device without a look-up. Not used by the library.</summary>
    public int Tag { get; set; }

    /// <summary>Whether frames can pass now.</summary>
    public abstract DeviceState State { get; }

    /// <summary>Which offloads the peer accepted, so which super-frames may be written to this device.</summary>
    public abstract Offloads Offloads { get; }

    /// <summary>Batches of frames that arrived.</summary>
    public abstract FrameReader Input { get; }

    /// <summary>Frames to send.</summary>
    public abstract FrameWriter Output { get; }

    /// <summary>Who is told of the end of each write.</summary>
    public IWriteObserver? Observer { get; set; }

    PipeReader IDuplexPipe.Input => Input;

    PipeWriter IDuplexPipe.Output => Output;
}

/// <summary>Whether a device can carry frames.</summary>
public enum DeviceState
{
    /// <summary>It carries frames.</summary>
    Up,

    /// <summary>It exists, and its owner took it down: reads and writes answer EIO. It may come up again.</summary>
    Down,

    /// <summary>It was deleted. It will not come back.</summary>
    Lost,
}

/// <summary>Segmentation and checksum offloads of a device, the TUN_F_ flags of linux/if_tun.h under readable names.</summary>
[Flags]
public enum Offloads
{
    /// <summary>None: every frame is whole and its checksums are complete.</summary>
    None = 0,

    /// <summary>Checksums may be left to the receiver (TUN_F_CSUM).</summary>
    Checksum = 1,

    /// <summary>TCP over IPv4 super-frames (TUN_F_TSO4).</summary>
    Tso4 = 2,

    /// <summary>TCP over IPv6 super-frames (TUN_F_TSO6).</summary>
    Tso6 = 4,

    /// <summary>UDP over IPv4 super-frames (TUN_F_USO4, Linux 6.2).</summary>
    Uso4 = 0x20,

    /// <summary>UDP over IPv6 super-frames (TUN_F_USO6, Linux 6.2).</summary>
    Uso6 = 0x40,

    /// <summary>All of them.</summary>
    All = Checksum | Tso4 | Tso6 | Uso4 | Uso6,
}

/// <summary>Is told how each write ended, on the loop's thread, during <c>TapLoop.Wait</c> (or <see cref="System.IO.Pipelines.PipeWriter.FlushAsync"/> of a <see cref="MemoryDevice"/>).</summary>
public interface IWriteObserver
{
    /// <summary>The frame left through <paramref name="device"/>. Its buffer goes back to its owner right after this call.</summary>
    void Written(FrameDevice device, Frame frame);

    /// <summary>The frame did not leave: <paramref name="errno"/> says why (EIO: down, EBADFD: deleted, EINVAL: virtio header refused).</summary>
    void WriteFailed(FrameDevice device, Frame frame, int errno);
}
