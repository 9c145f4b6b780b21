using Router.Packets;
using Router.Wire;

namespace Tests.Packets;

public sealed class ErrorLimiterTest
{
    [Fact]
    public void One_addressee_gets_fifty_and_all_of_them_together_a_thousand()
    {
        var limiter = new ErrorLimiter();
        Assert.Equal(50, Enumerable.Range(0, 5000).Count(_ => limiter.Allows(IpAddress.FromIpv4(0xC0A8190A), 1_000_000)));
        Assert.Equal(950, Enumerable.Range(0, 100_000).Count(i => limiter.Allows(IpAddress.FromIpv4(0x0A000000 + (uint)i), 1_000_000)));
        Assert.True(limiter.Allows(IpAddress.FromIpv4(0xC0A8190A), 1_001_000));
    }
}
