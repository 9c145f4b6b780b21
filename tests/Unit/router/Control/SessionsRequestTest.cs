using Router.Control;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;

namespace Unit.Control;

public sealed class SessionsRequestTest
{
    [Fact]
    public void Every_parameter_is_read()
    {
        var (query, errors) = Parse("protocol=udp", "address=192.168.25.77/24", "port=53", "state=dnsQuery", "family=ipv4", "sort=expires", "reverse=true", "top=7");
        Assert.Empty(errors);
        Assert.Equal(
            new SessionQuery
            {
                Filter = new() { Protocol = SessionProtocol.Udp, Address = IpPrefix.From(System.Net.IPNetwork.Parse("192.168.25.0/24")), Port = 53, State = SessionState.DnsQuery, IsIpv6 = false },
                Order = SessionOrder.Expires,
                IsReversed = true,
                Top = 7,
            },
            query);
    }

    [Fact]
    public void Nothing_means_all_of_them_within_the_bound() => Assert.Equal(new SessionQuery { Top = 10_000 }, Parse().Query);

    [Theory]
    [InlineData("protocol=gre", "protocol: 'gre' is none: use tcp, udp, icmp or other")]
    [InlineData("protocol=0", "protocol: '0' is none: use tcp, udp, icmp or other")]
    [InlineData("address=10.1", "address: '10.1' is not an address or a prefix: write it as 192.168.25.10 or 2001:db8:25:1::/64")]
    [InlineData("port=65536", "port: '65536' is no number from 0 to 65535")]
    [InlineData("port=-1", "port: '-1' is no number from 0 to 65535")]
    [InlineData("state=Free", "state: 'Free' is none: use Udp, Icmp, Other, Association, DnsQuery, DnsAnswered, Opening, OpeningByReply, Answered, AnsweredByOriginal, Established, ClosedByOriginal, ClosedByReply, Closed or Reset")]
    [InlineData("family=5", "family: '5' is none: use ipv4 or ipv6")]
    [InlineData("sort=bytes", "sort: 'bytes' is none: use idle, expires, source, destination or port")]
    [InlineData("top=10001", "top: '10001' is no number from 1 to 10000")]
    [InlineData("adress=10.0.0.1", "'adress' is not a parameter: use protocol, address, port, state, family, sort, reverse or top")]
    public void What_is_wrong_is_said_with_its_mend(string parameter, string message)
    {
        var (query, errors) = Parse(parameter);
        Assert.Null(query);
        Assert.Equal([message], errors);
    }

    private static (SessionQuery? Query, IReadOnlyList<string> Errors) Parse(params string[] parameters) =>
        SessionsRequest.Parse(parameters.Select(parameter => KeyValuePair.Create(parameter.Split('=')[0], parameter.Split('=')[1])));
}
