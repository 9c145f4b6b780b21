using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// coturn's RFC 5780 client asks coturn's server, which has two addresses, what kind of NAT is between them. It opens sockets of its own, and shares nothing with
/// the router.
/// </summary>
public sealed class NatDiscoveryTest(Lab lab) : RouterTest(lab)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory, MemberData(nameof(Routers.Pair), MemberType = typeof(Routers))]
    public async Task Mapping_is_endpoint_independent(RouterKind kind)
    {
        var answer = await AskAsync(await RouterAsync(kind), "-m");
        Assert.Contains("NAT with Endpoint Independent Mapping!", answer);
        Assert.Contains($"UDP reflexive addr: {Topology.RouterWan}:", answer);
        Assert.DoesNotContain("No NAT!", answer);
    }

    /// <summary>It asks for answers from the server's other address and other port, and waits some seconds for each that does not come.</summary>
    [Theory, MemberData(nameof(Routers.Pair), MemberType = typeof(Routers))]
    public async Task Filtering_is_address_and_port_dependent(RouterKind kind) =>
        Assert.Contains("NAT with Address and Port Dependent Filtering!", await AskAsync(await RouterAsync(kind), "-f"));

    static async Task<string> AskAsync(IRouterUnderTest router, params string[] questions)
    {
        Needs.Tool("turnserver");
        Needs.Tool("turnutils_natdiscovery");
        await using var server = await StartServerAsync(router.Network);
        var result = await router.Network.Client.Namespace.RunAsync(["turnutils_natdiscovery", .. questions, Topology.External.ToString()], Limit);
        Assert.Equal(0, result.ExitCode);
        return result.Output;
    }

    static async Task<HostProcess> StartServerAsync(Network network)
    {
        var (place, folder) = (network.External.Namespace, network.WorkFolder.FullName);
        var server = place.Start("turnserver", "-n", "--stun-only", "-L", $"{Topology.External}", "-L", $"{Topology.SecondExternal}", "-p", "3478", "--alt-listening-port=3479",
            "--no-tls", "--no-dtls", "--no-cli", "--no-tcp", "--no-tcp-relay", "--simple-log", $"--log-file={folder}/turn.log", $"--pidfile={folder}/turn.pid", $"--userdb={folder}/turn.db");
        try
        {
            await Eventually.TrueAsync(async () => (await place.RunAsync(["ss", "-Hlun", "sport >= :3478 and sport <= :3479"])).Output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(words => words.Length > 3).Select(words => words[3]).Distinct().Count() == 4, TimeSpan.FromSeconds(10), () => $"turnserver listens on two ports of two addresses:\n{server.Output}{server.Error}");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
