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
        var started = new KernelRouter(network, await NetworkNamespace.CreateAsync($"{network.Prefix}-router"));
        try
        {
            await started.ConfigureAsync(scenario);
            return started;
        }
        catch
        {
            await started._router.DeleteAsync();
            throw;
        }
    }

    async Task ConfigureAsync(Scenario scenario)
    {
        await LinkAsync(_router, "lan", Network.Lan, Topology.LanTap);
        await LinkAsync(_router, "servers", Network.Mta.Namespace, Network.Mta.Device);
        await LinkAsync(_router, "wan", Network.External.Namespace, Network.External.Device);
        await Network.Lan.ShellAsync($"ip link set {Topology.LanTap} master {Topology.LanBridge} up");
        await Network.ConfigureServersAsync();
        if (scenario.Ipv6)
            await Network.ConfigureIpv6Async();
        await File.WriteAllTextAsync(Path.Combine(Network.WorkFolder.FullName, "rules.nft"), Rules(scenario));
        await _router.ShellAsync($"""
            ip addr add {Topology.RouterLan}/24 dev lan
            ip addr add {Topology.RouterServers}/24 dev servers
            ip addr add {Topology.RouterWan}/24 dev wan
            ip link set wan mtu {scenario.WanMtu}
            ip route add default via {Topology.Upstream}
            sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 net.ipv4.conf.all.send_redirects=0
            {(scenario.Ipv6 ? Ipv6 : "")}
            nft -f {Network.WorkFolder.FullName}/rules.nft
            """);
        // Both ends of a link have its MTU, as both ends of a TAP have: a veth drops what is larger than its peer's.
        await Network.External.Namespace.ShellAsync($"ip link set {Network.External.Device} mtu {scenario.WanMtu}");
        await Network.SettleAsync(scenario.Ipv6);
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

    static readonly string Ipv6 = $"""
        sysctl -qw net.ipv6.conf.lan.accept_dad=0 net.ipv6.conf.servers.accept_dad=0 net.ipv6.conf.wan.accept_dad=0
        sysctl -qw net.ipv6.conf.lan.disable_ipv6=0 net.ipv6.conf.servers.disable_ipv6=0 net.ipv6.conf.wan.disable_ipv6=0
        sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.icmp.ratelimit=0
        ip addr add {Topology.RouterLan6}/64 dev lan nodad
        ip addr add {Topology.RouterServers6}/64 dev servers nodad
        ip addr add {Topology.RouterWan6}/64 dev wan nodad
        ip -6 route add default via {Topology.Upstream6}
        """;

    static string Rules(Scenario scenario)
    {
        var sourcePort25 = scenario.Mode == Mode.Block ? "iifname \"wan\" tcp sport 25 ct state { new, invalid } drop" : "";
        return Ipv4Rules(Refusal(scenario, "icmp"), sourcePort25) + (scenario.Ipv6 ? Ipv6Rules(Refusal(scenario, "icmpv6"), sourcePort25) : "");
    }

    static string Refusal(Scenario scenario, string icmp) => scenario switch
    {
        { Mode: not Mode.Block } => "return",
        { Action: RefusalAction.Icmp } => $"reject with {icmp} type admin-prohibited",
        { Action: RefusalAction.Reset } => "reject with tcp reset",
        _ => "drop",
    };

    static string Ipv4Rules(string refusal, string sourcePort25) => $$"""
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

    /// <summary>The same without translation: what a port forward lets in is a rule here, and echo requests come in too, as RFC 4890 section 4.3.1 has it. Neighbours' own messages pass the first chain.</summary>
    static string Ipv6Rules(string refusal, string sourcePort25) => $$"""
        table ip6 router {
          chain spoofed {
            type filter hook prerouting priority raw
            ip6 saddr { ::, fe80::/10 } return
            iifname "lan" ip6 saddr != {{Topology.LanPrefix6}} drop
            iifname "servers" ip6 saddr != {{Topology.ServersPrefix6}} drop
            iifname "wan" ip6 saddr { {{Topology.LanPrefix6}}, {{Topology.ServersPrefix6}} } drop
          }
          chain op25b {
            ip6 daddr {{Topology.Mta6}} return
            ip6 saddr { {{Topology.Mta6}}, {{Topology.Fixed6}} } return
            {{refusal}}
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
            iifname "wan" ip6 daddr {{Topology.Mta6}} tcp dport { 25, 465, 587 } accept
            iifname "wan" ip6 daddr {{Topology.Home6}} tcp dport { 25, 80 } accept
            iifname "wan" icmpv6 type echo-request accept
          }
        }

        """;
}
