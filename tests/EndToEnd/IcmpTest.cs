using System.Net;
using System.Net.Sockets;
using PacketDotNet;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>What the router says by ICMP, and what of others' ICMP it passes on.</summary>
public sealed class IcmpTest(Lab lab) : RouterTest(lab)
{
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task An_expired_time_to_live_is_answered_by_the_address_on_the_senders_side(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.Client);
        using var inside = Wire.Open(router.Network.Client);

        inside.Send(Frames.Udp(inside.OwnMac, gateway, new IPEndPoint(family.Client, 40000), new IPEndPoint(family.External, 33434), "probe"u8.ToArray(), timeToLive: 1));

        var answer = await inside.WaitForAsync(frame => family.Is(frame, family.TimeExceeded), "ICMP 11/0 or ICMPv6 3/0");
        Assert.Equal(family.RouterLan, answer.Extract<IPPacket>().SourceAddress);
        var quote = family.QuoteOf(answer);
        Assert.Equal((family.Client, family.External), (quote.Source, quote.Destination));
        await counters.AssertDroppedAsync("lan", DropReasons.TimeToLive);
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Traceroute_shows_the_router_and_the_server(RouterKind kind, Family family)
    {
        Needs.Tool("traceroute");
        var router = await RouterAsync(kind);
        foreach (var method in new[] { "--udp", "--icmp", "--tcp" })
        {
            var trace = await router.Network.Client.Namespace.RunAsync(["traceroute", family.Option, "-n", "-q", "1", "-w", "2", "-m", "4", method, family.External.ToString()], TimeSpan.FromSeconds(20));
            var hops = trace.Output.Split('\n').Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 1).Select(words => words[1]);
            Assert.Equal($"{family.RouterLan} {family.External}", string.Join(" ", hops));
        }
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task An_icmp_error_from_outside_comes_back_translated(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        using var inside = Wire.Open(router.Network.Client);
        using var client = Sockets.Udp(router.Network.Client, family: family.AddressFamily);
        client.Connect(new IPEndPoint(family.External, 33999));

        client.Send("anybody?"u8);

        var error = await inside.WaitForAsync(frame => family.Is(frame, family.PortUnreachable), "ICMP 3/3 or ICMPv6 1/4");
        Assert.Equal((family.External, family.Client), (error.Extract<IPPacket>().SourceAddress, error.Extract<IPPacket>().DestinationAddress));
        var quote = family.QuoteOf(error);
        Assert.Equal((family.Client, family.External), (quote.Source, quote.Destination));
        Assert.Equal(((IPEndPoint)client.LocalEndPoint!).Port, quote.SourcePort);
        var refusal = await Assert.ThrowsAsync<SocketException>(() => Sockets.ReceiveAsync(client)); // the stack believes it
        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
        await counters.AssertNothingDroppedAsync();
    }

    /// <summary>RFC 1191 section 4, RFC 4443 section 3.2: the next hop's MTU is in the answer.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_packet_too_big_that_must_not_be_fragmented_is_answered_with_the_mtu(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind, Scenario.Default with { WanMtu = 1400 });
        await router.Network.Client.Namespace.ShellAsync("ip route flush cache; ip -6 route flush cache"); // other tests have told it already
        using var inside = Wire.Open(router.Network.Client);

        var tooBig = await Network.PingAsync(router.Network.Client, family.SecondExternal, "-M", "do", "-s", "1400");
        var fits = await Network.PingAsync(router.Network.Client, family.SecondExternal, "-M", "do", "-s", $"{1400 - family.HeaderSize - 8}");

        Assert.Equal((1, 0), (tooBig.ExitCode, fits.ExitCode));
        var answer = await inside.WaitForAsync(frame => family.Is(frame, family.TooBig), "ICMP 3/4 or ICMPv6 2/0");
        Assert.Equal(1400u, family.Icmp(answer)!.Value.Mtu);
        Assert.Equal(family.Client, family.QuoteOf(answer).Source);
    }

    /// <summary>RFC 4787 REQ-14: three fragments there, three back.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Fragments_cross_both_ways(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);

        var ping = await Network.PingAsync(router.Network.Client, family.External, "-s", "4000", "-W", "1");

        Assert.Equal(0, ping.ExitCode);
    }

    /// <summary>What is larger than the next link and may be fragmented arrives in fragments, which the router makes in IPv4.</summary>
    [Theory, MemberData(nameof(Routers.All), MemberType = typeof(Routers))]
    public async Task A_packet_too_big_that_may_be_fragmented_arrives(RouterKind kind)
    {
        var router = await RouterAsync(kind, Scenario.Default with { WanMtu = 1400 });

        var ping = await Network.PingAsync(router.Network.Client, Topology.SecondExternal, "-M", "dont", "-s", "1472");

        Assert.Equal(0, ping.ExitCode);
    }

    /// <summary>In IPv6 the sender makes them (RFC 8200 section 5), once it has been told: the first echo request is lost.</summary>
    [Theory, MemberData(nameof(Routers.Pair), MemberType = typeof(Routers))]
    public async Task What_is_too_big_in_IPv6_arrives_once_its_sender_has_been_told(RouterKind kind)
    {
        var router = await RouterAsync(kind, Scenario.Default with { WanMtu = 1400 });
        await router.Network.Client.Namespace.ShellAsync("ip -6 route flush cache"); // other tests have told it already

        var first = await Network.PingAsync(router.Network.Client, Topology.SecondExternal6, "-s", "1440");
        var second = await Network.PingAsync(router.Network.Client, Topology.SecondExternal6, "-s", "1440");

        Assert.Equal((1, 0), (first.ExitCode, second.ExitCode));
    }

    /// <summary>The router itself puts nothing together; the kernel does, so it is no oracle here.</summary>
    [Theory, MemberData(nameof(Routers.OursFamilies), MemberType = typeof(Routers))]
    public async Task Fragments_for_the_router_are_dropped_for_a_reason_of_their_own(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);

        var ping = await Network.PingAsync(router.Network.Client, family.RouterLan, "-s", "3000", "-W", "1");

        Assert.Equal(1, ping.ExitCode);
        await counters.AssertDroppedAsync("lan", DropReasons.Fragment, atLeast: 2);
    }
}
