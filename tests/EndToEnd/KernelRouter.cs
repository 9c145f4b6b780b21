using Support.EndToEnd;

namespace EndToEnd;

/// <summary>The oracle: a namespace that forwards, with nftables for NAT, the firewall and the port-25 rule.</summary>
internal sealed class KernelRouter : IRouterUnderTest
{
    readonly NetworkNamespace _router;

    public Network Network { get; }

    KernelRouter(Network network, NetworkNamespace router) => (Network, _router) = (network, router);

    public static async Task<KernelRouter> StartAsync(Network network, Scenario scenario)
    {
        Needs.Tool("nft");
        var router = await NetworkNamespace.CreateAsync($"{network.Prefix}-router");
        await LinkAsync(router, "lan", network.Lan, Topology.LanTap);
        await LinkAsync(router, "servers", network.Mta.Namespace, network.Mta.Device);
        await LinkAsync(router, "wan", network.External.Namespace, network.External.Device);
        await network.Lan.ShellAsync($"ip link set {Topology.LanTap} master {Topology.LanBridge} up");
        await network.ConfigureServersAsync();
        await File.WriteAllTextAsync(Path.Combine(network.WorkFolder.FullName, "rules.nft"), Rules(scenario));
        await router.ShellAsync($"""
            ip addr add {Topology.RouterLan}/24 dev lan
            ip addr add {Topology.RouterServers}/24 dev servers
            ip addr add {Topology.RouterWan}/24 dev wan
            ip link set wan mtu {scenario.WanMtu}
            ip route add default via {Topology.Upstream}
            sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 net.ipv4.conf.all.send_redirects=0
            nft -f {network.WorkFolder.FullName}/rules.nft
            """);
        // Both ends of a link have its MTU, as both ends of a TAP have: a veth drops what is larger than its peer's.
        await network.External.Namespace.ShellAsync($"ip link set {network.External.Device} mtu {scenario.WanMtu}");
        var started = new KernelRouter(network, router);
        await network.SettleAsync();
        return started;
    }

    public Task<Metrics?> ReadMetricsAsync() => Task.FromResult<Metrics?>(null);

    public async ValueTask DisposeAsync()
    {
        await _router.DeleteAsync();
        await Network.DisposeAsync();
    }

    static async Task LinkAsync(NetworkNamespace router, string own, NetworkNamespace there, string device)
    {
        await HostProcess.RunCheckedAsync("ip", "link", "add", own, "netns", router.Name, "type", "veth", "peer", "name", device, "netns", there.Name);
        await router.ShellAsync($"ip link set {own} up");
    }

    static string Rules(Scenario scenario)
    {
        var refusal = scenario switch
        {
            { Mode: not Mode.Block } => "return",
            { Action: RefusalAction.Icmp } => "reject with icmp type admin-prohibited",
            { Action: RefusalAction.Reset } => "reject with tcp reset",
            _ => "drop",
        };
        var sourcePort25 = scenario.Mode == Mode.Block ? "iifname \"wan\" tcp sport 25 ct state { new, invalid } drop" : "";
        return $$"""
            table ip router {
              chain spoofed {
                type filter hook prerouting priority raw
                iifname "lan" ip saddr != 192.168.25.0/24 drop
                iifname "servers" ip saddr != 198.51.100.0/24 drop
                iifname "wan" ip saddr { 192.168.25.0/24, 198.51.100.0/24 } drop
              }
              chain destination {
                type nat hook prerouting priority dstnat
                iifname "wan" ip daddr {{Topology.RouterWan}} tcp dport 25 dnat to {{Topology.Home}}:25
                iifname "wan" ip daddr {{Topology.RouterWan}} tcp dport 8080 dnat to {{Topology.Home}}:80
              }
              chain source {
                type nat hook postrouting priority srcnat
                oifname "wan" ip saddr 192.168.25.0/24 masquerade
              }
              chain op25b {
                ip daddr {{Topology.Mta}} return
                ip saddr { {{Topology.Mta}}, {{Topology.Fixed}} } return
                {{refusal}}
              }
              chain input {
                type filter hook input priority filter
                {{sourcePort25}}
              }
              chain forward {
                type filter hook forward priority filter
                policy drop
                {{sourcePort25}}
                iifname { "lan", "servers" } tcp dport 25 jump op25b
                ct state established,related accept
                ct state invalid drop
                iifname "lan" accept
                iifname "servers" oifname "wan" accept
                iifname "wan" ip daddr {{Topology.Mta}} tcp dport { 25, 465, 587 } accept
                iifname "wan" ct status dnat accept
              }
            }
            """;
    }
}
