using Router.Wire;

namespace Router.Packets;

/// <summary>
/// Bounds what the router says about others' packets: a token bucket for each of 256 groups of addressees, so that one who provokes answers does not use up the
/// others', and one for all.
/// </summary>
internal sealed class ErrorLimiter
{
    private const int Buckets = 256, PerAddressee = 50, AddresseeBurst = 50, PerSecond = 1000, Burst = 1000;

    private readonly TokenBucket[] _byAddressee = new TokenBucket[Buckets];
    private TokenBucket _all;

    public bool Allows(in IpAddress addressee, long now)
    {
        // A host of IPv6 has as many addresses as it likes, all of one /64.
        ulong mixed = (addressee.IsIpv4 ? addressee.Low : addressee.High) * 0x9E37_79B9_7F4A_7C15;
        return _byAddressee[mixed >> 56].TryTake(PerAddressee, AddresseeBurst, now) && _all.TryTake(PerSecond, Burst, now);
    }
}
