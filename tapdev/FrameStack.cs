namespace TapDev;

/// <summary>A pool whose free buffers are a stack: the last one returned is the next one lent, still warm in the cache.</summary>
internal sealed class FrameStack : FramePool
{
    private readonly ushort[] _free;
    private readonly bool[] _isHome;
    private int _count;

    public FrameStack(FrameDevice? source, int buffers, int bufferSize)
        : base(source, buffers, bufferSize)
    {
        _free = new ushort[buffers];
        _isHome = new bool[buffers];
        for (int id = buffers - 1; id >= 0; id--)
        {
            _free[_count++] = (ushort)id;
            _isHome[id] = true;
        }
    }

    public int Free => _count;

    public Frame? TryLease()
    {
        if (_count == 0)
            return null;
        ushort id = _free[--_count];
        _isHome[id] = false;
        Lent++;
        return Frames[id];
    }

    protected override bool IsHome(Frame frame) => _isHome[frame.Id];

    protected override void TakeBack(Frame frame)
    {
        _isHome[frame.Id] = true;
        _free[_count++] = frame.Id;
    }
}
