using Router.Packets;

namespace Router.Nat;

/// <summary>
/// Which limits may be told of, in place of every packet that they refuse (RFC 8158 section 4.6.6 asks for a rate of its like): each once a minute for each subscriber, and ten a second in all.
/// <para>Theory of operation. A slot remembers the last subscriber that it told of. Two that share one may be told of more often, which the rate for all bounds.</para>
/// </summary>
internal sealed class QuotaNotices
{
    private const int Slots = 1024, PerSecond = 10;
    private const long Silence = 60_000;

    private readonly Notice[] _notices = new Notice[Slots];
    private TokenBucket _rate = TokenBucket.Full(PerSecond, now: 0);

    /// <param name="now">The loop's milliseconds.</param>
    public bool MayTell(MappingEvent limit, uint host, long now)
    {
        ref Notice notice = ref _notices[((host ^ (uint)limit << 29) * 0x9E3779B1u) >> 22];
        if (notice.Limit == limit && notice.Host == host && now - notice.At < Silence || !_rate.TryTake(PerSecond, PerSecond, now))
            return false;
        notice = new Notice(host, limit, now);
        return true;
    }

    private readonly record struct Notice(uint Host, MappingEvent Limit, long At);
}
