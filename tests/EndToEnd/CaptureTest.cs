using System.Net.Sockets;
using Support.EndToEnd;
using Tmds.Linux;

namespace EndToEnd;

/// <summary>What <c>capture</c> shows of real connections, as tshark reads it.</summary>
public sealed class CaptureTest(Lab lab) : RouterTest(lab)
{
    /// <summary>A blocked SYN with its reason and its answer; a translated connection, each packet on both sides under one number; sums complete, nothing lost.</summary>
    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task Tshark_shows_every_packets_verdict_and_both_sides_of_a_translation(RouterKind kind)
    {
        Needs.Tool("tshark");
        var router = (UserspaceRouter)await RouterAsync(kind);
        var file = Path.Combine(router.Network.WorkFolder.FullName, "capture.pcapng");
        await using var capture = await CaptureAsync(router, "--write", file, "host", $"{Topology.Client}", "and", "(port 25 or port 587 or icmp)");
        await Assert.ThrowsAsync<SocketException>(() => Sockets.ConnectAsync(router.Network.Client, Topology.External, 25));
        using (var listener = Sockets.Listen(router.Network.External, 587, AddressFamily.InterNetwork))
        using (await Sockets.ConnectAsync(router.Network.Client, Topology.External, 587))
        using (await Sockets.AcceptAsync(listener))
        {
        }

        var ended = await EndAsync(capture);
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.EndsWith(", 0 lost\n", ended.Error, StringComparison.Ordinal);
        var blocked = Assert.Single(await ReadAsync(file, "tcp.flags.syn == 1 && tcp.dstport == 25 && !icmp"));
        Assert.Equal(("lan", $"{Topology.Client}"), (blocked.Interface, blocked.Source));
        Assert.Matches("^verdict dropped; reason Op25bBlocked: .*; stage Op25b; flow tcp .*:25; rule Op25b:Phases:1 \"op25b\" \\(Block, Icmp\\), Op25b:Groups:0 \"dynamic\" \\(not exempt\\); packet [0-9]+$", blocked.Comment);
        Assert.Equal("said by the router itself", Assert.Single(await ReadAsync(file, "icmp.type == 3 && icmp.code == 13")).Comment);

        var syn = await ReadAsync(file, "tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.dstport == 587");
        Assert.Equal([("lan", $"{Topology.Client}"), ("wan", $"{Topology.RouterWan}")], syn.Select(packet => (packet.Interface, packet.Source)));
        Assert.Equal(syn[0].Id, syn[1].Id);
        Assert.Matches($"^verdict forwarded; flow tcp {Topology.Client}:.*; leaves by wan as tcp {Topology.RouterWan}:.*; session [0-9]+, Opening, original; packet {syn[0].Id}$", syn[0].Comment);
        Assert.Matches($"^verdict forwarded; came by lan as tcp {Topology.Client}:.*; session [0-9]+, Opening, original; packet {syn[0].Id}$", syn[1].Comment);
        var answer = await ReadAsync(file, "tcp.flags.syn == 1 && tcp.flags.ack == 1");
        Assert.Equal(["wan", "lan"], answer.Select(packet => packet.Interface));
        // An ICMP error quotes a packet that the sender had left without its sum.
        Assert.Empty(await ReadAsync(file, "tcp.checksum.status == 0 && !icmp"));
    }

    /// <summary>As into Wireshark: it begins at once, ends with its reader, and the next one can begin; drops only, as lines.</summary>
    [Theory, MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task A_stream_ends_with_its_reader_and_drops_only_has_no_other_packets(RouterKind kind)
    {
        Needs.Tool("tshark");
        var router = (UserspaceRouter)await OwnRouterAsync(kind, Scenario.Default with { Ipv6 = false });
        // head ends after the file's head and a packet; what is written after that has no reader.
        await using (var piped = HostProcess.Start("sh", "-c", $"{UserspaceRouter.Binary} capture --stdout --socket {UserspaceRouter.Socket(router.Network)} | head -c 1000 | wc -c"))
        {
            Assert.True(await Eventually.HoldsAsync(async () =>
            {
                await Network.PingAsync(router.Network.Client, Topology.External);
                return piped.HasExited;
            }, TimeSpan.FromSeconds(10)), $"{piped.Output}{piped.Error}");
            Assert.Equal("1000\n", piped.Output);
        }

        Assert.True(await Eventually.HoldsAsync(() => Task.FromResult(router.Log.Contains("a capture ended", StringComparison.Ordinal)), Soon), router.Log);
        var lines = HostProcess.RunAsync(UserspaceRouter.Binary, "capture", "--drops", "--count", "1", "--interface", "lan", "--socket", UserspaceRouter.Socket(router.Network));
        while (!lines.IsCompleted)
        {
            await Network.PingAsync(router.Network.Client, Topology.External);
            await Assert.ThrowsAsync<SocketException>(() => Sockets.ConnectAsync(router.Network.Client, Topology.External, 25));
        }

        Assert.Matches("^[0-9:.]+ lan in  verdict dropped; reason Op25bBlocked: .*\n$", (await lines).Output);
        Assert.Equal(0, (await lines).ExitCode);

        var unknown = await router.AskAsync("capture", "--interface", "dmz");
        Assert.Equal((1, true), (unknown.ExitCode, unknown.Error.Contains("there is no interface 'dmz'; there are lan, servers, wan", StringComparison.Ordinal)));
    }

    /// <summary>Starts one and waits until it records.</summary>
    static async Task<HostProcess> CaptureAsync(UserspaceRouter router, params string[] arguments)
    {
        var before = Began(router);
        var capture = HostProcess.Start([UserspaceRouter.Binary, "capture", "--socket", UserspaceRouter.Socket(router.Network), .. arguments]);
        await Eventually.TrueAsync(() => capture.HasExited || Began(router) > before, Soon, () => $"the capture begins: {capture.Error}{router.Log}");
        return capture;
    }

    static int Began(UserspaceRouter router) => router.Log.Split("a capture began").Length;

    static async Task<ProcessResult> EndAsync(HostProcess capture)
    {
        capture.Signal(LibC.SIGINT);
        return await capture.WaitAsync(Soon);
    }

    static async Task<IReadOnlyList<Seen>> ReadAsync(string file, string filter)
    {
        var read = await HostProcess.RunAsync("tshark", "-r", file, "-o", "tcp.check_checksum:TRUE", "-Y", filter, "-T", "fields", "-E", "separator=|",
            "-e", "frame.interface_name", "-e", "ip.src", "-e", "frame.packet_id", "-e", "frame.comment");
        Assert.True(read.ExitCode == 0, read.ToString());
        return [.. read.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|')).Select(cells => new Seen(cells[0], cells[1].Split(',')[0], cells[2], cells[3]))];
    }

    sealed record Seen(string Interface, string Source, string Id, string Comment);
}
