using Router.Packets;

namespace Router.Telemetry;

/// <summary>Lets a few lines of a kind be written, and counts the others. On the loop's thread.</summary>
internal sealed class EventLimiter(string kind, int perSecond, int burst)
{
    private TokenBucket _tokens;
    private long _suppressed, _told;

    public LogCount Suppressed => new(Kind, _suppressed);

    public string Kind { get; } = kind;

    /// <summary>Whether a line may be written at the loop's milliseconds <paramref name="now"/>; otherwise it counts as suppressed.</summary>
    public bool TryTake(long now)
    {
        if (_tokens.TryTake(perSecond, burst, now)) return true;
        _suppressed++;
        return false;
    }

    /// <summary>How many were suppressed since this was last asked.</summary>
    public long TakeUntold()
    {
        var untold = _suppressed - _told;
        _told = _suppressed;
        return untold;
    }
}
