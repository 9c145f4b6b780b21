using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>The tools that people look at a network with see our router as they see the kernel's. <see cref="IcmpTest"/> has traceroute.</summary>
public sealed class PathToolsTest(Lab lab) : RouterTest(lab)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>RFC 1191, RFC 8201: it finds the narrow link behind the router.</summary>
    [Theory]
    [MemberData(nameof(Routers.PairFamilies), MemberType = typeof(Routers))]
    public async Task Tracepath_finds_the_hops_and_the_path_MTU(RouterKind kind, Family family)
    {
        Needs.Tool("tracepath");
        foreach (var mtu in new[] { 1500, 1400 })
        {
            var router = await RouterAsync(kind, Scenario.Default with { WanMtu = mtu });
            var result = await router.Network.Client.Namespace.RunAsync(["tracepath", family.Option, "-n", "-m", "5", $"{family.External}"], Limit);
            Assert.Matches($@"(?m)^ 1:  {Regex.Escape($"{family.RouterLan}")} .*\n(.*\n)* 2:  {Regex.Escape($"{family.External}")} .* reached\n     Resume: pmtu {mtu} hops 2 back 2", result.Output);
        }
    }

    [Theory]
    [MemberData(nameof(Routers.PairFamilies), MemberType = typeof(Routers))]
    public async Task Mtr_loses_nothing_on_the_way(RouterKind kind, Family family)
    {
        Needs.Tool("mtr");
        var router = await RouterAsync(kind);
        foreach (string[] method in new string[][] { [], ["--udp"], ["--tcp", "--port", "80"] })
        {
            var result = await router.Network.Client.Namespace.RunAsync(
                ["mtr", family.Option, "--json", "--no-dns", "--report-cycles", "3", "--interval", "0.2", "--gracetime", "0.5", "--max-ttl", "4", .. method, $"{family.External}"], Limit);
            var hops = JsonNode.Parse(result.Output)!["report"]!["hubs"]!.AsArray().Select(hop => $"{hop!["host"]} {hop["Loss%"]!.GetValue<double>():0}");
            Assert.Equal([$"{family.RouterLan} 0", $"{family.External} 0"], hops);
        }
    }

    /// <summary>State and reason of each port; what the router says itself comes with its own TTL.</summary>
    [Theory]
    [MemberData(nameof(Routers.PairFamilies), MemberType = typeof(Routers))]
    public async Task Nmap_sees_what_is_open_closed_and_filtered(RouterKind kind, Family family)
    {
        Needs.Tool("nmap");
        var router = await RouterAsync(kind);
        using var open = Sockets.Listen(router.Network.External, 80, family.AddressFamily);
        using var forwarded = Sockets.Listen(router.Network.Home, 80, family.AddressFamily);

        Assert.Equal(["25 filtered admin-prohibited 64", "80 open syn-ack 63", "81 closed reset 63", "587 closed reset 63"],
            await ScanAsync(router.Network.Client, $"{family.External}", "-sS", "-p", "25,80,81,587"));
        Assert.Equal(["53 closed port-unreach 63"], await ScanAsync(router.Network.Client, $"{family.External}", "-sU", "-p", "53"));
        Assert.Equal(["81 filtered no-response 0"], await ScanAsync(router.Network.Client, $"{family.External}", "-sS", "--badsum", "-p", "81"));
        if (!family.IsIpv6) // nmap makes no fragments in IPv6
            Assert.Equal(["81 filtered no-response 0"], await ScanAsync(router.Network.Client, $"{family.External}", "-sA", "-f", "--badsum", "-p", "81"));
        // The kernel resets a SYN to a port of its own that nobody has; ours waits six seconds for a SYN from inside (RFC 5382 REQ-4, RFC 6092 REC-34). In IPv6 the port is no router's
        // but a host's, and the kernel's rules say nothing.
        var web = family.WebOutside;
        Assert.Equal([$"{web.Port} open syn-ack 63", $"{web.Port + 1} {(kind == RouterKind.Kernel && !family.IsIpv6 ? "closed reset 64" : "filtered no-response 0")}"],
            await ScanAsync(router.Network.External, $"{web.Address}", "-sS", "-p", $"{web.Port},{web.Port + 1}"));
        Assert.Equal(["22 filtered no-response 0"], await ScanAsync(router.Network.External, $"{family.Mta}", "-sS", "-p", "22"));
    }

    /// <summary>
    /// SYNs cut after 8 and after 16 bytes, which is within their header of 24. The kernel puts them together and judges the whole; our router drops such fragments
    /// (RFC 1858, RFC 3128). Nothing gets past the port-25 rule either way. nmap makes no fragments in IPv6; <see cref="ThcIpv6Test"/> has a tool that does.
    /// </summary>
    [Theory]
    [MemberData(nameof(Routers.Pair), MemberType = typeof(Routers))]
    public async Task Nmap_cannot_hide_in_fragments(RouterKind kind)
    {
        Needs.Tool("nmap");
        var router = await RouterAsync(kind);
        using var open = Sockets.Listen(router.Network.External, 80);
        string[] expected = kind == RouterKind.Kernel ? ["25 filtered admin-prohibited 64", "80 open syn-ack 63"] : ["25 filtered no-response 0", "80 filtered no-response 0"];

        foreach (var cut in new[] { "-f", "-ff" })
            Assert.Equal(expected, await ScanAsync(router.Network.Client, $"{Topology.External}", "-sS", cut, "-p", "25,80"));
    }

    /// <summary>
    /// An ACK scan. The kernel takes an ACK for a connection that it did not see begin, and the target resets; our router lets only a SYN begin one (RFC 6146 section
    /// 3.5.2). Port 25 is filtered whatever the flags.
    /// </summary>
    [Theory]
    [MemberData(nameof(Routers.PairFamilies), MemberType = typeof(Routers))]
    public async Task Nmap_finds_no_way_through_with_bare_ACKs(RouterKind kind, Family family)
    {
        Needs.Tool("nmap");
        var router = await RouterAsync(kind);

        Assert.Equal(["25 filtered admin-prohibited 64", kind == RouterKind.Kernel ? "81 unfiltered reset 63" : "81 filtered no-response 0"],
            await ScanAsync(router.Network.Client, $"{family.External}", "-sA", "-p", "25,81"));
        if (family.IsIpv6)
            return; // nmap makes no fragments in IPv6
        Assert.Equal(kind == RouterKind.Kernel ? ["25 filtered admin-prohibited 64", "81 unfiltered reset 63"] : ["25 filtered no-response 0", "81 filtered no-response 0"],
            await ScanAsync(router.Network.Client, $"{family.External}", "-sA", "-f", "-p", "25,81"));
    }

    static async Task<string[]> ScanAsync(Host from, string target, params string[] options)
    {
        var result = await from.Namespace.RunAsync(["nmap", .. target.Contains(':', StringComparison.Ordinal) ? (string[])["-6"] : [], "-n", "-Pn", "--send-ip", "--max-retries", "1", "--max-rtt-timeout", "300ms", "-oX", "-", .. options, target], Limit);
        Assert.Equal(0, result.ExitCode);
        return [.. XDocument.Parse(result.Output).Descendants("port").Select(port =>
            $"{port.Attribute("portid")!.Value} {string.Join(' ', new[] { "state", "reason", "reason_ttl" }.Select(name => port.Element("state")!.Attribute(name)!.Value))}")];
    }
}
