using System.Net;
using Router.Control;

namespace Unit.Control;

public sealed class ExplainArgumentsTest
{
    [Theory]
    [InlineData("tcp", "192.168.25.10:40000", "203.0.113.25:25", "Tcp 192.168.25.10:40000 203.0.113.25:25")]
    [InlineData("UDP", "[2001:db8::10]:40000", "[2001:db8::25]:53", "Udp [2001:db8::10]:40000 [2001:db8::25]:53")]
    [InlineData("icmp", "192.168.25.10", "203.0.113.25", "Icmp 192.168.25.10:0 203.0.113.25:0")]
    [InlineData("icmp", "2001:db8::10", "[2001:db8::25]", "Icmp [2001:db8::10]:0 [2001:db8::25]:0")]
    public void A_packet_is_read(string protocol, string source, string destination, string expected)
    {
        var (request, errors) = ExplainArguments.Parse(protocol, source, destination, "lan", "2008-04-01T11:00:00+09:00");
        Assert.Empty(errors);
        Assert.Equal(expected, $"{request!.Protocol} {request.Source} {request.Destination}");
        Assert.Equal("lan", request.In);
        Assert.Equal(DateTimeOffset.Parse("2008-04-01T02:00:00Z"), request.At);
    }

    [Theory]
    [InlineData("sctp", "192.168.25.10:1", "203.0.113.25:25", "'sctp' is not a protocol: use tcp, udp or icmp")]
    [InlineData("0", "192.168.25.10:1", "203.0.113.25:25", "'0' is not a protocol: use tcp, udp or icmp")]
    [InlineData("tcp", "192.168.25.10", "203.0.113.25:25", "the source '192.168.25.10' has no port: write it as 192.168.25.10:40000")]
    [InlineData("tcp", "2001:db8::10", "[2001:db8::25]:25", "the source '2001:db8::10' has no port: write it as [2001:db8::10]:40000")]
    [InlineData("tcp", "192.168.25.10:1", "203.0.113.25:0", "the destination '203.0.113.25:0' has no port: write it as 203.0.113.25:25")]
    [InlineData("tcp", "192.168.25.10:1", "mail.example:25", "the destination 'mail.example:25' is not an address and port: write it as 192.168.25.10:40000 or [2001:db8::10]:40000")]
    [InlineData("tcp", "192.168.25.10:1", "203.0.113.25:65536", "the destination '203.0.113.25:65536' is not an address and port: write it as 192.168.25.10:40000 or [2001:db8::10]:40000")]
    [InlineData("icmp", "192.168.25.10:1", "203.0.113.25", "the source '192.168.25.10:1' has a port, and icmp has none: write 192.168.25.10")]
    [InlineData("tcp", "192.168.25.10:1", "[2001:db8::25]:25", "192.168.25.10 and 2001:db8::25 are of different families")]
    public void What_is_no_packet_is_said_to_be(string protocol, string source, string destination, string error)
    {
        var (request, errors) = ExplainArguments.Parse(protocol, source, destination, @in: null, at: null);
        Assert.Null(request);
        Assert.Equal(error, Assert.Single(errors));
    }

    [Fact]
    public void All_errors_are_said_at_once() =>
        Assert.Equal(3, ExplainArguments.Parse("tcp", "a", "b", @in: null, "now").Errors.Count);

    [Fact]
    public void A_bare_ipv6_address_is_no_address_with_a_port() =>
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1:25]:0"), ExplainArguments.Parse("icmp", "2001:db8::1:25", "2001:db8::2", @in: null, at: null).Request!.Source);
}
