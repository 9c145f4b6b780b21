using System.Net;
using System.Net.Sockets;
using PacketDotNet;
using PacketDotNet.Utils;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>What the router says by ICMP, and what of others' ICMP it passes on.</summary>
public sealed class IcmpTest(Lab lab) : RouterTest(lab)
{
    [Theory, MemberData(nameof(Routers.All), MemberType = typeof(Routers))]
    public async Task An_expired_time_to_live_is_answered_by_the_address_on_the_senders_side(RouterKind kind)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.Client);
        using var inside = Wire.Open(router.Network.Client);

        inside.Send(Frames.Udp(inside.OwnMac, gateway, new IPEndPoint(Topology.Client, 40000), new IPEndPoint(Topology.External, 33434), "probe"u8.ToArray(), timeToLive: 1));

        var answer = await inside.WaitForAsync(frame => frame.Extract<IcmpV4Packet>() is { TypeCode: IcmpV4TypeCode.TimeExceeded }, "ICMP 11/0");
        Assert.Equal(Topology.RouterLan, answer.Extract<IPv4Packet>().SourceAddress);
        var quote = Quote(answer);
        Assert.Equal((Topology.Client, Topology.External), (quote.SourceAddress, quote.DestinationAddress));
        await counters.AssertDroppedAsync("lan", DropReasons.TimeToLive);
    }

    [Theory, MemberData(nameof(Routers.All), MemberType = typeof(Routers))]
    public async Task Traceroute_shows_the_router_and_the_server(RouterKind kind)
    {
        Needs.Tool("traceroute");
        var router = await RouterAsync(kind);
        foreach (var method in new[] { "--udp", "--icmp", "--tcp" })
        {
            var trace = await router.Network.Client.Namespace.RunAsync(["traceroute", "-n", "-q", "1", "-w", "2", "-m", "4", method, Topology.External.ToString()], TimeSpan.FromSeconds(20));
            var hops = trace.Output.Split('\n').Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 1).Select(words => words[1]);
            Assert.Equal($"{Topology.RouterLan} {Topology.External}", string.Join(" ", hops));
        }
    }

    [Theory, MemberData(nameof(Routers.All), MemberType = typeof(Routers))]
    public async Task An_icmp_error_from_outside_comes_back_translated(RouterKind kind)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        using var inside = Wire.Open(router.Network.Client);
        using var client = Sockets.Udp(router.Network.Client);
        client.Connect(new IPEndPoint(Topology.External, 33999));

        client.Send("anybody?"u8);

        var error = await inside.WaitForAsync(frame => frame.Extract<IcmpV4Packet>() is { TypeCode: IcmpV4TypeCode.UnreachablePort }, "ICMP 3/3");
        Assert.Equal((Topology.External, Topology.Client), (error.Extract<IPv4Packet>().SourceAddress, error.Extract<IPv4Packet>().DestinationAddress));
        var quote = Quote(error);
        Assert.Equal((Topology.Client, Topology.External), (quote.SourceAddress, quote.DestinationAddress));
        Assert.Equal(((IPEndPoint)client.LocalEndPoint!).Port, quote.Bytes[20] << 8 | quote.Bytes[21]);
        var refusal = await Assert.ThrowsAsync<SocketException>(() => Sockets.ReceiveAsync(client)); // the stack believes it
        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
        await counters.AssertNothingDroppedAsync();
    }

    /// <summary>RFC 1191 section 4: the next hop's MTU is in the answer.</summary>
    [Theory, MemberData(nameof(Routers.All), MemberType = typeof(Routers))]
    public async Task A_packet_too_big_that_must_not_be_fragmented_is_answered_with_the_mtu(RouterKind kind)
    {
        var router = await RouterAsync(kind, Scenario.Default with { WanMtu = 1400 });
        using var inside = Wire.Open(router.Network.Client);

        var tooBig = await Network.PingAsync(router.Network.Client, Topology.SecondExternal, "-M", "do", "-s", "1400");
        var fits = await Network.PingAsync(router.Network.Client, Topology.SecondExternal, "-M", "do", "-s", "1372");

        Assert.Equal((1, 0), (tooBig.ExitCode, fits.ExitCode));
        var answer = await inside.WaitForAsync(frame => frame.Extract<IcmpV4Packet>() is { TypeCode: IcmpV4TypeCode.UnreachableFragmentationNeeded }, "ICMP 3/4");
        Assert.Equal(1400, answer.Extract<IcmpV4Packet>().Sequence); // the low half of the second word
        Assert.Equal(Topology.Client, Quote(answer).SourceAddress);
    }

    /// <summary>RFC 4787 REQ-14: three fragments there, three back.</summary>
    [Theory, MemberData(nameof(Routers.All), MemberType = typeof(Routers))]
    public async Task Fragments_cross_both_ways(RouterKind kind)
    {
        var router = await RouterAsync(kind);

        var ping = await Network.PingAsync(router.Network.Client, Topology.External, "-s", "4000", "-W", "1");

        Assert.Equal(0, ping.ExitCode);
    }

    /// <summary>What is larger than the next link and may be fragmented arrives in fragments.</summary>
    [Theory, MemberData(nameof(Routers.All), MemberType = typeof(Routers))]
    public async Task A_packet_too_big_that_may_be_fragmented_arrives(RouterKind kind)
    {
        var router = await RouterAsync(kind, Scenario.Default with { WanMtu = 1400 });

        var ping = await Network.PingAsync(router.Network.Client, Topology.SecondExternal, "-M", "dont", "-s", "1472");

        Assert.Equal(0, ping.ExitCode);
    }

    /// <summary>The router itself puts nothing together; the kernel does, so it is no oracle here.</summary>
    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task Fragments_for_the_router_are_dropped_for_a_reason_of_their_own(RouterKind kind)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);

        var ping = await Network.PingAsync(router.Network.Client, Topology.RouterLan, "-s", "3000", "-W", "1");

        Assert.Equal(1, ping.ExitCode);
        await counters.AssertDroppedAsync("lan", DropReasons.Fragment, atLeast: 2);
    }

    static IPv4Packet Quote(EthernetPacket error) => new(new ByteArraySegment(error.Extract<IcmpV4Packet>().PayloadData));
}
