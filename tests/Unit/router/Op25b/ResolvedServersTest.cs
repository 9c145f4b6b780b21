using Router.Op25b;
using Router.Wire;

namespace Unit.Op25b;

public sealed class ResolvedServersTest
{
    private static readonly IpAddress First = IpAddress.FromIpv4(1), Second = IpAddress.FromIpv4(2);

    [Fact]
    public void A_new_answer_takes_the_place_of_the_old_one_and_leaves_other_names_alone()
    {
        var servers = new ResolvedServers(2);
        Assert.False(servers.Contains(First));
        servers.Replace(0, new ResolvedHost { Addresses = [First, Second] });
        servers.Replace(1, new ResolvedHost { Addresses = [Second] });
        Assert.True(servers.Contains(First));
        Assert.Equal(2, servers.Count);
        servers.Replace(0, new ResolvedHost { Addresses = [] });
        Assert.False(servers.Contains(First));
        Assert.True(servers.Contains(Second));
    }
}
