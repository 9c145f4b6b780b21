using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// The binary under test. The environment variable ROUTER_BINARY names another than the one that the Release build left in the repository.
/// </summary>
internal sealed class UserspaceRouter : IRouterUnderTest
{
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);
    static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public static string Binary { get; } = Environment.GetEnvironmentVariable("ROUTER_BINARY") is { Length: > 0 } other ? other : Path.Combine(Repository(), "router/bin/Release/net10.0/op25b-router");

    public Network Network { get; }

    public HostProcess Process { get; }

    /// <summary>Where <c>/metrics</c> is bound.</summary>
    public Uri MetricsAddress { get; }

    UserspaceRouter(Network network, HostProcess process, Uri metrics) => (Network, Process, MetricsAddress) = (network, process, metrics);

    public static async Task<UserspaceRouter> StartAsync(Network network, RouterKind backend, Scenario scenario)
    {
        var configuration = WriteConfiguration(network, Configuration(network, backend, scenario));
        var router = await StartAsync(network, configuration, scenario.AsOf is { } moment ? ["--as-of", moment.ToString("O", CultureInfo.InvariantCulture)] : []);
        try
        {
            await network.ConfigureServersAsync();
            if (scenario.Ipv6)
                await network.ConfigureIpv6Async();
            await network.SettleAsync(scenario.Ipv6);
            await router.ReachEveryNeighborAsync(scenario.Ipv6);
            return router;
        }
        catch
        {
            await router.Process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the binary and waits until it answers <c>status</c>; hosts are not configured yet.</summary>
    public static async Task<UserspaceRouter> StartAsync(Network network, string configuration, params string[] more)
    {
        var process = Run(configuration, more);
        string? metrics = null;
        await Eventually.TrueAsync(async () => process.HasExited || (metrics = await BoundAddressAsync(network)) is not null, StartLimit, () => $"the router answers status:\n{process.Output}{process.Error}");
        if (process.HasExited || metrics is null)
        {
            var said = $"{process.Output}{process.Error}";
            await process.DisposeAsync();
            throw new InvalidOperationException($"the router ended at its start:\n{said}");
        }
        return new UserspaceRouter(network, process, new Uri($"http://{metrics}/metrics"));
    }

    public static HostProcess Run(string configuration, params string[] more)
    {
        Needs.File(Binary, "build it: dotnet build -c Release");
        return HostProcess.Start([Binary, "run", "--config", configuration, .. more]);
    }

    public static string WriteConfiguration(Network network, JsonNode configuration, string name = "router.json")
    {
        var path = Path.Combine(network.WorkFolder.FullName, name);
        File.WriteAllText(path, configuration.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return path;
    }

    public static string Socket(Network network) => Path.Combine(network.WorkFolder.FullName, "control.sock");

    /// <summary>The configuration of the shared topology. Tests change the parsed document where they need another.</summary>
    public static JsonObject Configuration(Network network, RouterKind backend, Scenario scenario)
    {
        var configuration = Ipv4Configuration(network, backend, scenario);
        if (scenario.Ipv6)
            AddIpv6(configuration);
        if (scenario.MappingLog is { } mappingLog)
            configuration["MappingLog"] = JsonNode.Parse(mappingLog);
        if (scenario.SessionsPerSubscriber is { } sessions)
            configuration["Sessions"] = new JsonObject { ["PerSubscriber"] = new JsonObject { ["Sessions"] = sessions } };
        return configuration;
    }

    /// <summary>Everything a second time; what a port forward is in IPv4 is a rule of the firewall.</summary>
    static void AddIpv6(JsonObject configuration)
    {
        var interfaces = configuration["Interfaces"]!.AsArray();
        foreach (var (number, address) in new[] { Topology.RouterLan6, Topology.RouterServers6, Topology.RouterWan6 }.Index())
            interfaces[number]!["Addresses"]!.AsArray().Add($"{address}/64");
        configuration["Routes"]!.AsArray().Add(JsonNode.Parse($$"""{ "Destination": "::/0", "Via": "{{Topology.Upstream6}}" }"""));
        foreach (var rule in new[] { $$"""{ "Protocol": "Tcp", "To": "{{Topology.Mta6}}", "Ports": [25, 465, 587] }""", $$"""{ "Protocol": "Tcp", "To": "{{Topology.Home6}}", "Ports": [25, 80] }""" })
            configuration["Firewall"]!["Inbound"]!.AsArray().Add(JsonNode.Parse(rule));
        var groups = configuration["Op25b"]!["Groups"]!.AsArray();
        groups[0]!["Sources"]!.AsArray().Add(Topology.LanPrefix6);
        groups[1]!["Sources"]!.AsArray().Add(Topology.Fixed6.ToString());
        configuration["Op25b"]!["OwnMailServers"]!["Addresses"]!.AsArray().Add(Topology.Mta6.ToString());
    }

    static JsonObject Ipv4Configuration(Network network, RouterKind backend, Scenario scenario) => JsonNode.Parse($$"""
        {
          "Interfaces": [
            { "Name": "lan", "Role": "Lan", "Tap": "{{Topology.LanTap}}", "Namespace": "{{network.Lan.Name}}", "Bridge": "{{Topology.LanBridge}}", "Addresses": ["192.168.25.1/24"], "Backend": "{{backend}}" },
            { "Name": "servers", "Role": "Servers", "Tap": "{{Topology.ServersTap}}", "Namespace": "{{network.Mta.Namespace.Name}}", "Addresses": ["198.51.100.1/24"], "Backend": "{{backend}}" },
            { "Name": "wan", "Role": "Wan", "Tap": "{{Topology.WanTap}}", "Namespace": "{{network.External.Namespace.Name}}", "Addresses": ["203.0.113.2/24"], "Mtu": {{scenario.WanMtu}}, "Backend": "{{backend}}" }
          ],
          "Routes": [ { "Destination": "0.0.0.0/0", "Via": "203.0.113.1" } ],
          "Nat": { "Addresses": ["203.0.113.2"], "Filtering": "{{scenario.Filtering}}", "PortForwards": [
            { "Protocol": "Tcp", "Port": 25, "To": "192.168.25.20:25" },
            { "Protocol": "Tcp", "Port": 8080, "To": "192.168.25.20:80" } ] },
          "Firewall": { "Inbound": [ { "Protocol": "Tcp", "To": "198.51.100.25", "Ports": [25, 465, 587] } ] },
          "Op25b": {
            "Groups": [
              { "Name": "dynamic", "Sources": ["192.168.25.0/24"] },
              { "Name": "fixed-ip", "Sources": ["192.168.25.200"], "Exempt": true, "Reason": "fixed-address contract" } ],
            "OwnMailServers": { "Addresses": ["198.51.100.25"] },
            "Phases": [
              { "Name": "notice", "From": "2008-03-04T00:00:00+09:00", "Mode": "Monitor" },
              { "Name": "op25b", "From": "{{scenario.From.ToString("O", CultureInfo.InvariantCulture)}}", "Mode": "{{scenario.Mode}}", "Action": "{{scenario.Action}}"{{(scenario.Mode == Mode.Block ? $", \"OpenSessions\": \"{scenario.OpenConnections}\", \"DrainSeconds\": 8" : "")}} } ]
          },
          "Metrics": { "Listen": "127.0.0.1:0" },
          "Control": { "Socket": "{{Socket(network)}}" }
        }
        """)!.AsObject();

    public async Task<Metrics?> ReadMetricsAsync() => new(await Http.GetStringAsync(MetricsAddress));

    public Task<ProcessResult> StatusAsync() => StatusAsync(Network);

    /// <summary>Runs a verb that asks the running router.</summary>
    public Task<ProcessResult> AskAsync(params string[] arguments) => HostProcess.RunAsync([Binary, .. arguments, "--socket", Socket(Network)]);

    public string Log => Process.Output + Process.Error;

    /// <summary>Ends the router as an administrator would, and the network with it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
            await Process.TerminateAsync(TimeSpan.FromSeconds(5));
        await Process.DisposeAsync();
        await Network.DisposeAsync();
    }

    static Task<ProcessResult> StatusAsync(Network network) => HostProcess.RunAsync(Binary, "status", "--json", "--socket", Socket(network));

    static async Task<string?> BoundAddressAsync(Network network)
    {
        if (!File.Exists(Socket(network)))
            return null;
        var status = await StatusAsync(network);
        return status.ExitCode == 0 ? JsonNode.Parse(status.Output)?["metrics"]?["listen"]?.GetValue<string>() : null;
    }

    /// <summary>Lets the router learn the hardware address of every host, so that no test sees it ask.</summary>
    async Task ReachEveryNeighborAsync(bool ipv6)
    {
        var ways = new[] { (Network.Client, Topology.External), (Network.Client, Topology.SecondExternal), (Network.Home, Topology.External), (Network.Fixed, Topology.External), (Network.Mta, Topology.External) };
        (Host, IPAddress)[] ways6 =
            [(Network.Client, Topology.External6), (Network.Client, Topology.SecondExternal6), (Network.Home, Topology.External6), (Network.Fixed, Topology.External6), (Network.Mta, Topology.External6)];
        foreach (var (from, to) in ipv6 ? [.. ways, .. ways6] : ways)
            await Eventually.TrueAsync(async () => (await Network.PingAsync(from, to)).ExitCode == 0, TimeSpan.FromSeconds(10), () => $"{from.Namespace.Name} reaches {to}\n{Log}");
    }

    static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "router.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException("router.sln is in no folder above the tests");
    }
}
