namespace TapDev;

/// <summary>The half of a writer that is the same everywhere: frames that the caller makes, in buffers of the writer's own.</summary>
internal abstract class GeneratingWriter(int buffers, int bufferSize) : FrameWriter
{
    private readonly FrameStack _own = new(source: null, buffers, bufferSize);
    private byte[]? _scratch;
    private Frame? _current;

    /// <summary>The pool of the frames that the caller makes.</summary>
    public FrameStack Own => _own;

    public override int RoomToGenerate => Math.Min(Room, _own.Free + (_current is null ? 0 : 1));

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sizeHint, bufferSize);
        _current ??= _own.TryLease();
        return _current?.Capacity ?? (_scratch ??= new byte[bufferSize]);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override bool TryAdvance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, bufferSize);
        Frame? frame = _current;
        _current = null;
        if (frame is null)
            return Lose();
        frame.SetLength(bytes);
        frame.Tag = GeneratedTag;
        frame.IsWithCaller = true;
        if (bytes > 0 && TrySend(frame))
            return true;
        frame.IsWithCaller = false;
        _own.Return(frame);
        return bytes == 0 || Lose();
    }

    public override void Advance(int bytes) => TryAdvance(bytes);

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    private bool Lose()
    {
        GeneratedLost++;
        return false;
    }
}
