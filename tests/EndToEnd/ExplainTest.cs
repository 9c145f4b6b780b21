using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary><c>explain</c>, asked of the router that runs.</summary>
public sealed class ExplainTest(Lab lab) : RouterTest(lab)
{
    [Theory, MemberData(nameof(Routers.OneFamilies), MemberType = typeof(Routers))]
    public async Task A_connection_that_is_open_and_one_that_is_refused_are_explained_and_nothing_moves(RouterKind kind, Family family)
    {
        var router = await OwnRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        using var listener = Sockets.Listen(router.Network.External, 80, family.AddressFamily);
        using var client = await Sockets.ConnectAsync(router.Network.Client, family.External, 80);
        using var server = await Sockets.AcceptAsync(listener);
        var source = $"{client.LocalEndPoint}";
        var before = await CountsAsync(router);

        var open = await router.AskAsync("explain", "--json", "tcp", source, EndPoint(family, 80));
        var refused = await router.AskAsync("explain", "tcp", source, EndPoint(family, 25));
        var back = await router.AskAsync("explain", "--json", "tcp", EndPoint(family, 80), source, "--in", "wan");

        Assert.Equal(0, open.ExitCode);
        var answer = JsonNode.Parse(open.Output)!;
        Assert.Equal(("forwarded", "running", "Emit"), ($"{answer["verdict"]}", $"{answer["tables"]}", $"{answer["stage"]}"));
        Assert.Contains("Established", $"{answer["session"]}", StringComparison.Ordinal);
        Assert.Equal(family.IsIpv6, answer["rewrite"] is null);
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("Op25b:Phases:", refused.Output, StringComparison.Ordinal);
        Assert.Matches(@"at /.*\.jsonc?:\d+", refused.Output);
        Assert.Equal(family.IsIpv6 ? 0 : 4, back.ExitCode);
        Assert.Equal(before, await CountsAsync(router));
    }

    [Theory, MemberData(nameof(Routers.OneFamilies), MemberType = typeof(Routers))]
    public async Task A_frame_that_was_captured_is_explained_as_it_was_dropped(RouterKind kind, Family family)
    {
        var router = await OwnRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        var file = Path.Combine(router.Network.WorkFolder.FullName, "drops.pcapng");
        var capture = router.AskAsync("capture", "--drops", "--count", "1", "--write", file, "tcp", "port", "25");
        await Eventually.TrueAsync(() => router.Log.Contains("a capture began", StringComparison.Ordinal), Soon, () => $"the capture begins: {router.Log}");
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => Sockets.ConnectAsync(router.Network.Client, family.External, 25));
        Assert.Equal(0, (await capture).ExitCode);

        var explained = await router.AskAsync("explain", "--json", "--pcap", file);

        Assert.Equal(4, explained.ExitCode);
        Assert.Equal("Op25bBlocked", $"{JsonNode.Parse(explained.Output)!["reason"]}");
    }

    private static string EndPoint(Family family, int port) => family.IsIpv6 ? $"[{family.External}]:{port}" : $"{family.External}:{port}";

    /// <summary>What a packet that was really sent would move.</summary>
    private static async Task<string> CountsAsync(UserspaceRouter router)
    {
        var status = JsonNode.Parse((await router.StatusAsync()).Output)!;
        return $"{status["sessions"]!.ToJsonString()} {status["nat"]!.ToJsonString()} {status["op25b"]!["attempts"]!.ToJsonString()} {JsonNode.Parse((await router.AskAsync("drops", "--json", "--reason", "Op25bBlocked")).Output)!["drops"]!.ToJsonString()}";
    }
}
