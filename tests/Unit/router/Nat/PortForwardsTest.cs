using Router.Nat;
using Router.Wire;

namespace Tests.Nat;

public sealed class PortForwardsTest
{
    private static readonly IpAddress Outside = IpAddress.FromIpv4(0xCB007102), Home = IpAddress.FromIpv4(0xC0A81914);

    [Fact]
    public void One_is_found_by_protocol_address_and_port_together()
    {
        var forwards = new PortForwards([new PortForward(6, Outside, 25, Home, 2525)]);
        Assert.True(forwards.TryFind(6, Outside, 25, out PortForward forward));
        Assert.Equal((Home, (ushort)2525), (forward.To, forward.ToPort));
        Assert.False(forwards.TryFind(17, Outside, 25, out _) || forwards.TryFind(6, Home, 25, out _) || forwards.TryFind(6, Outside, 26, out _));
        Assert.False(new PortForwards([]).TryFind(6, Outside, 25, out _));
    }

    /// <summary>RFC 4787 REQ-1: what the inside endpoint sends leaves from the endpoint that it is known by.</summary>
    [Fact]
    public void One_is_found_by_its_inside_endpoint_and_the_wanted_outside_address_is_preferred()
    {
        IpAddress other = IpAddress.FromIpv4(0xCB007103);
        var forwards = new PortForwards([new PortForward(6, Outside, 25, Home, 2525), new PortForward(6, other, 25, Home, 2525), new PortForward(6, other, 80, Outside, 80)]);
        Assert.True(forwards.TryFindSource(6, Home, 2525, other, out PortForward forward) && forward.Address == other);
        Assert.True(forwards.TryFindSource(6, Home, 2525, Home, out forward) && forward.Address == Outside);
        Assert.False(forwards.TryFindSource(17, Home, 2525, other, out _) || forwards.TryFindSource(6, Home, 25, other, out _));
    }
}
