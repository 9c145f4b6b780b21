namespace TapDev;

/// <summary>How a <see cref="MemoryDevice"/> is made.</summary>
public sealed record MemoryDeviceOptions
{
    /// <summary>Buffers of the ring, a power of two. A frame that arrives while all are lent is lost.</summary>
    public int Buffers { get; init; } = 256;

    /// <summary>Bytes of one buffer, the virtio header included.</summary>
    public int BufferSize { get; init; } = 66048;

    /// <summary>Frames that the egress queue takes.</summary>
    public int QueueLimit { get; init; } = 1024;

    /// <summary>Buffers for frames that the caller makes, a power of two.</summary>
    public int OwnPoolBuffers { get; init; } = 256;

    /// <summary>Which super-frames the device says it takes.</summary>
    public Offloads Offloads { get; init; } = Offloads.All;

    /// <summary>Whether sent frames are copied and kept for <see cref="MemoryDevice.TryTakeSent"/>. Without it nothing is allocated per frame.</summary>
    public bool KeepSent { get; init; } = true;
}
