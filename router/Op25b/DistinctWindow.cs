using System.Numerics;

namespace Router.Op25b;

/// <summary>
/// How many different things were seen in a window of time, in 256 bits: linear counting, which is right to a few per cent up to some hundreds, and says "very many" above.
/// It remembers how many windows since the last quiet time saw many.
/// </summary>
internal struct DistinctWindow
{
    private ulong _bits0, _bits1, _bits2, _bits3;
    private long _start;
    private ushort _previous;
    private byte _busyWindows;

    public void Add(uint hash, long length, int many, long now)
    {
        Roll(length, many, now);
        ulong bit = 1UL << (int)(hash & 63);
        switch (hash >> 6 & 3)
        {
            case 0:
                _bits0 |= bit;
                break;
            case 1:
                _bits1 |= bit;
                break;
            case 2:
                _bits2 |= bit;
                break;
            default:
                _bits3 |= bit;
                break;
        }
    }

    /// <summary>The most of this window and the one before it.</summary>
    public readonly int Count(long length, long now)
    {
        if (now - _start >= 2 * length)
            return 0;
        return now - _start >= length ? Current() : Math.Max(Current(), _previous);
    }

    /// <summary>Windows that saw <paramref name="many"/> at least, the present one among them.</summary>
    public readonly int BusyWindows(int many) => _busyWindows + (Current() >= many ? 1 : 0);

    public void Forget() => this = default;

    private void Roll(long length, int many, long now)
    {
        if (now - _start < length)
            return;
        int count = Current();
        if (count >= many && _busyWindows < byte.MaxValue)
            _busyWindows++;
        _previous = now - _start < 2 * length ? (ushort)count : (ushort)0;
        _bits0 = _bits1 = _bits2 = _bits3 = 0;
        _start = now;
    }

    private readonly int Current()
    {
        const int Bits = 256;
        int zeros = Bits - BitOperations.PopCount(_bits0) - BitOperations.PopCount(_bits1) - BitOperations.PopCount(_bits2) - BitOperations.PopCount(_bits3);
        return (int)Math.Round(Bits * Math.Log((double)Bits / Math.Max(zeros, 1)));
    }
}
