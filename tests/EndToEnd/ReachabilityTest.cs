using System.Net;
using System.Net.Sockets;
using PacketDotNet;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>What a subscriber's ordinary traffic does: it passes whole, and in IPv4 translated.</summary>
public sealed class ReachabilityTest(Lab lab) : RouterTest(lab)
{
    const int FiveMegabytes = 5 << 20;

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task The_router_answers_a_ping_on_each_of_its_addresses(RouterKind kind, Family family)
    {
        var router = await FreshRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        var counters = await CounterDelta.StartAsync(router);

        foreach (var host in new[] { router.Network.Client, router.Network.Mta, router.Network.External })
            Assert.Equal(0, (await Network.PingAsync(host, family.GatewayOf(host))).ExitCode);

        await counters.AssertOnlyAsync([.. new[] { "lan", "servers", "wan" }.SelectMany(name => new[]
            { (Counters.Received(name), 1d), (Counters.Delivered(name), 1), (Counters.Generated(name), 1), (Counters.Sent(name), 1) })]);
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_ping_passes_and_in_IPv4_is_seen_outside_from_the_routers_address(RouterKind kind, Family family)
    {
        var router = await FreshRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        var counters = await CounterDelta.StartAsync(router);
        using var outside = Wire.Open(router.Network.External);

        Assert.Equal(0, (await Network.PingAsync(router.Network.Client, family.External)).ExitCode);

        var request = await outside.WaitForAsync(frame => family.Is(frame, family.EchoRequest), "the echo request");
        Assert.Equal(family.Seen(family.Client), request.Extract<IPPacket>().SourceAddress);
        await counters.AssertOnlyAsync(
            (Counters.Received("lan"), 1), (Counters.Forwarded("lan"), 1), (Counters.Sent("wan"), 1),
            (Counters.Received("wan"), 1), (Counters.Forwarded("wan"), 1), (Counters.Sent("lan"), 1));
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Five_megabytes_cross_a_tcp_connection_unharmed_in_each_direction(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        using var listener = Sockets.Listen(router.Network.External, 80, family.AddressFamily);
        using var client = await Sockets.ConnectAsync(router.Network.Client, family.External, 80);
        using var server = await Sockets.AcceptAsync(listener);
        Assert.Equal(family.Seen(family.Client), ((IPEndPoint)server.RemoteEndPoint!).Address);

        var up = Sockets.SendAllAsync(client, FiveMegabytes, seed: 1);
        var down = Sockets.SendAllAsync(server, FiveMegabytes, seed: 2);
        var arrivedOutside = Sockets.ReceiveAllAsync(server);
        var arrivedInside = Sockets.ReceiveAllAsync(client);

        Assert.Equal(await up, await arrivedOutside);
        Assert.Equal(await down, await arrivedInside);
        await counters.AssertNothingDroppedAsync();
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_udp_datagram_is_answered(RouterKind kind, Family family)
    {
        var router = await FreshRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        var counters = await CounterDelta.StartAsync(router);
        using var server = Sockets.Udp(router.Network.External, 5353, family.AddressFamily);
        using var client = Sockets.Udp(router.Network.Client, family: family.AddressFamily);

        client.SendTo("question"u8, new IPEndPoint(family.External, 5353));
        var question = await Sockets.ReceiveAsync(server);
        Assert.Equal(family.Seen(family.Client), question.From.Address);
        server.SendTo("answer"u8, question.From);
        var answer = await Sockets.ReceiveAsync(client);

        Assert.Equal("answer"u8, answer.Bytes);
        Assert.Equal(new IPEndPoint(family.External, 5353), answer.From);
        await counters.AssertOnlyAsync(
            (Counters.Received("lan"), 1), (Counters.Forwarded("lan"), 1), (Counters.Sent("wan"), 1),
            (Counters.Received("wan"), 1), (Counters.Forwarded("wan"), 1), (Counters.Sent("lan"), 1));
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Subscribers_reach_the_providers_servers_untranslated(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        using var listener = Sockets.Listen(router.Network.Mta, 80, family.AddressFamily);
        using var client = await Sockets.ConnectAsync(router.Network.Client, family.Mta, 80);
        using var server = await Sockets.AcceptAsync(listener);

        Assert.Equal(family.Client, ((IPEndPoint)server.RemoteEndPoint!).Address);
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_refusal_from_outside_reaches_the_subscriber(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var refusal = await Assert.ThrowsAsync<SocketException>(() => Sockets.ConnectAsync(router.Network.Client, family.External, 81));
        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
    }
}
