using Support;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// The gateway of docs/getting-started.md: a machine with a bridge for each side and the router's TAPs in them, under a supervisor that speaks systemd's protocol. Its files are where a Debian
/// package puts them, so that an operator's command lines run as they stand.
/// <code>  client .10, home .20 --- br-lan [ router ] br-wan --- external 203.0.113.25, .26, .53, .1
///                                          br-wan 203.0.113.9: the machine itself</code>
/// </summary>
internal sealed class GatewayLab : IAsyncDisposable
{
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    static int _count;

    HostProcess? _supervisor;

    public required NetworkNamespace Machine { get; init; }

    public required Host Client { get; init; }

    public required Host Home { get; init; }

    public required Host External { get; init; }

    public required DirectoryInfo Folder { get; init; }

    /// <summary>What the supervisor and the router under it said.</summary>
    public string Said => File.Exists(PathOf("said")) ? File.ReadAllText(PathOf("said")) : "";

    public string PathOf(string name) => Path.Combine(Folder.FullName, name);

    public static async Task<GatewayLab> CreateAsync()
    {
        Needs.Root();
        Needs.Tool("ip");
        Needs.Tool("nsenter");
        Needs.File("/usr/bin/python3", "test.sh installs python3");
        Needs.File(UserspaceRouter.Binary, "build it: dotnet build -c Release");
        // Beside those of Network, which count from 1, and of ServiceLab.
        var prefix = $"t{Environment.ProcessId}-{80000 + Interlocked.Increment(ref _count)}";
        var made = await Task.WhenAll(new[] { "router", "client", "home", "external" }.Select(name => NetworkNamespace.CreateAsync($"{prefix}-{name}")));
        var lab = new GatewayLab
        {
            Machine = made[0],
            Client = new Host(made[1], "eth0", Topology.Client, Topology.RouterLan, Topology.Client6, Topology.RouterLan6),
            Home = new Host(made[2], "eth0", Topology.Home, Topology.RouterLan, Topology.Home6, Topology.RouterLan6),
            External = new Host(made[3], "eth0", Topology.External, Topology.RouterWan, Topology.External6, Topology.RouterWan6),
            Folder = Directory.CreateTempSubdirectory($"op25b-{prefix}-"),
        };
        await lab.ConnectAsync();
        lab.Folder.CreateSubdirectory("etc/op25b-router");
        lab.Folder.CreateSubdirectory("bin");
        lab.Folder.CreateSubdirectory("operator");
        File.CreateSymbolicLink(lab.PathOf("bin/op25b-router"), UserspaceRouter.Binary);
        foreach (var command in new[] { "systemctl", "journalctl" })
            File.Copy(Repository.PathOf($"tests/EndToEnd/Gateway/{command}"), lab.PathOf($"bin/{command}"));
        File.CreateSymbolicLink(lab.PathOf("operator/deploy"), Repository.PathOf("deploy"));
        File.WriteAllText(lab.PathOf("etc/resolv.conf"), "nameserver 203.0.113.53\n");
        return lab;
    }

    /// <summary>Starts the router with this configuration; waits until it is ready.</summary>
    public async Task StartAsync(string configuration, params string[] options)
    {
        File.WriteAllText(PathOf("etc/op25b-router/router.jsonc"), configuration);
        _supervisor = Machine.Start(["unshare", "--mount", "--propagation", "private", "sh", Repository.PathOf("tests/EndToEnd/Gateway/enter.sh"), Folder.FullName,
            "env", $"PATH={SearchPath}", "/usr/bin/python3", "-B", Repository.PathOf("tests/EndToEnd/Service/supervisor.py"), "op25b-router", "run", .. options]);
        await Eventually.TrueAsync(() => _supervisor.HasExited || Said.Split('\n').Contains("READY"), StartLimit, () => $"the router is ready\n{Said}{_supervisor.Error}");
        Assert.False(_supervisor.HasExited, $"{Said}{_supervisor.Error}");
    }

    /// <summary>The upstream's dnsmasq: the resolver 203.0.113.53, and what else is asked of it.</summary>
    public HostProcess StartUpstream(params string[] options) => External.Namespace.Start(["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces",
        "--listen-address=203.0.113.53", "--local=/example/", $"--pid-file={PathOf("upstream.pid")}", $"--dhcp-leasefile={PathOf("upstream.leases")}", .. options]);

    /// <summary>A command line that the operator types on the gateway's machine, both of its outputs in one.</summary>
    public Task<ProcessResult> TypeAsync(string commandLine) => HostProcess.RunAsync(
        ["nsenter", "--mount", "--net", $"--target={_supervisor!.Id}", "env", $"PATH={SearchPath}", "TERM=dumb", "bash", "-c", $"cd {PathOf("operator")} && exec 2>&1; {commandLine}"], StartLimit);

    public async ValueTask DisposeAsync()
    {
        if (_supervisor is not null)
        {
            if (!_supervisor.HasExited)
                await _supervisor.TerminateAsync(StartLimit);
            await _supervisor.DisposeAsync();
        }
        await Task.WhenAll(new[] { Machine, Client.Namespace, Home.Namespace, External.Namespace }.Select(place => place.DeleteAsync()));
        Folder.Delete(recursive: true);
    }

    string SearchPath => $"{PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";

    async Task ConnectAsync()
    {
        await Machine.ShellAsync("""
            sysctl -qwe net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
            for side in lan wan; do ip link add br-$side type bridge mcast_snooping 0 forward_delay 0; ip link set br-$side up; done
            ip addr add 203.0.113.9/24 dev br-wan
            ip route add default via 203.0.113.1
            """);
        foreach (var (host, bridge) in new[] { (Client, "br-lan"), (Home, "br-lan"), (External, "br-wan") })
        {
            var port = host.Namespace.Name[(host.Namespace.Name.LastIndexOf('-') + 1)..];
            await HostProcess.RunCheckedAsync("ip", "link", "add", "eth0", "netns", host.Namespace.Name, "type", "veth", "peer", "name", port, "netns", Machine.Name);
            await Machine.ShellAsync($"ip link set {port} master {bridge} up");
            await host.Namespace.ShellAsync($"ip link set eth0 up && ip addr add {host.Address}/24 dev eth0");
        }
        foreach (var host in new[] { Client, Home })
            await host.Namespace.ShellAsync($"ip route add default via {host.Gateway}");
        // The upstream, its resolver, and the provider's mail servers somewhere behind it.
        await External.Namespace.ShellAsync("""
            for address in 203.0.113.26 203.0.113.53 203.0.113.1; do ip addr add $address/24 dev eth0; done
            for address in 198.51.100.25 198.51.100.26; do ip addr add $address/32 dev lo; done
            """);
    }
}
