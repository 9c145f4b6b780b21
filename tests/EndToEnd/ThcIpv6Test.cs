using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using PacketDotNet;
using Support;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// The tests of THC's IPv6 toolkit (Debian's thc-ipv6) through our router, from subscribers to a server outside: how each case ends, and why, is written in
/// docs/ipv6-tools.md, and this test holds its tables against what it sees. Most cases wait seconds for an answer that does not come, so many subscribers share them.
/// </summary>
public sealed partial class ThcIpv6Test(Lab lab) : RouterTest(lab)
{
    const string Document = "docs/ipv6-tools.md";

    const int Subscribers = 16, FirewallCases = 39, ImplementationCases = 57;

    /// <summary>To this firewall6 adds the number of its case; the last case has ports of its own.</summary>
    const ushort FirstSourcePort = 21000;

    /// <summary>Where a frame has them that has no extension headers.</summary>
    const int NextHeader = 14 + 6, DestinationPort = 14 + 40 + 2;

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>One case of a tool, and the column of the document's table that it stands in.</summary>
    sealed record Case(string Tool, int Number, string Port)
    {
        public string[] Command(string device, string target) =>
            Tool == "firewall6" ? ["atk6-firewall6", device, target, Port, $"{Number}"] : ["atk6-implementation6", "-p", device, target, $"{Number}"];

        public override string ToString() => $"{Tool} {Number:00} {Port}".TrimEnd();
    }

    static IEnumerable<Case> Cases =>
    [
        .. from port in new[] { "80", "25" } from number in Enumerable.Range(1, FirewallCases) select new Case("firewall6", number, port),
        .. from number in Enumerable.Range(1, ImplementationCases) select new Case("implementation6", number, ""),
    ];

