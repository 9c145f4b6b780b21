using Router.Op25b;
using Router.Sessions;
using Router.Wire;
using Support;
using Tests.Packets;

namespace Tests.Op25b;

/// <summary>F16, F20: the mode Limit.</summary>
public sealed class SessionLimiterTest
{
    private static readonly IpAddress Client = Network.Address("192.168.25.10");

    private readonly SessionLimiter _limiter = new(new KeyedHash(new SeededRandom(1)));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void So_many_pass_at_once_and_then_so_many_a_minute(int perMinute)
    {
        Assert.Equal(perMinute, Enumerable.Range(0, perMinute + 5).Count(_ => _limiter.TryTake(Client, perMinute, 1000)));
        // Asked each millisecond: no fraction of a token is lost.
        Assert.Equal(perMinute, Enumerable.Range(1, 60_000).Count(milliseconds => _limiter.TryTake(Client, perMinute, 1000 + milliseconds)));
    }

    [Fact]
    public void Hosts_have_their_own_and_an_IPv6_prefix_is_one_host()
    {
        Assert.True(_limiter.TryTake(Client, 1, 1000));
        Assert.True(_limiter.TryTake(Network.Address("192.168.25.11"), 1, 1000));
        Assert.False(_limiter.TryTake(Client, 1, 1000));
        Assert.True(_limiter.TryTake(Network.Address("2001:db8:25:1::1"), 1, 1000));
        Assert.False(_limiter.TryTake(Network.Address("2001:db8:25:1:ffff::2"), 1, 1000));
        Assert.True(_limiter.TryTake(Network.Address("2001:db8:25:2::1"), 1, 1000));
    }

    /// <summary>A flood from many sources cannot have a bucket forgotten, and filled, sooner than one token.</summary>
    [Fact]
    public void A_flood_of_sources_neither_grows_it_nor_buys_more_than_a_token_each()
    {
        for (uint i = 0; i < 200_000; i++)
            _limiter.TryTake(IpAddress.FromIpv4(0x0A000000 + i), 100, 1000);
        int passed = 0;
        for (uint i = 0; i < 1000; i++)
            for (int again = 0; again < 5; again++)
                passed += _limiter.TryTake(IpAddress.FromIpv4(0x0B000000 + i), 100, 1000) ? 1 : 0;
        Assert.Equal(1000, passed);
    }
}
