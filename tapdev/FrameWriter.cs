using System.IO.Pipelines;

namespace TapDev;

/// <summary>
/// The sending side of a device. A frame in transit moves here without a copy (<see cref="TrySend"/>); one that the caller makes itself is written into
/// <see cref="PipeWriter.GetMemory"/> (virtio header first), and one <see cref="PipeWriter.Advance"/> is one frame: a departure from what a stream of bytes does.
/// One <see cref="PipeWriter.FlushAsync"/> a batch completes synchronously and hands everything to the loop.
/// </summary>
public abstract class FrameWriter : PipeWriter
{
    /// <summary>
    /// Takes the frame's lease and queues it. False where the queue is full, or the device cannot send: the frame then stays the caller's.
    /// </summary>
    public abstract bool TrySend(Frame frame);

    /// <summary>Frames queued and not yet written.</summary>
    public abstract int Pending { get; }

    /// <summary>How many more frames the queue takes.</summary>
    public abstract int Room { get; }

    /// <summary>How many frames the caller can make now: bounded by the queue and by the writer's own buffers.</summary>
    public abstract int RoomToGenerate { get; }

    /// <summary>The <see cref="Frame.Tag"/> of the frames that <see cref="PipeWriter.Advance"/> makes.</summary>
    public int GeneratedTag { get; set; } = -1;

    /// <summary>How many frames that the caller made were lost, because the queue or the writer's own pool was exhausted.</summary>
    public long GeneratedLost { get; private protected set; }

    /// <summary>
    /// Makes one frame of the <paramref name="bytes"/> bytes written into the last <see cref="PipeWriter.GetMemory"/>, and queues it.
    /// False where the queue was full, or no buffer was left for <see cref="PipeWriter.GetMemory"/>: the frame is lost and counted in <see cref="GeneratedLost"/>.
    /// </summary>
    public abstract bool TryAdvance(int bytes);
}
