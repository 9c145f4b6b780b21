using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Support;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// The router as a service runs: in a network namespace with bridges, as a user without a capability, on TAPs that root has made, under a supervisor that speaks systemd's protocol.
/// <code>  client .10 --- br-lan [ router ] br-wan --- external 203.0.113.25</code>
/// </summary>
internal sealed class ServiceLab : IAsyncDisposable
{
    /// <summary>Nobody: a number that owns nothing.</summary>
    public const string User = "65534";

    public static readonly string[] WithoutCapabilities = ["setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"];

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    static int _count;

    HostProcess? _supervisor;

    public required NetworkNamespace Router { get; init; }

    public required Host Client { get; init; }

    public required Host External { get; init; }

    public required DirectoryInfo Folder { get; init; }

    public string Configuration => Path.Combine(Folder.FullName, "router.json");

    public string Said => _supervisor is { } running ? running.Output + running.Error : "";

    /// <summary>On a machine with udev anybody may open it; in a container perhaps root alone.</summary>
    string TunDevice => Path.Combine(Folder.FullName, "tun");

    /// <summary>What follows runs where /dev/net/tun is for everybody, as a user without a capability. The mount is gone with it: <c>ip netns exec</c> has mounts of its own.</summary>
    public string[] Unprivileged(params string[] command) => ["sh", "-ec", "mount --bind \"$0\" /dev/net/tun; exec \"$@\"", TunDevice, .. command];

    string ControlSocket => Path.Combine(Folder.FullName, "control.sock");

    public static async Task<ServiceLab> CreateAsync()
    {
        Needs.Root();
        Needs.Tool("ip");
        Needs.Tool("setpriv");
        Needs.File("/usr/bin/python3", "test.sh installs python3");
        Needs.Met((await HostProcess.RunAsync([.. WithoutCapabilities, UserspaceRouter.Binary, "version"], Soon)).ExitCode == 0,
            $"needs {UserspaceRouter.Binary}, and its .NET, where any user may read them: dotnet build -c Release");
        // Beside those of Network, which count from 1.
        var prefix = $"t{Environment.ProcessId}-{90000 + Interlocked.Increment(ref _count)}";
        var made = await Task.WhenAll(new[] { "router", "client", "external" }.Select(name => NetworkNamespace.CreateAsync($"{prefix}-{name}")));
        var lab = new ServiceLab
        {
            Router = made[0],
            Client = new Host(made[1], "eth0", Topology.Client, Topology.RouterLan, Topology.Client6, Topology.RouterLan6),
            External = new Host(made[2], "eth0", Topology.External, Topology.RouterWan, Topology.External6, Topology.RouterWan6),
            Folder = Directory.CreateTempSubdirectory($"op25b-{prefix}-"),
        };
        await lab.PlugAsync(lab.Client, "br-lan", "default");
        await lab.PlugAsync(lab.External, "br-wan", Topology.LanPrefix6);
        await HostProcess.RunCheckedAsync("chown", User, lab.Folder.FullName);
        lab.Configure(_ => { });
        await HostProcess.RunCheckedAsync("sh", "-ec", $"mknod {lab.TunDevice} c 10 200; chmod 666 {lab.TunDevice}");
        return lab;
    }

    public void Configure(Action<JsonNode> change)
    {
        var configuration = JsonNode.Parse($$"""
            {
              "Interfaces": [
                { "Name": "lan", "Role": "Lan", "Tap": "{{Topology.LanTap}}", "Bridge": "br-lan", "Addresses": ["192.168.25.1/24", "{{Topology.RouterLan6}}/64"] },
                { "Name": "wan", "Role": "Wan", "Tap": "{{Topology.WanTap}}", "Bridge": "br-wan", "Addresses": ["203.0.113.2/24", "{{Topology.RouterWan6}}/64"] }
              ],
              "Nat": { "Addresses": ["203.0.113.2"] },
              "Control": { "Socket": "{{ControlSocket}}" }
            }
            """)!;
        change(configuration);
        File.WriteAllText(Configuration, configuration.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    /// <summary>A verb that root says in the router's namespace.</summary>
    public Task<ProcessResult> AsRootAsync(params string[] arguments) => Router.RunAsync([UserspaceRouter.Binary, .. arguments, "--config", Configuration], Soon);

    /// <summary>The supervisor, and under it the router; waits until that is ready.</summary>
    public async Task StartAsync(params string[] environment)
    {
        var command = Unprivileged(["env", .. environment, "/usr/bin/python3", "-B", Repository.PathOf("tests/EndToEnd/Service/supervisor.py"), .. WithoutCapabilities, UserspaceRouter.Binary, "run", "--config", Configuration]);
        _supervisor = Router.Start(command);
        await ReadyAsync(1);
    }

    /// <summary>Ends the router and starts it anew, as a service manager does.</summary>
    public async Task RestartAsync()
    {
        var before = Count("READY");
        _supervisor!.Signal(Tmds.Linux.LibC.SIGHUP);
        await ReadyAsync(before + 1);
    }

    public async Task StopAsync()
    {
        if (_supervisor is { HasExited: false } running)
            await running.TerminateAsync(Soon);
    }

    public int Count(string line) => Said.Split('\n').Count(said => said == line);

    public Task<ProcessResult> AskAsync(params string[] arguments) => HostProcess.RunAsync([UserspaceRouter.Binary, .. arguments, "--socket", ControlSocket], Soon);

    /// <summary>The router's own process, as /proc shows it.</summary>
    public async Task<string> ProcessStatusAsync()
    {
        var children = await HostProcess.RunAsync("pgrep", "-P", $"{_supervisor!.Id}");
        return File.ReadAllText($"/proc/{children.Output.Trim()}/status");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_supervisor is not null)
            await _supervisor.DisposeAsync();
        await Task.WhenAll(new[] { Router, Client.Namespace, External.Namespace }.Select(place => place.DeleteAsync()));
        Folder.Delete(recursive: true);
    }

    async Task ReadyAsync(int times)
    {
        await Eventually.TrueAsync(() => _supervisor!.HasExited || Count("READY") >= times, Soon, () => $"the router is ready\n{Said}");
        Assert.False(_supervisor!.HasExited, Said);
    }

    async Task PlugAsync(Host host, string bridge, string prefix6)
    {
        await HostProcess.RunCheckedAsync("ip", "link", "add", "eth0", "netns", host.Namespace.Name, "type", "veth", "peer", "name", $"{bridge}-host", "netns", Router.Name);
        await Router.ShellAsync($"""
            sysctl -qwe net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
            ip link add {bridge} type bridge mcast_snooping 0 forward_delay 0
            ip link set {bridge}-host master {bridge} up
            ip link set {bridge} up
            """);
        await host.Namespace.ShellAsync($"""
            sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0 net.ipv6.conf.eth0.accept_dad=0
            ip link set eth0 up
            ip addr add {host.Address}/24 dev eth0
            ip addr add {host.Address6}/64 dev eth0 nodad
            ip route add default via {host.Gateway}
            ip -6 route add {prefix6} via {host.Gateway6} dev eth0
            """);
    }
}
