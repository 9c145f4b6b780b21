using System.Net;
using System.Net.NetworkInformation;
using PacketDotNet;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>Frames that no honest host sends, or that have no business here: they go nowhere, silently, and each has its reason.</summary>
public sealed class HostileFramesTest(Lab lab) : RouterTest(lab)
{
    static IPEndPoint Outside(Family family) => new(family.External, 9);

    /// <summary>F6: anti-spoofing at the subscribers' side.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_source_that_is_not_the_subscribers_goes_nowhere(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.Client);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);

        // The last one claims to be the provider's own mail server.
        IPAddress[] forged = [IPAddress.Parse(family.IsIpv6 ? "2001:db8:9::9" : "10.9.9.9"), family.SecondExternal, family.IsIpv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, family.Mta];
        foreach (var source in forged)
            inside.Send(Frames.Tcp(inside.OwnMac, gateway, new IPEndPoint(source, 40000), new IPEndPoint(family.External, 25), tcp => tcp.Synchronize = true));

        await Fence.PassAsync(router.Network.Client, inside, router.Network.External, outside, Outside(family));
        Assert.DoesNotContain(outside.Seen, frame => frame.Extract<TcpPacket>() is { DestinationPort: 25 });
        Assert.DoesNotContain(inside.Seen, frame => family.Icmp(frame) is { IsNeighborMessage: false });
        await counters.AssertDroppedAsync("lan", "", atLeast: 4);
        await counters.AssertDroppedAsync("lan", DropReasons.Spoofed, atLeast: 3);
    }

    /// <summary>F6, from outside: nobody there has an inside address.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task An_inside_source_from_outside_goes_nowhere(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.External);
        using var lan = Wire.Open(router.Network.Home);
        using var servers = Wire.Open(router.Network.Mta);
        using var outside = Wire.Open(router.Network.External);

        foreach (var source in new[] { family.Client, family.RouterLan, family.Mta })
            outside.Send(Frames.Tcp(outside.OwnMac, gateway, new IPEndPoint(source, 40000), new IPEndPoint(family.Mta, 25), tcp => tcp.Synchronize = true));

        await Fence.PassAsync(router.Network.External, outside, router.Network.Mta, servers, new IPEndPoint(family.Mta, 587));
        Assert.DoesNotContain(servers.Seen, frame => frame.Extract<TcpPacket>() is { SourcePort: 40000 });
        Assert.DoesNotContain(lan.Seen, frame => frame.Extract<TcpPacket>() is { DestinationPort: 40000 });
        await counters.AssertDroppedAsync("wan", DropReasons.Spoofed, atLeast: 3);
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task The_outside_cannot_reach_a_subscriber_by_its_inside_address(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.External);
        using var inside = Wire.Open(router.Network.Home);
        using var outside = Wire.Open(router.Network.External);

        var port = family.IsIpv6 ? 81 : 80; // in IPv6, 80 is let in
        outside.Send(Frames.Tcp(outside.OwnMac, gateway, new IPEndPoint(family.External, 40000), new IPEndPoint(family.Home, port), tcp => tcp.Synchronize = true));
        outside.Send(Frames.Udp(outside.OwnMac, gateway, new IPEndPoint(family.External, 40000), new IPEndPoint(family.Home, 80), "hello"u8.ToArray()));

        await Fence.PassAsync(router.Network.External, outside, router.Network.Home, inside, family.WebOutside);
        Assert.DoesNotContain(inside.Seen, frame => frame.Extract<TcpPacket>() is { SourcePort: 40000 } || frame.Extract<UdpPacket>() is { SourcePort: 40000 });
        await counters.AssertDroppedAsync("wan", "", atLeast: 2);
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task The_outside_opens_nothing_to_the_providers_servers_but_the_listed_ports(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.External);
        using var servers = Wire.Open(router.Network.Mta);
        using var outside = Wire.Open(router.Network.External);

        outside.Send(Frames.Tcp(outside.OwnMac, gateway, new IPEndPoint(family.External, 40000), new IPEndPoint(family.Mta, 22), tcp => tcp.Synchronize = true));

        await Fence.PassAsync(router.Network.External, outside, router.Network.Mta, servers, new IPEndPoint(family.Mta, 587));
        Assert.DoesNotContain(servers.Seen, frame => frame.Extract<TcpPacket>() is { DestinationPort: 22 });
        await counters.AssertDroppedAsync("wan", "");
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task The_providers_servers_open_nothing_to_subscribers(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.Mta);
        using var inside = Wire.Open(router.Network.Home);
        using var servers = Wire.Open(router.Network.Mta);
        using var outside = Wire.Open(router.Network.External);

        servers.Send(Frames.Tcp(servers.OwnMac, gateway, new IPEndPoint(family.Mta, 40000), new IPEndPoint(family.Home, 81), tcp => tcp.Synchronize = true));

        await Fence.PassAsync(router.Network.Mta, servers, router.Network.External, outside, Outside(family));
        await Fence.PassAsync(router.Network.External, outside, router.Network.Home, inside, family.WebOutside);
        Assert.DoesNotContain(inside.Seen, frame => frame.Extract<TcpPacket>() is { SourcePort: 40000 });
        await counters.AssertDroppedAsync("servers", "");
    }

    /// <summary>An interface without an IPv6 address has no IPv6 sources behind it: nothing passes, port 25 least of all.</summary>
    [Theory, MemberData(nameof(Routers.Pair), MemberType = typeof(Routers))]
    public async Task Ipv6_does_not_pass_where_it_is_not_configured(RouterKind kind)
    {
        var router = await RouterAsync(kind, Scenario.Default with { Ipv6 = false });
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.Client);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);

        var tcp = new TcpPacket(40000, 25) { Synchronize = true };
        var ip = new IPv6Packet(Topology.Client6, Topology.External6) { PayloadPacket = tcp };
        foreach (var destination in new[] { gateway, PhysicalAddress.Parse("33-33-00-00-00-01") })
            inside.Send(new EthernetPacket(inside.OwnMac, destination, EthernetType.IPv6) { PayloadPacket = ip });

        await Fence.PassAsync(router.Network.Client, inside, router.Network.External, outside, Outside(Family.Ipv4));
        Assert.DoesNotContain(outside.Seen, frame => frame.Type == EthernetType.IPv6);
        await counters.AssertDroppedAsync("lan", DropReasons.Spoofed, atLeast: 1);
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_tagged_frame_does_not_pass(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.Client);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);

        inside.Send(Frames.Tagged(Frames.Tcp(inside.OwnMac, gateway, new IPEndPoint(family.Client, 40000), new IPEndPoint(family.External, 25), tcp => tcp.Synchronize = true), vlan: 25));

        await Fence.PassAsync(router.Network.Client, inside, router.Network.External, outside, Outside(family));
        Assert.DoesNotContain(outside.Seen, frame => frame.Extract<TcpPacket>() is { SourcePort: 40000 } or { DestinationPort: 25 });
        await counters.AssertDroppedAsync("lan", DropReasons.Vlan);
    }

    /// <summary>Nothing on the wire stops the router: frames cut short anywhere, and headers that lie about their length.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Broken_frames_are_dropped_and_traffic_goes_on(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var gateway = await Network.RouterMacAsync(router.Network.Client);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);
        var whole = Frames.Tcp(inside.OwnMac, gateway, new IPEndPoint(family.Client, 40000), new IPEndPoint(family.External, 25), tcp => tcp.Synchronize = true).Bytes;

        for (var length = 14; length < whole.Length; length++)
            inside.Send(whole[..length]);
        for (var offset = 12; offset < whole.Length; offset++)
            foreach (var value in new byte[] { 0x00, 0x4f, 0xff })
            {
                var broken = (byte[])whole.Clone();
                broken[offset] = value;
                inside.Send(broken);
            }

        await Fence.PassAsync(router.Network.Client, inside, router.Network.External, outside, Outside(family));
        Assert.DoesNotContain(outside.Seen, frame => frame.Extract<TcpPacket>() is { DestinationPort: 25 });
    }
}
