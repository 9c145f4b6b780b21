using System.Runtime.CompilerServices;

namespace Router.Op25b;

/// <summary>When a host tries: by the hours of the last day, and how regular its pauses are.</summary>
internal struct Rhythm
{
    private const int Hours = 24, Kept = 16, LeastPauses = 4;
    private const long Hour = 3_600_000;

    /// <summary>What comes sooner belongs to the same occasion: one mail, several servers.</summary>
    private const long Pause = 20_000;

    private Counts _byHour;
    private Seconds _pauses;
    private uint _pauseCount;
    private long _hour, _occasion, _last;

    public void Add(long now)
    {
        long hour = now / Hour;
        for (long at = Math.Max(_hour + 1, hour - Hours + 1); at <= hour; at++)
            _byHour[(int)(at % Hours)] = 0;
        _hour = hour;
        _byHour[(int)(hour % Hours)]++;
        if (_last == 0 || now - _last >= Pause)
        {
            if (_last != 0)
                _pauses[(int)(_pauseCount++ % Kept)] = (uint)((now - _occasion) / 1000);
            _occasion = now;
        }

        _last = now;
    }

    public readonly (int Attempts, int ActiveHours, int BusiestHour) LastDay(long now)
    {
        int attempts = 0, active = 0, busiest = 0;
        for (long at = Math.Max(0, now / Hour - Hours + 1); at <= _hour; at++)
        {
            int count = at > _hour - Hours ? (int)_byHour[(int)(at % Hours)] : 0;
            attempts += count;
            active += count > 0 ? 1 : 0;
            busiest = Math.Max(busiest, count);
        }

        return (attempts, active, busiest);
    }

    /// <summary>The seconds between two occasions where they hardly differ; null: it tries when something happens.</summary>
    public readonly int? Period()
    {
        int count = (int)Math.Min(_pauseCount, Kept);
        if (count < LeastPauses)
            return null;
        double sum = 0, squares = 0;
        for (int i = 0; i < count; i++)
        {
            sum += _pauses[i];
            squares += (double)_pauses[i] * _pauses[i];
        }

        double mean = sum / count, deviation = Math.Sqrt(Math.Max(0, squares / count - mean * mean));
        return deviation <= mean * 0.2 ? (int)Math.Round(mean) : null;
    }

    [InlineArray(Hours)]
    private struct Counts
    {
        private uint _first;
    }

    [InlineArray(Kept)]
    private struct Seconds
    {
        private uint _first;
    }
}
