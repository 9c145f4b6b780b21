namespace TapDev;

/// <summary>A pool whose free buffers are a stack: the last one returned is the next one lent, still warm in the cache.</summary>
internal sealed class FrameStack : FramePool
{
    private readonly ushort[] _free;
    private int _count;

    public FrameStack(FrameDevice? source, int buffers, int bufferSize)
        : base(source, buffers, bufferSize)
    {
        _free = new ushort[buffers];
        for (int id = buffers - 1; id >= 0; id--)
            _free[_count++] = (ushort)id;
    }

    public int Free => _count;

    public Frame? TryLease() => _count == 0 ? null : Lend(_free[--_count]);

    protected override void TakeBack(Frame frame) => _free[_count++] = frame.Id;
}
