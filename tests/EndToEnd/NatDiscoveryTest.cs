using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// coturn's RFC 5780 client asks coturn's server, which has two addresses, what kind of NAT is between them. It opens sockets of its own, and shares nothing with
/// the router.
/// </summary>
public sealed class NatDiscoveryTest(Lab lab) : RouterTest(lab)
{
    const string EndpointIndependent = "NAT with Endpoint Independent Filtering!", AddressDependent = "NAT with Address Dependent Filtering!",
        AddressAndPortDependent = "NAT with Address and Port Dependent Filtering!", Hairpinned = "Received a request (maybe a successful hairpinning)";

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>RFC 4787 REQ-1; asked by either port of the server, and by requests and answers in fragments (-P pads them beyond the MTU).</summary>
    [Theory, MemberData(nameof(Routers.Pair), MemberType = typeof(Routers))]
    public async Task Mapping_is_endpoint_independent(RouterKind kind)
    {
        foreach (string[] question in new string[][] { ["-m"], ["-m", "-p", "3479"], ["-m", "-P"] })
        {
            var answer = await AskAsync(await RouterAsync(kind), question);
            Assert.Contains("NAT with Endpoint Independent Mapping!", answer);
            Assert.Contains($"UDP reflexive addr: {Topology.RouterWan}:", answer);
            Assert.Contains("No ALG: Mapped == XOR-Mapped", answer);
            Assert.DoesNotContain("No NAT!", answer);
        }
    }

    public static TheoryData<RouterKind, Filtering, string> Filterings
    {
        get
        {
            TheoryData<RouterKind, Filtering, string> rows = [];
            foreach (var row in Routers.Pair)
            {
                // The kernel's filtering is what connection tracking makes it, and nobody can choose it.
                rows.Add(new(row.Data, Filtering.EndpointIndependent, row.Data == RouterKind.Kernel ? AddressAndPortDependent : EndpointIndependent) { Skip = row.Skip });
                if (row.Data == RouterKind.Kernel)
                    continue;
                rows.Add(new(row.Data, Filtering.AddressDependent, AddressDependent) { Skip = row.Skip });
                rows.Add(new(row.Data, Filtering.AddressAndPortDependent, AddressAndPortDependent) { Skip = row.Skip });
            }
            return rows;
        }
    }

    /// <summary>RFC 4787 REQ-8. It asks for answers from the server's other address and other port, and waits some seconds for each that does not come.</summary>
    [Theory, MemberData(nameof(Filterings))]
    public async Task Filtering_is_what_is_configured(RouterKind kind, Filtering filtering, string expected) =>
        Assert.Contains(expected, await AskAsync(await RouterAsync(kind, Scenario.Default with { Filtering = filtering }), "-f"));

    /// <summary>RFC 4787 REQ-14: answers in fragments, from where nobody was written to.</summary>
    [Theory, MemberData(nameof(Routers.Pair), MemberType = typeof(Routers))]
    public async Task Filtering_is_the_same_for_fragments(RouterKind kind) =>
        Assert.Contains(kind == RouterKind.Kernel ? AddressAndPortDependent : EndpointIndependent, await AskAsync(await RouterAsync(kind), "-f", "-P"));

    /// <summary>RFC 4787 REQ-9. The kernel's masquerade has no hairpin.</summary>
    [Theory, MemberData(nameof(Routers.Pair), MemberType = typeof(Routers))]
    public async Task A_hairpin_arrives(RouterKind kind)
    {
        var answer = await AskAsync(await RouterAsync(kind), "-H");
        Assert.Equal(kind != RouterKind.Kernel, answer.Contains(Hairpinned, StringComparison.Ordinal));
    }

    static async Task<string> AskAsync(IRouterUnderTest router, params string[] questions)
    {
        Needs.Tool("turnutils_natdiscovery");
        await using var server = await StunServer.StartAsync(router.Network);
        var result = await router.Network.Client.Namespace.RunAsync(["turnutils_natdiscovery", .. questions, Topology.External.ToString()], Limit);
        Assert.Equal(0, result.ExitCode);
        return result.Output;
    }
}
