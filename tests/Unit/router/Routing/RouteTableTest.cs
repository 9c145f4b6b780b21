using Router.Packets;
using Router.Routing;
using Router.Wire;
using Tests.Packets;

namespace Tests.Routing;

public sealed class RouteTableTest
{
    private readonly Network _network = new();

    [Fact]
    public void Routes_to_one_destination_are_its_next_hops_by_priority()
    {
        RouteTable table = Make(("10.0.0.0/8", "203.0.113.9", 10), ("10.0.0.0/8", "203.0.113.1", 0), ("10.1.0.0/16", "203.0.113.5", 0));
        Assert.Equal([["203.0.113.1", "203.0.113.9"], ["203.0.113.5"]], table.Destinations.Select(nextHops => nextHops.Select(route => route.NextHop.ToString())));
        Assert.Equal("203.0.113.1", table.Lookup(Network.Address("10.2.0.1"))!.NextHop.ToString());
        table.Use(0, table.Destinations[0][1]);
        Assert.Equal("203.0.113.9", table.Lookup(Network.Address("10.2.0.1"))!.NextHop.ToString());
        Assert.Equal("203.0.113.5", table.Lookup(Network.Address("10.1.0.1"))!.NextHop.ToString());
    }

    /// <summary>RFC 2827: what is behind two interfaces may come in by both, whichever is in use.</summary>
    [Fact]
    public void A_source_may_come_by_each_of_its_destinations_next_hops()
    {
        var antiSpoofing = new AntiSpoofing(Make(("10.0.0.0/8", "192.168.25.9", 0), ("10.0.0.0/8", "198.51.100.9", 1)));
        Assert.Equal([DropReason.None, DropReason.None, DropReason.SpoofedOutsideSource],
            new[] { "lan", "servers", "wan" }.Select(name => antiSpoofing.Check(new Packet(_network[name], [], frame: null) { Source = Network.Address("10.1.1.1") }).Reason));
    }

    private RouteTable Make(params (string Destination, string Via, int Priority)[] routes) => new(routes.Select(route =>
        new Route(IpPrefix.From(System.Net.IPNetwork.Parse(route.Destination)), RouteKind.Static,
            _network[route.Via.StartsWith("203", StringComparison.Ordinal) ? "wan" : route.Via.StartsWith("198", StringComparison.Ordinal) ? "servers" : "lan"],
            Network.Address(route.Via)) { Priority = route.Priority }));
}
