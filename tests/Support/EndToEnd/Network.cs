using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Support.EndToEnd;

/// <summary>A host of the test network: a namespace and the device that looks to the router.</summary>
internal sealed record Host(NetworkNamespace Namespace, string Device, IPAddress Address, IPAddress Gateway, IPAddress Address6, IPAddress Gateway6)
{
    /// <summary>Its own address in the family of another one.</summary>
    public IPAddress AddressLike(IPAddress other) => other.AddressFamily == AddressFamily.InterNetworkV6 ? Address6 : Address;
}

/// <summary>
/// The network around one router, in namespaces that only this instance knows. The router's three places are a bridge (lan) and two bare namespaces (mta,
/// external): whoever plays the router puts the devices <see cref="Topology.LanTap"/>, <see cref="Topology.ServersTap"/> and <see cref="Topology.WanTap"/> there.
/// <code>
///  client .10   home .20   fixed .200
///      \__________|__________/
///        lan (bridge br-lan)           192.168.25.1, 2001:db8:25:1::1
///             [ router ]
///   mta 198.51.100.25   external 203.0.113.25, .26, .1       198.51.100.1, 203.0.113.2, 2001:db8:25:2::1, 2001:db8:25:3::2
/// </code>
/// In IPv6 a host has the same last part in its network's prefix; <see cref="Topology"/> has all of them. IPv6 is off until <see cref="ConfigureIpv6Async"/>.
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

    /// <summary>Who came later: <see cref="AddGuestsAsync"/>.</summary>
    IReadOnlyList<Host> Guests { get; set; } = [];

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
            Client = new Host(made[1], "eth0", Topology.Client, Topology.RouterLan, Topology.Client6, Topology.RouterLan6),
            Home = new Host(made[2], "eth0", Topology.Home, Topology.RouterLan, Topology.Home6, Topology.RouterLan6),
            Fixed = new Host(made[3], "eth0", Topology.Fixed, Topology.RouterLan, Topology.Fixed6, Topology.RouterLan6),
            Mta = new Host(made[4], Topology.ServersTap, Topology.Mta, Topology.RouterServers, Topology.Mta6, Topology.RouterServers6),
            External = new Host(made[5], Topology.WanTap, Topology.External, Topology.RouterWan, Topology.External6, Topology.RouterWan6),
        };
        // Where this machine has br_netfilter, its bridges judge what they carry: they drop jumbograms, for one.
        await network.Lan.ShellAsync($"""
            sysctl -qwe net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
            ip link add {Topology.LanBridge} type bridge mcast_snooping 0
            ip link set {Topology.LanBridge} up
            """);
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

    /// <summary>Gives every host its IPv6 addresses and routes; the devices of mta and external are there already.</summary>
    public Task ConfigureIpv6Async() => Task.WhenAll(Hosts.Select(ConfigureIpv6Async));

    /// <summary>
    /// What a host says in IPv6 of its own accord would be counted in tests: so it asks for no router and for no duplicate, and reports its groups at once (MLD). It speaks from its own
    /// address: the others are deprecated (RFC 6724 section 5, rule 3), else Linux takes the one that came last.
    /// </summary>
    public async Task ConfigureIpv6Async(Host host)
    {
        var settings = $"net.ipv6.conf.{host.Device}";
        IPAddress[] addresses = host == External ? [Topology.External6, Topology.SecondExternal6, Topology.Upstream6] : [host.Address6];
        string[] routes = host == External ? [Topology.LanPrefix6, Topology.ServersPrefix6] : ["default"];
        await host.Namespace.ShellAsync($"""
            sysctl -qw net.ipv6.icmp.ratelimit=0 {settings}.accept_ra=0 {settings}.router_solicitations=0 {settings}.accept_dad=0 {settings}.dad_transmits=0 {settings}.mldv2_unsolicited_report_interval=1
            sysctl -qw {settings}.disable_ipv6=0
            {string.Join('\n', addresses.Select(address => $"ip addr replace {address}/64 dev {host.Device} nodad{(address.Equals(host.Address6) ? "" : " preferred_lft 0")}"))}
            {string.Join('\n', routes.Select(route => $"ip -6 route replace {route} via {host.Gateway6} dev {host.Device}"))}
            """);
    }

    /// <summary>Pings the router from everywhere, and nails its hardware address down, so that no host sends ARP or Neighbor Discovery of its own accord any more.</summary>
    public async Task SettleAsync(bool ipv6 = false)
    {
        await Task.WhenAll(Hosts.Select(SettleAsync));
        if (ipv6)
            await Task.WhenAll(Hosts.Select(SettleIpv6Async));
    }

    static async Task SettleAsync(Host host)
    {
        await Eventually.TrueAsync(async () => (await PingAsync(host, host.Gateway)).ExitCode == 0, TimeSpan.FromSeconds(10), () => $"{host.Namespace.Name} reaches {host.Gateway}");
        await host.Namespace.ShellAsync($"ip neigh replace {host.Gateway} dev {host.Device} lladdr {Format(await RouterMacAsync(host))} nud permanent");
    }

    /// <summary>
    /// The router answers by an address when it knows that it is nobody else's (RFC 4862), by the link-local one too: then it has nothing more to ask about itself. Nobody asks for
    /// the router: what it learnt so it would have to confirm five seconds later (RFC 4861 section 7.3.2), in the middle of a test.
    /// </summary>
    static async Task SettleIpv6Async(Host host)
    {
        var mac = await RouterMacAsync(host);
        foreach (var gateway in new[] { host.Gateway6, LinkLocal(mac) })
        {
            await host.Namespace.ShellAsync($"ip neigh replace {gateway} dev {host.Device} lladdr {Format(mac)} nud permanent");
            await Eventually.TrueAsync(async () => (await PingAsync(host, gateway, "-W", "0.2", "-I", host.Device)).ExitCode == 0, TimeSpan.FromSeconds(10),
                () => $"{host.Namespace.Name} reaches {gateway}");
        }
    }

    /// <summary>More subscribers, of both families, who know their router: once only.</summary>
    public async Task<IReadOnlyList<Host>> AddGuestsAsync(int count)
    {
        var numbers = Enumerable.Range(1, count);
        var places = await Task.WhenAll(numbers.Select(number => NetworkNamespace.CreateAsync($"{Prefix}-guest{number}")));
        Guests = [.. numbers.Zip(places, (number, place) => new Host(place, "eth0", IPAddress.Parse($"192.168.25.{100 + number}"), Topology.RouterLan,
            IPAddress.Parse($"2001:db8:25:1::{100 + number}"), Topology.RouterLan6))];
        await Task.WhenAll(Guests.Select(async guest =>
        {
            await PlugIntoBridgeAsync(guest);
            await ConfigureIpv6Async(guest);
            await SettleAsync(guest);
            await SettleIpv6Async(guest);
        }));
        return Guests;
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
        await Task.WhenAll(Hosts.Concat(Guests).Select(host => host.Namespace).Append(Lan).Select(place => place.DeleteAsync()));
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

    /// <summary>Its modified EUI-64 (RFC 4291 appendix A).</summary>
    static IPAddress LinkLocal(PhysicalAddress mac)
    {
        var part = mac.GetAddressBytes();
        return new IPAddress([0xfe, 0x80, 0, 0, 0, 0, 0, 0, (byte)(part[0] ^ 2), part[1], part[2], 0xff, 0xfe, part[3], part[4], part[5]]);
    }

    static string Format(PhysicalAddress mac) => string.Join(':', mac.GetAddressBytes().Select(part => part.ToString("x2")));
}
