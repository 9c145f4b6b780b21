namespace TapDev;

/// <summary>A back end: it moves frames between the kernel and the ports of a loop.</summary>
internal abstract class LoopEngine : IDisposable
{
    /// <summary>Whether buffers that are home stay untouched between two waits, so that their pages may be given back.</summary>
    public abstract bool CanTrim { get; }

    /// <summary>Begins to read from a device.</summary>
    public abstract TapPort Attach(TapDevice device, int descriptor, TapOptions options);

    /// <summary>Ends reading and writing, and lets go of the descriptor.</summary>
    public abstract void Detach(TapPort port);

    /// <summary>Hands over what is queued, waits no longer than the time given (negative: without end), and books what ended.</summary>
    public abstract void Wait(TimeSpan timeout);

    /// <summary>Ends a wait. From any thread.</summary>
    public abstract void Wake();

    /// <summary>Whether the last <see cref="Wait"/> saw a <see cref="Wake"/>.</summary>
    public bool WasWoken { get; protected set; }

    public abstract void Dispose();
}

/// <summary>A device as its back end sees it.</summary>
internal abstract class TapPort(TapDevice device, FramePool ring, GeneratingWriter writer)
{
    public TapDevice Device { get; } = device;

    public FramePool Ring { get; } = ring;

    public BatchReader Reader { get; } = new(device, ring);

    public GeneratingWriter Writer { get; } = writer;

    /// <summary>Whether reading stopped on an error. <see cref="TapLoop.Maintain"/> tries again, so that nothing spins meanwhile.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Whether the device is being disposed.</summary>
    public bool IsClosing { get; set; }

    public bool MayRead => !IsPaused && !IsClosing && Device.State != DeviceState.Lost;
}
