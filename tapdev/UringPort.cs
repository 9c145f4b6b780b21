using System.IO.Pipelines;

namespace TapDev;

/// <summary>A device on io_uring.</summary>
internal sealed class UringPort : TapPort
{
    public UringPort(TapDevice device, BufferRing ring, UringWriter writer, int slot, int file, byte fileFlags)
        : base(device, ring, writer)
    {
        Ring = ring;
        Writer = writer;
        (Slot, File, FileFlags) = (slot, file, fileFlags);
        writer.Port = this;
    }

    public new BufferRing Ring { get; }

    public new UringWriter Writer { get; }

    /// <summary>The place in the engine's table, which completions name.</summary>
    public int Slot { get; }

    /// <summary>A file descriptor, or the index of a registered file.</summary>
    public int File { get; }

    /// <summary>IOSQE_FIXED_FILE for a registered file.</summary>
    public byte FileFlags { get; }

    /// <summary>Reads that the kernel holds.</summary>
    public int ReadsInFlight { get; set; }

    /// <summary>Reads armed since the beginning: a test's view of what ended them.</summary>
    public long ReadsArmed { get; set; }

    /// <summary>Frames that the reads armed last have brought.</summary>
    public int Got { get; set; }

    /// <summary>How many reads that do not wait were armed last.</summary>
    public int Burst { get; set; }

    /// <summary>Whether the kernel has refused a read that does not wait.</summary>
    public bool AlwaysWaits { get; set; }
}

/// <summary>Puts each frame into the submission queue at once: the queue between us and the kernel is that one.</summary>
internal sealed class UringWriter(UringEngine engine, TapOptions options) : GeneratingWriter(options.OwnPoolBuffers, options.BufferSize)
{
    private readonly int _limit = options.QueueLimit;
    private int _pending;

    public UringPort Port { get; set; } = null!;

    public override int Pending => _pending;

    public override int Room => _limit - _pending;

    public override bool TrySend(Frame frame)
    {
        if (_pending >= _limit || Port.IsClosing)
            return false;
        frame.HandOn();
        if (!engine.TryWrite(Port, frame))
        {
            frame.IsWithCaller = true;
            return false;
        }
        _pending++;
        return true;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

    /// <summary>A write has ended.</summary>
    public void End() => _pending--;
}
