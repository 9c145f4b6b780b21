using static Unit.Configuration.Loading;

namespace Unit.Configuration;

/// <summary>F10: a network of subscribers that no group has is warned of.</summary>
public sealed class CoverageRulesTest
{
    [Theory]
    [InlineData("192.168.25.0/24", "")]
    [InlineData("192.168.0.0/16", "")]
    [InlineData("0.0.0.0/0", "")]
    [InlineData("192.168.25.0/25 192.168.25.128/25", "")]
    [InlineData("192.168.25.0/25 192.168.25.128/26 192.168.25.192/26", "")]
    [InlineData("192.168.25.0/25", "192.168.25.0/24")]
    [InlineData("192.168.25.0/25 192.168.25.128/26", "192.168.25.0/24")]
    [InlineData("192.168.25.200", "192.168.25.0/24")]
    [InlineData("203.0.113.0/24", "192.168.25.0/24")]
    public void One_prefix_or_several_that_leave_no_gap_cover_a_network(string sources, string uncovered) =>
        AssertLines(uncovered.Length == 0 ? [] : [uncovered], Uncovered(Sources(sources)));

    [Fact]
    public void A_network_behind_a_router_inside_counts_and_one_outside_does_not() => AssertLines(
        ["192.168.77.0/24"],
        Uncovered([.. Sources("192.168.25.0/24"), "Routes:0:Destination=192.168.77.0/24", "Routes:0:Via=192.168.25.7", "Routes:1:Destination=198.18.0.0/15", "Routes:1:Via=203.0.113.1"]));

    /// <summary>A link-local next hop is on the interface that the route names, and on no other.</summary>
    [Fact]
    public void A_network_behind_a_link_local_next_hop_inside_counts() => AssertLines(
        ["2001:db8:77::/64"],
        Uncovered([.. Sources("192.168.25.0/24"), "Interfaces:0:Addresses:1=fe80::1/64", "Interfaces:1:Addresses:1=fe80::2/64", "Routes:0:Destination=2001:db8:77::/64", "Routes:0:Via=fe80::7", "Routes:0:Interface=lan",
            "Routes:1:Destination=2001:db8:78::/64", "Routes:1:Via=fe80::7", "Routes:1:Interface=wan"]));

    [Fact]
    public void A_second_network_of_an_interface_and_IPv6_count_too() => AssertLines(
        ["192.168.26.0/24", "2001:db8:25:1::/64"],
        Uncovered([.. Sources("192.168.25.0/24"), "Interfaces:0:Addresses:1=192.168.26.1/24", "Interfaces:0:Addresses:2=2001:db8:25:1::1/64", "Interfaces:0:Addresses:3=fe80::1/64"]));

    private static string[] Sources(string sources) =>
        ["Op25b:Groups:0:Name=all", .. sources.Split(' ').Select((source, index) => $"Op25b:Groups:0:Sources:{index}={source}")];

    private static string[] Uncovered(string[] settings)
    {
        var result = Load(With(""), settings);
        Assert.Empty(result.Errors);
        return [.. result.Warnings.Where(warning => warning.Message.StartsWith("no group covers ", StringComparison.Ordinal)).Select(warning => warning.Message.Split(' ')[3])];
    }
}