    [Theory]
    [MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task Every_case_ends_as_it_is_written_and_nothing_reaches_port_25(RouterKind kind)
    {
        Needs.Tool("atk6-firewall6");
        Needs.Tool("atk6-implementation6");
        // Its own, and not looked at afterwards as others are: some cases leave fragments waiting that never become whole.
        await using var router = await Lab.StartAsync(kind, Scenario.Default);
        var subscribers = await router.Network.AddGuestsAsync(Subscribers);
        using var web = Sockets.Listen(router.Network.External, 80, AddressFamily.InterNetworkV6);
        using var mail = Sockets.Listen(router.Network.External, 25, AddressFamily.InterNetworkV6);
        using var outside = Wire.Open(router.Network.External);

        ConcurrentQueue<Case> waiting = new(Cases);
        ConcurrentDictionary<Case, string> ends = [];
        await Task.WhenAll(subscribers.Select(async subscriber =>
        {
            while (waiting.TryDequeue(out var next))
                ends[next] = await RunAsync(next, subscriber);
        }));
        // The tools wait two or three seconds, which on a busy machine may be too short: once more, alone.
        var written = Written().ToArray();
        foreach (var late in Cases.Where(entry => !written.Contains($"{entry}: {ends[entry]}", StringComparer.Ordinal)).ToArray())
            ends[late] = await RunAsync(late, subscribers[0]);

        Assert.Equal(written, Cases.Select(entry => $"{entry}: {ends[entry]}"));
        Assert.DoesNotContain(outside.Seen.Where(frame => !frame.SourceHardwareAddress.Equals(outside.OwnMac)), IsToPort25);
        Assert.Equal(0, (await Network.PingAsync(router.Network.Client, Topology.External)).ExitCode);
        Assert.Equal(0, (await Network.PingAsync(router.Network.Client, Topology.External6)).ExitCode);
        Assert.Empty((await router.ReadMetricsAsync())!.Imbalances());
    }

    /// <summary>A subscriber's flood of router advertisements, and a scan of the subscribers' /64 from outside: a connection that stands goes on meanwhile, and afterwards all is as before.</summary>
    [Theory]
    [MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task Floods_of_advertisements_and_of_neighbours_harm_nobody(RouterKind kind)
    {
        Needs.Tool("atk6-flood_router26");
        Needs.Tool("atk6-ndpexhaust26");
        var router = await FreshRouterAsync(kind);
        var network = router.Network;
        var counters = await CounterDelta.StartAsync(router);
        using var listener = Sockets.Listen(network.External, 80, AddressFamily.InterNetworkV6);
        using var client = await Sockets.ConnectAsync(network.Client, Topology.External6, 80);
        using var server = await Sockets.AcceptAsync(listener);

        var floods = Task.WhenAll(
            network.Home.Namespace.RunAsync(["timeout", "2", "nice", "-n", "19", "atk6-flood_router26", network.Home.Device], Limit),
            network.External.Namespace.RunAsync(["timeout", "2", "nice", "-n", "19", "atk6-ndpexhaust26", "-p", network.External.Device, Topology.LanPrefix6], Limit));
        var arrived = Sockets.ReceiveAllAsync(server);
        Assert.Equal(await Sockets.SendAllAsync(client, 1 << 20, seed: 3), await arrived);
        await floods;

        await counters.AssertDroppedAsync("lan", DropReasons.AdvertisementInside);
        await counters.AssertDroppedAsync("wan", DropReasons.Neighbor);
        foreach (var outside in new[] { Topology.External, Topology.External6 })
            await Eventually.TrueAsync(async () => (await Network.PingAsync(network.Client, outside)).ExitCode == 0, Soon, () => $"{outside} answers again");
    }

    static async Task<string> RunAsync(Case entry, Host subscriber) =>
        EndOf(await subscriber.Namespace.RunAsync(entry.Command(subscriber.Device, $"{Topology.External6}"), Limit));

    /// <summary>What the tool says of its case, in the words of the table; several times the same is once.</summary>
    static string EndOf(ProcessResult result)
    {
        var said = Line().Matches(result.Output).Select(line => line.Groups["end"].Value switch
        {
            "TCP-SYN-ACK received" => "SYN-ACK",
            "ICMPv6 Firewall unreachable received" => "1/1",
            "PASSED - we got a reply" => "reply",
            "FAILED - no reply" => "silence",
            var other => ErrorReply().Replace(other, "$1/$2"),
        }).Distinct(StringComparer.Ordinal).ToArray();
        return said.Length == 0 ? $"{result}" : string.Join(", ", said);
    }

    /// <summary>The rows of the document: firewall6 has a column for each port.</summary>
    static IEnumerable<string> Written()
    {
        var rows = File.ReadLines(Repository.PathOf(Document)).Select(line => Row().Match(line)).Where(row => row.Success)
            .Select(row => (Number: int.Parse(row.Groups["number"].Value), Ends: row.Groups["end"].Captures.Select(end => end.Value.Trim()).ToArray())).ToArray();
        var firewall = rows.Where(row => row.Ends.Length == 2).ToArray();
        return
        [
            .. firewall.Select(row => $"firewall6 {row.Number:00} 80: {row.Ends[0]}"),
            .. firewall.Select(row => $"firewall6 {row.Number:00} 25: {row.Ends[1]}"),
            .. rows.Where(row => row.Ends.Length == 1).Select(row => $"implementation6 {row.Number:00}: {row.Ends[0]}"),
        ];
    }

    /// <summary>
    /// Wherever it is, behind whatever headers and in whatever fragment: the ports of a segment that firewall6 sent there. Two of its cases send one as the data of an echo request, which is
    /// what it is to everybody who goes by the headers' lengths (RFC 8200 section 4).
    /// </summary>
    static bool IsToPort25(EthernetPacket frame)
    {
        var bytes = frame.Bytes;
        if (bytes.Length >= DestinationPort + 2 && bytes[NextHeader] == (byte)PacketDotNet.ProtocolType.Tcp && BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(DestinationPort)) == 25)
            return true;
        Span<byte> ports = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(ports[2..], 25);
        foreach (var number in Enumerable.Range(1, FirewallCases).Except([36, 37]))
        {
            BinaryPrimitives.WriteUInt16BigEndian(ports, (ushort)(FirstSourcePort + number));
            if (bytes.AsSpan().IndexOf(ports) >= 0)
                return true;
        }
        return false;
    }

    [GeneratedRegex(@"^Test +\d+[a-z]?: [^\t\n]*\t+(?<end>.+)$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();

    [GeneratedRegex(@"^FAILED - error reply \[(\d+):(\d+)\]$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ErrorReply();

    /// <summary>| number | what is sent | one end or two | why |</summary>
    [GeneratedRegex(@"^\| (?<number>\d+) \| [^|]+ (?:\| (?<end>[^|]+) ){1,2}\| [^|]+ \|$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
