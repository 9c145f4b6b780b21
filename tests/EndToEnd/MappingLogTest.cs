using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Support.EndToEnd;
using Tmds.Linux;

namespace EndToEnd;

/// <summary>The mapping log as a collector and a file have it: nfdump's nfcapd listens on this machine, as it would on the router's.</summary>
public sealed class MappingLogTest(Lab lab) : RouterTest(lab)
{
    const int Port = 587;

    /// <summary>RFC 8158: NAT44 BIB create and delete, NAT44 session create and delete, quota exceeded.</summary>
    const string BibCreate = "8", BibDelete = "9", SessionCreate = "4", SessionDelete = "5", QuotaExceeded = "13";

    /// <summary>What nfdump prints is what the file says; each mapping that began has ended when the router has; nothing was lost on the way.</summary>
    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task Nfdump_prints_the_mappings_that_the_file_has(RouterKind kind)
    {
        await using var collector = await Collector.StartAsync();
        using var folder = new Folder();
        var router = await OwnRouterAsync(kind, With($$"""{ "Ipfix": { "Collector": "{{collector.EndPoint}}", "TemplateSeconds": 1 }, "File": { "Directory": "{{folder.Path}}" } }"""));
        var source = await ConnectAsync(router);
        await Eventually.TrueAsync(() => folder.Records().Any(record => IsOf(record, source)), Soon, () => $"the file has the mapping of port {source}\n{router.Log}");
        var metrics = (await router.ReadMetricsAsync())!;
        Assert.Equal(0, metrics.Sum("router_mapping_log_lost_records_total"));
        await router.Process.TerminateAsync(Soon);

        var filed = folder.Records();
        var printed = await collector.EndAsync();
        Assert.Contains("Sequence Errors: 0", collector.Said, StringComparison.Ordinal);
        Assert.Equal(filed.Select(Show).Order(StringComparer.Ordinal), printed.Select(Show).Order(StringComparer.Ordinal));
        var ours = printed.Where(record => IsOf(record, source)).ToArray();
        Assert.Equal([BibCreate, BibDelete], ours.Select(record => Text(record, "nat_event_id")).Order(StringComparer.Ordinal));
        Assert.All(printed.GroupBy(record => Show(record).Split(' ', 2)[1]), pair => Assert.Equal(2, pair.Count()));
        Assert.DoesNotContain($"{Topology.External}", string.Join('\n', filed.Select(record => record.ToJsonString())), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task Sessions_have_their_destination_where_that_is_asked_for(RouterKind kind)
    {
        await using var collector = await Collector.StartAsync();
        var router = await OwnRouterAsync(kind, With($$"""{ "Records": "Sessions", "Ipfix": { "Collector": "{{collector.EndPoint}}" } }"""));
        var source = await ConnectAsync(router);
        await router.Process.TerminateAsync(Soon);
        var printed = await collector.EndAsync();
        Assert.Contains("Sequence Errors: 0", collector.Said, StringComparison.Ordinal);
        var ours = printed.Where(record => IsOf(record, source)).ToArray();
        Assert.Equal([SessionCreate, SessionDelete], ours.Select(record => Text(record, "nat_event_id")).Order(StringComparer.Ordinal));
        Assert.All(ours, record => Assert.Equal(($"{Topology.External}", $"{Port}"), (Text(record, "dst4_addr"), Text(record, "dst_port"))));
    }

    /// <summary>RFC 8158 section 4.6.7.3. nfdump takes the record and goes on with the next ones; what it says of it is the event.</summary>
    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task A_host_that_has_all_its_sessions_is_told_of_once(RouterKind kind)
    {
        await using var collector = await Collector.StartAsync();
        using var folder = new Folder();
        var router = await OwnRouterAsync(kind, With($$"""{ "Ipfix": { "Collector": "{{collector.EndPoint}}" }, "File": { "Directory": "{{folder.Path}}" } }""") with { SessionsPerSubscriber = 20 });
        await router.Network.Client.Namespace.RunAsync(["bash", "-c", $"for port in {{9000..9040}}; do echo >/dev/udp/{Topology.External}/$port; done"]);
        await Eventually.TrueAsync(() => folder.Records().Any(IsOfLimit), Soon, () => $"the file tells of the limit\n{router.Log}");
        await router.Process.TerminateAsync(Soon);

        var filed = Assert.Single(folder.Records(), IsOfLimit);
        Assert.Equal(("subscriberSessions", "20", $"{Topology.Client}"), (Text(filed, "quota"), Text(filed, "limit"), Text(filed, "insideAddress")));
        var printed = Assert.Single(await collector.EndAsync(), record => Text(record, "nat_event_id") == QuotaExceeded);
        Assert.Equal(("Quota Exceeded", $"{Topology.Client}"), (Text(printed, "nat_event"), Text(printed, "src4_addr")));
        Assert.Contains("Sequence Errors: 0", collector.Said, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task A_collector_that_is_away_costs_records_and_one_line(RouterKind kind)
    {
        var nobody = Collector.FreeEndPoint();
        var router = await OwnRouterAsync(kind, With($$"""{ "Ipfix": { "Collector": "{{nobody}}" } }"""));
        await Eventually.TrueAsync(async () =>
        {
            await ConnectAsync(router);
            return (await router.ReadMetricsAsync())!.Sum("router_mapping_log_lost_records_total") > 3;
        }, Soon, () => $"records are counted as lost\n{router.Log}");
        Assert.Single(router.Log.Split('\n'), line => line.Contains($"mapping log, collector: {nobody}: nobody listens there; ", StringComparison.Ordinal));
    }

    /// <summary>On a full disk connections are made as before; when there is room again, whole lines are written again.</summary>
    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task A_full_disk_costs_records_and_one_line(RouterKind kind)
    {
        using var folder = new Folder();
        Needs.Root();
        await HostProcess.RunCheckedAsync("mount", "-t", "tmpfs", "-o", "size=64k", "mapping-log-test", folder.Path);
        try
        {
            var router = await OwnRouterAsync(kind, With($$"""{ "File": { "Directory": "{{folder.Path}}" } }"""));
            var fill = Path.Combine(folder.Path, "fill");
            await HostProcess.RunAsync("dd", "if=/dev/zero", $"of={fill}", "bs=4k");
            await Eventually.TrueAsync(async () =>
            {
                await ConnectAsync(router);
                return (await router.ReadMetricsAsync())!.Sum("router_mapping_log_lost_records_total") > 3;
            }, TimeSpan.FromSeconds(20), () => $"records are counted as lost\n{router.Log}");
            Assert.Single(router.Log.Split('\n'), line => line.Contains("mapping log, file: No space left on device", StringComparison.Ordinal));
            File.Delete(fill);
            var source = await ConnectAsync(router);
            await Eventually.TrueAsync(() => folder.Records().Any(record => IsOf(record, source)), Soon, () => "a line after the disk was full");
            await router.Process.TerminateAsync(Soon);
        }
        finally
        {
            await HostProcess.RunAsync("umount", "-l", folder.Path);
        }
    }

    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task A_directory_that_cannot_be_made_is_one_line_and_no_router(RouterKind kind)
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => OwnRouterAsync(kind, With("""{ "File": { "Directory": "/proc/mappings" } }""")));
        Assert.Contains("mapping log: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("; name a directory that can be written to in MappingLog:File:Directory, or leave File out", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>It begins, goes to another folder and another collector, is tried out, and ends, while connections are open: each place has its records in pairs, none is lost, and no frame is dropped.</summary>
    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task A_reload_begins_it_moves_it_and_ends_it_in_pairs(RouterKind kind)
    {
        await using Collector first = await Collector.StartAsync(), second = await Collector.StartAsync();
        using Folder one = new(), other = new();
        var router = await OwnRouterAsync(kind, Scenario.Default with { Ipv6 = false });
        var configuration = UserspaceRouter.Configuration(router.Network, kind, Scenario.Default with { Ipv6 = false });
        using var listener = Sockets.Listen(router.Network.External, Port, AddressFamily.InterNetwork);
        using var client = await Sockets.ConnectAsync(router.Network.Client, Topology.External, Port);
        using var server = await Sockets.AcceptAsync(listener);
        var source = ((IPEndPoint)client.LocalEndPoint!).Port;
        var dropped = (await router.ReadMetricsAsync())!.Sum("router_dropped_frames_total");

        Log(first, one);
        Assert.Equal([$"who had which outside port is logged from now on: Mappings to {one.Path} and the collector {first.EndPoint}"], await ReloadAsync());
        await Eventually.TrueAsync(() => Events(one) == "create", Soon, () => $"what is open when the log begins is created then\n{router.Log}");
        Log(second, other);
        Assert.Equal([$"mapping log: directory {one.Path} becomes {other.Path}", $"mapping log: collector {first.EndPoint} becomes {second.EndPoint}"], await ReloadAsync());
        Assert.Equal("create delete", Events(one));
        await ExchangeAsync(client, server);

        // Other limits, in the same folder; then sessions; on trial, which ends; and no log at all.
        configuration["MappingLog"]!["File"]!["KeepDays"] = 9;
        Assert.Equal(["mapping log: KeepDays 90 becomes 9"], await ReloadAsync());
        configuration["MappingLog"]!["Records"] = "Sessions";
        Assert.Equal(["mapping log: Records Mappings becomes Sessions"], await ReloadAsync("--confirm-within", "1h"));
        await Eventually.TrueAsync(() => other.Records().Any(record => IsOf(record, source) && Text(record, "peerPort") == $"{Port}"), Soon, () => "the session is written");
        Assert.Equal(0, (await router.AskAsync("rollback")).ExitCode);
        configuration.Remove("MappingLog");
        Assert.Equal([$"who had which outside port is logged no more: the log to {other.Path} and the collector {second.EndPoint} is closed"], await ReloadAsync());
        Assert.Equal("create delete create delete create delete create delete", Events(other));
        await ExchangeAsync(client, server);

        var metrics = (await router.ReadMetricsAsync())!;
        Assert.Equal(0, metrics.Sum("router_mapping_log_lost_records_total"));
        Assert.Equal(one.Records().Count + other.Records().Count, metrics[Series.Of("router_mapping_log_records_total", ("receiver", "file"))]);
        Assert.Equal(dropped, metrics.Sum("router_dropped_frames_total"));
        foreach (var (collector, folder) in new[] { (first, one), (second, other) })
        {
            var printed = await collector.EndAsync();
            Assert.Contains("Sequence Errors: 0", collector.Said, StringComparison.Ordinal);
            Assert.Equal(folder.Records().Count, printed.Count);
        }

        void Log(Collector collector, Folder folder) =>
            configuration["MappingLog"] = JsonNode.Parse($$"""{ "Ipfix": { "Collector": "{{collector.EndPoint}}" }, "File": { "Directory": "{{folder.Path}}" } }""");

        string Events(Folder folder) => string.Join(' ', folder.Records().Where(record => IsOf(record, source)).Select(record => Text(record, "event")));

        async Task<string[]> ReloadAsync(params string[] more)
        {
            UserspaceRouter.WriteConfiguration(router.Network, configuration);
            var result = await router.AskAsync(["reload", "--json", .. more]);
            Assert.True(result.ExitCode == 0, $"{result}{router.Log}");
            return [.. JsonNode.Parse(result.Output)!["changes"]!.AsArray().Select(entry => entry!.GetValue<string>())];
        }
    }

    /// <summary>A folder that cannot be written to is found before anything is changed.</summary>
    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task A_reload_to_a_directory_that_cannot_be_made_changes_nothing(RouterKind kind)
    {
        using var folder = new Folder();
        var router = await OwnRouterAsync(kind, With($$"""{ "File": { "Directory": "{{folder.Path}}" } }"""));
        var configuration = UserspaceRouter.Configuration(router.Network, kind, With("""{ "File": { "Directory": "/proc/mappings" } }"""));
        UserspaceRouter.WriteConfiguration(router.Network, configuration);
        var result = await router.AskAsync("reload");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("name a directory that can be written to in MappingLog:File:Directory, or leave File out; nothing was applied", result.Error, StringComparison.Ordinal);
        var source = await ConnectAsync(router);
        await Eventually.TrueAsync(() => folder.Records().Any(record => IsOf(record, source)), Soon, () => $"the log goes on\n{router.Log}");
    }

    static async Task ExchangeAsync(Socket client, Socket server)
    {
        await client.SendAsync("MAIL"u8.ToArray());
        var buffer = new byte[4];
        Assert.Equal(4, await server.ReceiveAsync(buffer).WaitAsync(Soon));
    }

    static Scenario With(string mappingLog) => Scenario.Default with { Ipv6 = false, MappingLog = mappingLog };

    /// <summary>Opens and closes a connection through the router. Gives its source port.</summary>
    static async Task<int> ConnectAsync(UserspaceRouter router)
    {
        using var listener = Sockets.Listen(router.Network.External, Port, AddressFamily.InterNetwork);
        using var client = await Sockets.ConnectAsync(router.Network.Client, Topology.External, Port);
        using var server = await Sockets.AcceptAsync(listener);
        return ((IPEndPoint)client.LocalEndPoint!).Port;
    }

    static bool IsOf(JsonObject record, int source) => Text(record, "src_port") is { Length: > 0 } port
        ? (port, Text(record, "src4_addr")) == ($"{source}", $"{Topology.Client}")
        : (Text(record, "insidePort"), Text(record, "insideAddress")) == ($"{source}", $"{Topology.Client}");

    /// <summary>Event, protocol, inside and outside end point, of nfdump's record or of a line of the file. Of ICMP nfdump does not print what is in the source port.</summary>
    static string Show(JsonObject record)
    {
        var isPrinted = record.ContainsKey("nat_event_id");
        var what = isPrinted
            ? $"{(Text(record, "nat_event_id") is BibCreate or SessionCreate ? "create" : "delete")} {Text(record, "proto")} {Text(record, "src4_addr")}"
            : $"{Text(record, "event")} {Number(Text(record, "protocol"))} {Text(record, "insideAddress")}";
        var port = what.Contains(" 1 ", StringComparison.Ordinal) ? "" : Text(record, isPrinted ? "src_port" : "insidePort");
        return $"{what}:{port} {Text(record, isPrinted ? "src4_xlt_ip" : "outsideAddress")}:{Text(record, isPrinted ? "src_xlt_port" : "outsidePort")}";
    }

    static bool IsOfLimit(JsonObject record) => Text(record, "event") == "quotaExceeded";

    static string Number(string protocol) => protocol switch
    {
        "tcp" => "6",
        "udp" => "17",
        "icmp" => "1",
        _ => protocol,
    };

    static string Text(JsonObject record, string key) => record[key]?.ToString() ?? "";

    sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory($"op25b-t{Environment.ProcessId}-mappings-").FullName;

        /// <summary>Every line must be whole.</summary>
        public IReadOnlyList<JsonObject> Records() =>
            [.. Directory.GetFiles(Path, "mappings-*.jsonl").Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines).Select(line => JsonNode.Parse(line)!.AsObject())];

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    /// <summary>nfcapd, and what nfdump makes of what it took.</summary>
    sealed class Collector : IAsyncDisposable
    {
        readonly HostProcess _process;
        readonly DirectoryInfo _folder;

        Collector(HostProcess process, DirectoryInfo folder, IPEndPoint endPoint) => (_process, _folder, EndPoint) = (process, folder, endPoint);

        public IPEndPoint EndPoint { get; }

        public string Said => _process.Output + _process.Error;

        public static IPEndPoint FreeEndPoint()
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return (IPEndPoint)socket.LocalEndPoint!;
        }

        public static async Task<Collector> StartAsync()
        {
            Needs.Root();
            Needs.Tool("nfcapd");
            var folder = Directory.CreateTempSubdirectory($"op25b-t{Environment.ProcessId}-nfcapd-");
            var endPoint = FreeEndPoint();
            var collector = new Collector(HostProcess.Start("nfcapd", "-w", folder.FullName, "-p", $"{endPoint.Port}", "-b", $"{endPoint.Address}", "-t", "3600"), folder, endPoint);
            await Eventually.TrueAsync(() => collector._process.HasExited || IsListening(endPoint.Port), Soon, () => $"nfcapd listens: {collector.Said}");
            return collector;
        }

        /// <summary>A file of its is whole when it has ended.</summary>
        public async Task<IReadOnlyList<JsonObject>> EndAsync()
        {
            _process.Signal(LibC.SIGTERM);
            await _process.WaitAsync(Soon);
            var printed = await HostProcess.RunAsync("nfdump", "-q", "-R", _folder.FullName, "-o", "json");
            Assert.True(printed.ExitCode == 0, printed.ToString());
            // -q leaves the list's brackets out.
            return [.. JsonNode.Parse($"[{printed.Output}]", documentOptions: new() { AllowDuplicateProperties = true })!.AsArray().Select(record => record!.AsObject())];
        }

        public async ValueTask DisposeAsync()
        {
            await _process.DisposeAsync();
            _folder.Delete(recursive: true);
        }

        static bool IsListening(int port) => File.ReadLines("/proc/net/udp").Any(line => line.Contains($":{port:X4} ", StringComparison.Ordinal));
    }
}
