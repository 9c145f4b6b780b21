using System.Text.Json;
using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// Two homes, each behind a router of ours, and nothing between them that relays. Both have the same inside prefix, as homes do.
/// <code>
///  client .10 - [ near ] 203.0.113.2 -.- br-wan (external: STUN) -.- 203.0.113.3 [ far ] - mta .30
/// </code>
/// </summary>
public sealed class PeerToPeerTest
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    public static TheoryData<RouterKind, Filtering> Filterings
    {
        get
        {
            TheoryData<RouterKind, Filtering> rows = [];
            foreach (var row in Routers.One)
                foreach (var filtering in Enum.GetValues<Filtering>())
                    rows.Add(new(row.Data, filtering) { Skip = row.Skip });
            return rows;
        }
    }

    /// <summary>RFC 8445, as WebRTC does it: mapping is endpoint-independent, so a hole can be punched whatever the filtering.</summary>
    [Theory]
    [MemberData(nameof(Filterings))]
    public async Task A_call_connects_without_a_relay(RouterKind kind, Filtering filtering)
    {
        Needs.Root();
        Needs.Backend(kind);
        await using var network = await Network.CreateAsync();
        await MakeOutsideAsync(network);
        await using var near = Start(network, "near", kind, filtering, $"\"Namespace\": \"{network.Lan.Name}\", \"Bridge\": \"{Topology.LanBridge}\"", "203.0.113.2");
        await using var far = Start(network, "far", kind, filtering, $"\"Namespace\": \"{network.Mta.Namespace.Name}\"", "203.0.113.3");
        await ReachAsync(network, near, far);
        await using var server = await StunServer.StartAsync(network);

        var told = JsonNode.Parse(await PythonScript.RunAsync("ice.py", "aioice", Limit, network.Client.Namespace.Name, network.Mta.Namespace.Name, $"{Topology.External}"))!;

        Assert.Equal(["host 192.168.25.10, srflx 203.0.113.2", "host 192.168.25.30, srflx 203.0.113.3"], told["candidates"].Deserialize<string[][]>()!.Select(candidates => string.Join(", ", candidates)));
        var heard = told["heard"].Deserialize<string[][]>()!;
        Assert.Equal(Enumerable.Range(0, 50).Select(number => $"question {number}"), heard[0]);
        Assert.Equal(Enumerable.Range(0, 50).Select(number => $"answer {number}"), heard[1]);
    }

    static Task MakeOutsideAsync(Network network) => network.External.Namespace.ShellAsync($"""
        ip link add br-wan type bridge mcast_snooping 0
        ip addr add {Topology.External}/24 dev br-wan
        ip addr add {Topology.SecondExternal}/24 dev br-wan
        ip addr add {Topology.Upstream}/24 dev br-wan
        ip link set br-wan up
        """);

    static HostProcess Start(Network network, string name, RouterKind kind, Filtering filtering, string inside, string address) =>
        UserspaceRouter.Run(UserspaceRouter.WriteConfiguration(network, JsonNode.Parse($$"""
            {
              "Interfaces": [
                { "Name": "lan-{{name}}", "Role": "Lan", "Tap": "lan-{{name}}", {{inside}}, "Addresses": ["192.168.25.1/24"], "Backend": "{{kind}}" },
                { "Name": "wan-{{name}}", "Role": "Wan", "Tap": "wan-{{name}}", "Namespace": "{{network.External.Namespace.Name}}", "Bridge": "br-wan", "Addresses": ["{{address}}/24"], "Backend": "{{kind}}" }
              ],
              "Routes": [ { "Destination": "0.0.0.0/0", "Via": "203.0.113.1" } ],
              "Nat": { "Addresses": ["{{address}}"], "Filtering": "{{filtering}}" },
              "Control": { "Socket": "{{network.WorkFolder.FullName}}/{{name}}.sock" }
            }
            """)!, $"{name}.json"));

    static async Task ReachAsync(Network network, HostProcess near, HostProcess far)
    {
        var device = "lan-far";
        await Eventually.TrueAsync(async () => (await network.Mta.Namespace.RunAsync(["ip", "link", "show", device])).ExitCode == 0, TimeSpan.FromSeconds(15), () => $"the far router has made its device:\n{far.Output}{far.Error}");
        await network.Mta.Namespace.ShellAsync($"""
            ip link set {device} up
            ip addr add 192.168.25.30/24 dev {device}
            ip route add default via 192.168.25.1
            """);
        foreach (var host in new[] { network.Client, network.Mta })
            await Eventually.TrueAsync(async () => (await Network.PingAsync(host, Topology.External)).ExitCode == 0, TimeSpan.FromSeconds(15),
                () => $"{host.Namespace.Name} reaches the outside\n{near.Output}{near.Error}{far.Output}{far.Error}");
    }
}
