using Router.Configuration;
using Router.Wire;
using Support;

namespace Simulation;

/// <summary>F7, F11: tunnels are counted, and blocked where that is asked for; VPNs never are.</summary>
public sealed class TunnelsTest
{

    public static TheoryData<bool, byte, ushort, string> Tunnels()
    {
        var tunnels = new TheoryData<bool, byte, ushort, string>();
        foreach (bool isIpv6 in (bool[])[false, true])
            foreach ((byte protocol, ushort port, string kind) in ((byte, ushort, string)[])[(41, 0, "ipv6_in_ip"), (4, 0, "ipv4_in_ip"), (47, 0, "gre"), (17, 3544, "teredo")])
                tunnels.Add(isIpv6, protocol, port, kind);
        return tunnels;
    }

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void A_tunnel_is_counted_and_passes(bool isIpv6, byte protocol, ushort port, string kind)
    {
        Family family = isIpv6 ? Family.Ipv6 : Family.Ipv4;
        using TestRouter router = Open(TunnelHandling.Count, family);
        router.Receive("lan", Frame(router, family, family.Client, protocol, port));
        Assert.Equal(Forwarded(family, protocol), router.Moved());
        Assert.Equal($"{kind} 1", Counted(router));
    }

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void A_tunnel_is_blocked_where_that_is_asked_for_but_not_an_exempt_host_s(bool isIpv6, byte protocol, ushort port, string kind)
    {
        Family family = isIpv6 ? Family.Ipv6 : Family.Ipv4;
        using TestRouter router = Open(TunnelHandling.Block, family);
        byte[] frame = Frame(router, family, family.Client, protocol, port);
        router.Receive("lan", frame);
        Assert.Equal($"lan received 1, lan dropped TunnelBlocked 1, lan generated 1, lan sent 1", router.Moved());
        AssertPacket.That(router.SentOne("lan")).IsIcmp(family.Prohibited.Type, family.Prohibited.Code).Quotes(frame);
        router.Receive("lan", Frame(router, family, family.Fixed, protocol, port));
        Assert.Equal(Forwarded(family, protocol), router.Moved());
        Assert.Equal($"{kind} 2", Counted(router));
    }

    /// <summary>F7: behind extension headers too.</summary>
    [Fact]
    public void A_tunnel_behind_extension_headers_is_blocked()
    {
        using TestRouter router = Open(TunnelHandling.Block, Family.Ipv6);
        router.Receive("lan", Ipv6.WithExtensions(Frame(router, Family.Ipv6, Family.Ipv6.Client, 41, 0), Ipv6.Options(), Ipv6.Authentication()));
        Assert.Equal($"lan received 1, lan dropped TunnelBlocked 1, lan generated 1, lan sent 1", router.Moved());
        Assert.Equal("ipv6_in_ip 1", Counted(router));
    }

    /// <summary>RFC 6092 REC-21 to REC-25, and F3: not AH, ESP, IKE, nor submission, whatever is asked for.</summary>
    [Theory]
    [InlineData(false, 50, 0)]
    [InlineData(false, 51, 0)]
    [InlineData(false, 17, 500)]
    [InlineData(false, 17, 4500)]
    [InlineData(false, 17, 25)]
    [InlineData(true, 50, 0)]
    [InlineData(true, 17, 500)]
    [InlineData(true, 17, 4500)]
    [InlineData(true, 17, 25)]
    public void A_VPN_is_never_blocked_or_counted(bool isIpv6, int protocol, int port)
    {
        Family family = isIpv6 ? Family.Ipv6 : Family.Ipv4;
        using TestRouter router = Open(TunnelHandling.Block, family);
        router.Receive("lan", Frame(router, family, family.Client, (byte)protocol, (ushort)port));
        Assert.Equal(Forwarded(family, protocol), router.Moved());
        Assert.Empty(Counted(router));
    }

    [Fact]
    public void An_authentication_header_of_IPv6_is_no_tunnel()
    {
        using TestRouter router = Open(TunnelHandling.Block, Family.Ipv6);
        router.Receive("lan", Ipv6.WithExtensions(Frame(router, Family.Ipv6, Family.Ipv6.Client, 17, 9), Ipv6.Authentication()));
        Assert.Equal(Forwarded(Family.Ipv6, 17), router.Moved());
        Assert.Empty(Counted(router));
    }

    /// <summary>What comes from outside is no way out.</summary>
    [Fact]
    public void A_tunnel_from_outside_is_the_firewall_s_business()
    {
        using TestRouter router = Open(TunnelHandling.Block, Family.Ipv4);
        router.Receive("wan", Frames.WithHeader(Frames.UdpDatagram(Family.Ipv4.Remote, 40000, "198.51.100.25", 9, router.Interface("wan").Mac), header => header[9] = 41));
        Assert.Equal("wan received 1, wan dropped UnsolicitedInbound 1", router.Moved());
        Assert.Empty(Counted(router));
    }

    private static string Counted(TestRouter router) =>
        string.Join(", ", router.Snapshot().Tunnels.Where(tunnel => tunnel.Frames > 0).Select(tunnel => $"{tunnel.Kind} {tunnel.Frames}"));

    private static string Forwarded(Family family, int protocol) =>
        $"lan received 1, lan forwarded 1, wan sent 1, sessions 1{(protocol == 17 && !family.IsIpv6 ? ", mappings 1" : "")}";

    private static TestRouter Open(TunnelHandling handling, Family family)
    {
        var router = new TestRouter(TestConfiguration.Default with { Op25b = TestConfiguration.Default.Op25b with { Tunnels = handling } });
        router.Host("lan", family.Client);
        router.Host("lan", family.Fixed);
        router.Host("wan", family.Remote);
        return router;
    }

    private static byte[] Frame(TestRouter router, Family family, string source, byte protocol, ushort port)
    {
        byte[] datagram = Frames.UdpDatagram(source, 40000, family.Remote, port, router.Interface("lan").Mac, new byte[64]);
        if (!family.IsIpv6)
            return Frames.WithHeader(datagram, header => header[9] = protocol);
        datagram[EthernetHeader.Size + 6] = protocol;
        return datagram;
    }
}
