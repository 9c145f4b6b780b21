using System.Buffers;
using System.IO.Pipelines;

namespace TapDev;

/// <summary>
/// The reader of every device. Frames that arrive are appended to the next batch; <see cref="TryReadBatch"/> opens it, <see cref="EndBatch"/> closes it. The
/// open batch is remembered by buffer number, because a frame that was handed on may already be home, or even part of the next batch, when this one ends.
/// </summary>
internal sealed class BatchReader(FrameDevice device, FramePool pool) : FrameReader
{
    private ushort[] _arrived = new ushort[pool.Frames.Length];
    private ushort[] _open = new ushort[pool.Frames.Length];
    private int _arrivedCount, _openCount, _batch;
    private Frame? _first, _last;
    private bool _isOpen;

    /// <summary>Whether a batch waits to be read.</summary>
    public bool HasBatch => _arrivedCount > 0;

    /// <summary>Adds a frame, whose lease is out and whose length is set, to the next batch.</summary>
    public void Append(Frame frame)
    {
        frame.Tag = device.Tag;
        frame.IsWithCaller = true;
        frame.Batch = _batch;
        frame.Link(null);
        if (_last is null)
            _first = frame;
        else
            _last.Link(frame);
        _last = frame;
        _arrived[_arrivedCount++] = frame.Id;
    }

    public override Frame? TryReadBatch()
    {
        if (_isOpen)
            throw new InvalidOperationException($"The last batch of {device.Name} is still open: end it with EndBatch (or AdvanceTo) first.");
        if (_first is not { } first)
            return null;
        (_open, _arrived) = (_arrived, _open);
        (_openCount, _arrivedCount) = (_arrivedCount, 0);
        (_first, _last) = (null, null);
        _isOpen = true;
        _batch++;
        return first;
    }

    public override void EndBatch()
    {
        if (!_isOpen)
            return;
        _isOpen = false;
        Frame[] frames = pool.Frames;
        foreach (ushort id in _open.AsSpan(0, _openCount))
        {
            Frame frame = frames[id];
            if (!frame.IsWithCaller || frame.Batch != _batch - 1)
                continue;
            frame.IsWithCaller = false;
            pool.Return(frame);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        if (TryReadBatch() is not { } first)
        {
            result = default;
            return false;
        }
        Frame last = first;
        long index = 0;
        for (Frame? frame = first; frame is not null; frame = frame.NextInBatch)
        {
            frame.Link(frame.NextInBatch, index);
            index += frame.Length;
            last = frame;
        }
        result = new ReadResult(new ReadOnlySequence<byte>(first, 0, last, last.Length), isCanceled: false, isCompleted: device.State == DeviceState.Lost);
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => TryRead(out ReadResult result)
        ? new ValueTask<ReadResult>(result)
        : throw new NotSupportedException("Nothing arrived, and the reader has no wait of its own: turn the loop (TapLoop.Wait), then call TryRead.");

    public override void AdvanceTo(SequencePosition consumed) => EndBatch();

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => EndBatch();

    public override void CancelPendingRead()
    {
    }

    /// <summary>Gives back the open batch and the frames that nobody read.</summary>
    public override void Complete(Exception? exception = null)
    {
        EndBatch();
        if (TryReadBatch() is not null)
            EndBatch();
    }
}
