using Router.Sessions;
using Router.Wire;

namespace Router.Op25b;

/// <summary>
/// New sessions to port 25 a minute, for each subscriber (F16, the mode Limit): a token bucket each, which begins full. The buckets are in sets of four places: a
/// flood of sources cannot make them grow (F20). One that was not used for a minute is full again, so nothing is forgotten with it; where all four of a set are in
/// use, the one who takes the oldest place begins with a single token, and gains nothing by it.
/// </summary>
/// <param name="fraction">The table has one of so many parts of its places.</param>
internal sealed class SessionLimiter(KeyedHash hash, int ipv6PrefixLength = Subscriber.DefaultPrefixLength, int fraction = 1)
{
    private const int Sets = 4096, Ways = 4;
    private const long Minute = 60_000;

    private readonly Place[] _places = new Place[Sets / fraction * Ways];

    /// <summary>Takes one of the host's tokens, where there is one.</summary>
    public bool TryTake(in IpAddress host, int perMinute, long now)
    {
        ulong print = PrintOf(host);
        Span<Place> set = SetOf(print);
        ref Place oldest = ref set[0];
        foreach (ref Place place in set)
        {
            if (place.Print == print)
                return place.TryTake(perMinute, now);
            if (place.Print == 0 && oldest.Print != 0 || place.Print != 0 && oldest.Print != 0 && place.UsedAt < oldest.UsedAt)
                oldest = ref place;
        }

        bool isIdle = oldest.Print == 0 || now - oldest.UsedAt >= Minute;
        oldest = new Place { Print = print, UsedAt = now, Tokens = (isIdle ? perMinute : 1) * Minute };
        return oldest.TryTake(perMinute, now);
    }

    /// <summary>Whether <see cref="TryTake"/> would find a token, which stays there.</summary>
    public bool HasToken(in IpAddress host, int perMinute, long now)
    {
        ulong print = PrintOf(host);
        foreach (Place place in SetOf(print))
            if (place.Print == print)
            {
                Place copy = place;
                return copy.TryTake(perMinute, now);
            }

        return true;
    }

    private ulong PrintOf(in IpAddress host)
    {
        IpAddress subscriber = Subscriber.Of(host, ipv6PrefixLength);
        return (ulong)hash.Of(subscriber.High, subscriber.Low) << 32 | hash.Of(subscriber.Low, subscriber.High);
    }

    private Span<Place> SetOf(ulong print) => _places.AsSpan((int)(print % (uint)(_places.Length / Ways)) * Ways, Ways);

    private struct Place
    {
        public ulong Print;
        public long UsedAt;

        /// <summary>In parts of which a token has <see cref="Minute"/>, so that a millisecond always fills by a whole number.</summary>
        public long Tokens;

        public bool TryTake(int perMinute, long now)
        {
            Tokens = Math.Min(perMinute * Minute, Tokens + (now - UsedAt) * perMinute);
            UsedAt = now;
            if (Tokens < Minute)
                return false;
            Tokens -= Minute;
            return true;
        }
    }
}
