using System.Net;
using System.Net.NetworkInformation;

namespace Support.EndToEnd;

/// <summary>A host of the test network: a namespace and the device that looks to the router.</summary>
internal sealed record Host(NetworkNamespace Namespace, string Device, IPAddress Address, IPAddress Gateway);

/// <summary>
/// The network around one router, in namespaces that only this instance knows. The router's three places are a bridge (lan) and two bare namespaces (mta,
/// external): whoever plays the router puts the devices <see cref="Topology.LanTap"/>, <see cref="Topology.ServersTap"/> and <see cref="Topology.WanTap"/> there.
/// <code>
///  client .10   home .20   fixed .200
///      \__________|__________/
///        lan (bridge br-lan)           192.168.25.1
///             [ router ]
///   mta 198.51.100.25   external 203.0.113.25, .26, .1       198.51.100.1, 203.0.113.2
/// </code>
/// </summary>
internal sealed class Network : IAsyncDisposable
{
    static int _count;

    /// <summary>Everything that this instance makes is called so, and its work folder too.</summary>
    public string Prefix { get; }

    public DirectoryInfo WorkFolder { get; }

    public required NetworkNamespace Lan { get; init; }

    public required Host Client { get; init; }

    public required Host Home { get; init; }

    public required Host Fixed { get; init; }

    public required Host Mta { get; init; }

    public required Host External { get; init; }

    public IEnumerable<Host> Hosts => [Client, Home, Fixed, Mta, External];

    Network(string prefix)
    {
        Prefix = prefix;
        WorkFolder = Directory.CreateTempSubdirectory($"op25b-{prefix}-");
    }

    public static async Task<Network> CreateAsync()
    {
        var prefix = $"t{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        try
        {
            return await CreateAsync(prefix);
        }
        catch
        {
            foreach (var name in NetworkNamespace.All().Where(name => name.StartsWith(prefix + "-", StringComparison.Ordinal)).ToArray())
                await NetworkNamespace.DeleteAsync(name);
            throw;
        }
    }

    static async Task<Network> CreateAsync(string prefix)
    {
        var names = new[] { "lan", "client", "home", "fixed", "mta", "external" };
        var made = await Task.WhenAll(names.Select(name => NetworkNamespace.CreateAsync($"{prefix}-{name}")));
        var network = new Network(prefix)
        {
            Lan = made[0],
            Client = new Host(made[1], "eth0", Topology.Client, Topology.RouterLan),
            Home = new Host(made[2], "eth0", Topology.Home, Topology.RouterLan),
            Fixed = new Host(made[3], "eth0", Topology.Fixed, Topology.RouterLan),
            Mta = new Host(made[4], Topology.ServersTap, Topology.Mta, Topology.RouterServers),
            External = new Host(made[5], Topology.WanTap, Topology.External, Topology.RouterWan),
        };
        await network.Lan.ShellAsync($"ip link add {Topology.LanBridge} type bridge mcast_snooping 0\nip link set {Topology.LanBridge} up");
        foreach (var host in new[] { network.Client, network.Home, network.Fixed })
            await network.PlugIntoBridgeAsync(host);
        return network;
    }

    /// <summary>Addresses and routes of the hosts whose device is the router's own (mta, external). Call it once the router has made its devices.</summary>
    public async Task ConfigureServersAsync()
    {
        await Mta.Namespace.ShellAsync($"""
            ip link set {Mta.Device} up
            ip addr replace {Topology.Mta}/24 dev {Mta.Device}
            ip route replace default via {Topology.RouterServers}
            """);
        await External.Namespace.ShellAsync($"""
            ip link set {External.Device} up
            ip addr replace {Topology.External}/24 dev {External.Device}
            ip addr replace {Topology.SecondExternal}/24 dev {External.Device}
            ip addr replace {Topology.Upstream}/24 dev {External.Device}
            ip route replace 198.51.100.0/24 via {Topology.RouterWan}
            """);
    }

    /// <summary>Pings the router from everywhere, then nails its hardware address down, so that no host sends ARP of its own accord any more.</summary>
    public async Task SettleAsync()
    {
        foreach (var host in Hosts)
        {
            await Eventually.TrueAsync(async () => (await PingAsync(host, host.Gateway)).ExitCode == 0, TimeSpan.FromSeconds(10), () => $"{host.Namespace.Name} reaches {host.Gateway}");
            await host.Namespace.ShellAsync($"ip neigh replace {host.Gateway} dev {host.Device} lladdr {Format(await RouterMacAsync(host))} nud permanent");
        }
    }

    public static Task<ProcessResult> PingAsync(Host from, IPAddress to, params string[] more) =>
        from.Namespace.RunAsync(["ping", "-n", "-c", "1", "-W", "2", .. more, to.ToString()]);

    /// <summary>The router's hardware address as this host has learnt it.</summary>
    public static async Task<PhysicalAddress> RouterMacAsync(Host host)
    {
        var result = await host.Namespace.RunAsync(["ip", "neigh", "show", host.Gateway.ToString(), "dev", host.Device]);
        var words = result.Output.Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var at = Array.IndexOf(words, "lladdr");
        return at >= 0 ? PhysicalAddress.Parse(words[at + 1]) : throw new InvalidOperationException($"{host.Namespace.Name} has no hardware address for {host.Gateway}: {result}");
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Hosts.Select(host => host.Namespace).Append(Lan).Select(place => place.DeleteAsync()));
        WorkFolder.Delete(recursive: true);
    }

    async Task PlugIntoBridgeAsync(Host host)
    {
        var port = host.Namespace.Name[(Prefix.Length + 1)..];
        await HostProcess.RunCheckedAsync("ip", "link", "add", "eth0", "netns", host.Namespace.Name, "type", "veth", "peer", "name", port, "netns", Lan.Name);
        await Lan.ShellAsync($"ip link set {port} master {Topology.LanBridge} up");
        await host.Namespace.ShellAsync($"""
            ip link set eth0 up
            ip addr add {host.Address}/24 dev eth0
            ip route add default via {host.Gateway}
            """);
    }

    static string Format(PhysicalAddress mac) => string.Join(':', mac.GetAddressBytes().Select(part => part.ToString("x2")));
}
