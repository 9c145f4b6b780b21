using System.Runtime.CompilerServices;

namespace Router.Op25b;

/// <summary>
/// How fast a host tries, held against spamblock's published steps: more than 5 attempts in a second, 10 in 3, and so on up to 1000 in 3000. A step counts again only
/// when its window has passed: one burst is not two.
/// </summary>
internal struct RateSteps
{
    private const int Recent = 64, Minutes = 64, MinuteMilliseconds = 60_000;

    /// <summary>Attempts and seconds. The first ones look at the moments of the last attempts, the two long ones at counts by minute: their window is up to a minute shorter.</summary>
    private static readonly (int Attempts, int Seconds)[] Steps = [(5, 1), (10, 3), (15, 6), (20, 10), (60, 60), (300, 600), (1000, 3000)];

    private Moments _moments;
    private Counts _byMinute;
    private Hits _hits;
    private Moments8 _hitAt;
    private uint _count;
    private long _minute;

    /// <summary>One attempt, at the loop's milliseconds.</summary>
    public void Add(long now)
    {
        AdvanceTo(now / MinuteMilliseconds);
        _byMinute[(int)(_minute % Minutes)]++;
        _moments[(int)(_count % Recent)] = (uint)now;
        _count++;
        for (int step = 0; step < Steps.Length; step++)
            if (IsExceeded(step, (uint)now) && (_hits[step] == 0 || (uint)now - _hitAt[step] >= Steps[step].Seconds * 1000u))
            {
                _hitAt[step] = (uint)now;
                if (_hits[step] < byte.MaxValue)
                    _hits[step]++;
            }
    }

    /// <summary>The first step that was exceeded in two windows at least; null: none was.</summary>
    public readonly (int Attempts, int Seconds)? ExceededTwice()
    {
        for (int step = 0; step < Steps.Length; step++)
            if (_hits[step] >= 2)
                return Steps[step];
        return null;
    }

    public readonly int InTheLast(int minutes, long now)
    {
        long minute = now / MinuteMilliseconds;
        int sum = 0;
        for (long at = Math.Max(0, minute - minutes + 1); at <= _minute; at++)
            if (at > _minute - Minutes)
                sum += _byMinute[(int)(at % Minutes)];
        return sum;
    }

    public void Forget() => this = default;

    private readonly bool IsExceeded(int step, uint now)
    {
        (int attempts, int seconds) = Steps[step];
        if (_count <= attempts)
            return false;
        if (attempts < Recent)
            return now - _moments[(int)((_count - 1 - attempts) % Recent)] < seconds * 1000u;
        return InTheLast(seconds / 60, _minute * MinuteMilliseconds) > attempts;
    }

    private void AdvanceTo(long minute)
    {
        for (long at = Math.Max(_minute + 1, minute - Minutes + 1); at <= minute; at++)
            _byMinute[(int)(at % Minutes)] = 0;
        _minute = minute;
    }

    [InlineArray(Recent)]
    private struct Moments
    {
        private uint _first;
    }

    [InlineArray(Minutes)]
    private struct Counts
    {
        private ushort _first;
    }

    [InlineArray(8)]
    private struct Hits
    {
        private byte _first;
    }

    [InlineArray(8)]
    private struct Moments8
    {
        private uint _first;
    }
}
