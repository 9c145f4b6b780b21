using System.Net.NetworkInformation;

namespace TapDev;

/// <summary>Which TAP <see cref="TapLoop.Open"/> makes or takes, and how it is set up.</summary>
public sealed record TapOptions
{
    /// <summary>The interface's name, 1 to 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>The network namespace in which it lives, a name under /run/netns; null for the thread's own.</summary>
    public string? Namespace { get; init; }

    /// <summary>A bridge in that namespace which it becomes a port of.</summary>
    public string? Bridge { get; init; }

    /// <summary>The MTU in bytes; null leaves it.</summary>
    public int? Mtu { get; init; }

    /// <summary>Frames that the kernel queues for us (txqueuelen).</summary>
    public int TxQueueLength { get; init; } = 10000;

    /// <summary>The address of the interface, the host's end; null leaves it.</summary>
    public PhysicalAddress? HardwareAddress { get; init; }

    /// <summary>Whether the TAP outlives the process. Without it, one that was there before stays too, and one that was made is removed.</summary>
    public bool Persist { get; init; }

    /// <summary>Whether the interface is brought up.</summary>
    public bool Up { get; init; } = true;

    /// <summary>Offloads to ask for; what the kernel refuses is left out (<see cref="FrameDevice.Offloads"/>).</summary>
    public Offloads Offloads { get; init; } = Offloads.All;

    /// <summary>Buffers of the ring, a power of two. Each takes <see cref="BufferSize"/> bytes once it is used.</summary>
    public int Buffers { get; init; } = 256;

    /// <summary>Bytes of one buffer, the virtio header included. A longer frame is cut off, so leave it unless no super-frames are asked for.</summary>
    public int BufferSize { get; init; } = 66048;

    /// <summary>Frames that the egress queue takes.</summary>
    public int QueueLimit { get; init; } = 1024;

    /// <summary>Buffers for frames that the caller makes, a power of two.</summary>
    public int OwnPoolBuffers { get; init; } = 256;
}
