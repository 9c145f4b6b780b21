namespace Router.Packets;

/// <summary>A rate with a burst (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f)). Time is an argument, in milliseconds.</summary>
internal struct TokenBucket
{
    private long _thousandths, _filledAt;

    /// <summary>One that has so many tokens already.</summary>
    public static TokenBucket Full(int tokens, long now) => new() { _thousandths = tokens * 1000L, _filledAt = now };

    /// <summary>Takes one token, where there is one.</summary>
    public bool TryTake(int perSecond, int burst, long now)
    {
        _thousandths = Math.Min(burst * 1000L, _thousandths + (now - _filledAt) * perSecond);
        _filledAt = now;
        if (_thousandths < 1000)
            return false;
        _thousandths -= 1000;
        return true;
    }
}
