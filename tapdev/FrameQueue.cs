using System.Numerics;

namespace TapDev;

/// <summary>A bounded first-in, first-out queue of frames.</summary>
internal sealed class FrameQueue
{
    private readonly Frame?[] _slots;
    private readonly int _limit, _mask;
    private int _head;

    public FrameQueue(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        _limit = limit;
        _slots = new Frame?[(int)BitOperations.RoundUpToPowerOf2((uint)limit)];
        _mask = _slots.Length - 1;
    }

    public int Count { get; private set; }

    public int Room => _limit - Count;

    public void Enqueue(Frame frame)
    {
        _slots[(_head + Count) & _mask] = frame;
        Count++;
    }

    public Frame Peek() => _slots[_head & _mask]!;

    public Frame Dequeue()
    {
        Frame frame = _slots[_head & _mask]!;
        _head++;
        Count--;
        return frame;
    }
}
