using Router.Local;
using Router.Sessions;
using Router.Wire;
using Support;

namespace Tests.Local;

public sealed class SynCookieTest
{
    private static readonly FlowKey Client = new(IpAddress.FromIpv4(0xC0A8190A), 40000, IpAddress.FromIpv4(0xCB007119), 25, Ipv4Header.Tcp, zone: 0);

    private readonly SynCookie _cookie = new(new SeededRandom(25));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(60_000)]
    [InlineData(190_000)]
    public void What_acknowledges_a_cookie_is_recognized_for_three_minutes(long age)
    {
        foreach (uint position in new uint[] { 1, 2, SynCookie.LongestStream })
        {
            Assert.True(_cookie.Recognizes(Client, _cookie.Of(Client, 1000) + position, 1000 + age, out uint found));
            Assert.Equal(position, found);
        }
    }

    [Fact]
    public void Anything_else_is_not()
    {
        uint cookie = _cookie.Of(Client, 1000);
        Assert.False(_cookie.Recognizes(Client, cookie, 1000, out _));
        Assert.False(_cookie.Recognizes(Client, cookie + SynCookie.LongestStream + 1, 1000, out _));
        Assert.False(_cookie.Recognizes(Client, cookie + 1, 300_000, out _));
        Assert.False(_cookie.Recognizes(Client.Reversed, cookie + 1, 1000, out _));
        Assert.False(_cookie.Recognizes(Client with { Rest = Client.Rest + (1UL << 48) }, cookie + 1, 1000, out _));
        Assert.False(new SynCookie(new SeededRandom(26)).Recognizes(Client, cookie + 1, 1000, out _));
    }
}
