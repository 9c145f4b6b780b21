using System.IO.Pipelines;

namespace TapDev;

/// <summary>
/// The receiving side of a device. One <see cref="ReadResult"/> is one batch, and each segment of its sequence is exactly one <see cref="Frame"/>.
/// <see cref="PipeReader.TryRead"/> never blocks. <see cref="PipeReader.AdvanceTo(SequencePosition)"/> ends the batch: every frame of it that was not handed on
/// (<see cref="FrameWriter.TrySend"/>) goes back to the device, whatever the position says.
/// </summary>
public abstract class FrameReader : PipeReader
{
    /// <summary>
    /// The same as <see cref="PipeReader.TryRead"/> without the sequence around it: the first frame of the batch, or null where none arrived.
    /// Walk it with <see cref="Frame.NextInBatch"/> (taken before the frame is handed on), then call <see cref="EndBatch"/>.
    /// </summary>
    public abstract Frame? TryReadBatch();

    /// <summary>Gives back the frames of the batch that were not handed on.</summary>
    public abstract void EndBatch();
}
