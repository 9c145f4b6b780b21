using Router.Configuration;
using Support;

namespace Simulation;

/// <summary>OP25B.md F11: tunnels are counted, and blocked where that is asked for; VPNs never are.</summary>
public sealed class TunnelsTest
{
    private const string Client = "192.168.25.10", Fixed = "192.168.25.200", Remote = "203.0.113.25";

    public static TheoryData<byte, ushort, string> Tunnels => new()
    {
        { 41, 0, "ipv6_in_ip" }, { 4, 0, "ipv4_in_ip" }, { 47, 0, "gre" }, { 17, 3544, "teredo" },
    };

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void A_tunnel_is_counted_and_passes(byte protocol, ushort port, string kind)
    {
        using TestRouter router = Open(TunnelHandling.Count);
        router.Receive("lan", Frame(router, Client, protocol, port));
        Assert.Equal($"lan received 1, lan forwarded 1, wan sent 1, sessions 1{(protocol == 17 ? ", mappings 1" : "")}", router.Moved());
        Assert.Equal($"{kind} 1", Counted(router));
    }

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void A_tunnel_is_blocked_where_that_is_asked_for_but_not_an_exempt_host_s(byte protocol, ushort port, string kind)
    {
        using TestRouter router = Open(TunnelHandling.Block);
        byte[] frame = Frame(router, Client, protocol, port);
        router.Receive("lan", frame);
        Assert.Equal($"lan received 1, lan dropped TunnelBlocked 1, lan generated 1, lan sent 1", router.Moved());
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 13).Quotes(frame);
        router.Receive("lan", Frame(router, Fixed, protocol, port));
        Assert.Equal($"lan received 1, lan forwarded 1, wan sent 1, sessions 1{(protocol == 17 ? ", mappings 1" : "")}", router.Moved());
        Assert.Equal($"{kind} 2", Counted(router));
    }

    /// <summary>RFC 6092 REC-21 to REC-25, and F3: not AH, ESP, IKE, nor submission, whatever is asked for.</summary>
    [Theory]
    [InlineData(50, 0)]
    [InlineData(51, 0)]
    [InlineData(17, 500)]
    [InlineData(17, 4500)]
    [InlineData(17, 25)]
    public void A_VPN_is_never_blocked_or_counted(int protocol, int port)
    {
        using TestRouter router = Open(TunnelHandling.Block);
        router.Receive("lan", Frame(router, Client, (byte)protocol, (ushort)port));
        Assert.Equal($"lan received 1, lan forwarded 1, wan sent 1, sessions 1{(protocol == 17 ? ", mappings 1" : "")}", router.Moved());
        Assert.Empty(Counted(router));
    }

    /// <summary>What comes from outside is no way out.</summary>
    [Fact]
    public void A_tunnel_from_outside_is_the_firewall_s_business()
    {
        using TestRouter router = Open(TunnelHandling.Block);
        router.Receive("wan", Frames.WithHeader(Frames.UdpDatagram(Remote, 40000, "198.51.100.25", 9, router.Interface("wan").Mac), header => header[9] = 41));
        Assert.Equal("wan received 1, wan dropped UnsolicitedInbound 1", router.Moved());
        Assert.Empty(Counted(router));
    }

    private static string Counted(TestRouter router) =>
        string.Join(", ", router.Snapshot().Tunnels.Where(tunnel => tunnel.Frames > 0).Select(tunnel => $"{tunnel.Kind} {tunnel.Frames}"));

    private static TestRouter Open(TunnelHandling handling)
    {
        var router = new TestRouter(TestConfiguration.Default with { Op25b = TestConfiguration.Default.Op25b with { Tunnels = handling } });
        router.Host("lan", Client);
        router.Host("lan", Fixed);
        router.Host("wan", Remote);
        return router;
    }

    private static byte[] Frame(TestRouter router, string source, byte protocol, ushort port) =>
        Frames.WithHeader(Frames.UdpDatagram(source, 40000, Remote, port, router.Interface("lan").Mac, new byte[64]), header => header[9] = protocol);
}
