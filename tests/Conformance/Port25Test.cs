using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>Requirements of the port-25 filter that no real machine is needed for, through the whole router.</summary>
public sealed class Port25Test : IDisposable
{
    private const string Client = "192.168.25.10", Server = "198.51.100.80", Remote = "203.0.113.25", Client6 = "2001:db8:25:1::10", Server6 = "2001:db8:25:2::80", Remote6 = "2001:db8:25:3::25";

    private TestRouter _router = Open(TestConfiguration.With(PhaseMode.Block, PhaseAction.Icmp));

    public void Dispose() => _router.Dispose();

    /// <summary>F7, F10, F15: a broken web server must not send spam either, in neither family, and is told so.</summary>
    [Theory]
    [InlineData("lan", Client, Remote, "dynamic", 3, 13)]
    [InlineData("servers", Server, Remote, "ungrouped", 3, 13)]
    [InlineData("lan", Client6, Remote6, "dynamic", 1, 1)]
    [InlineData("servers", Server6, Remote6, "ungrouped", 1, 1)]
    public void Every_inside_interface_is_guarded(string ingress, string source, string destination, string group, byte type, byte code)
    {
        byte[] segment = Syn25(ingress, source, destination);
        AssertPacket.That(_router.SentOne(ingress)).IsIcmp(type, code).Quotes(segment);
        Assert.Equal($"{ingress} received 1, {ingress} dropped Op25bBlocked 1, {ingress} generated 1, {ingress} sent 1, op25b {group} blocked 1", _router.Moved());
    }

    /// <summary>F7: TCP is found behind extension headers, and where the chain has no end that can be found nothing passes.</summary>
    [Theory]
    [InlineData(1, "Op25bBlocked")]
    [InlineData(8, "Op25bBlocked")]
    [InlineData(9, "HeaderChainTooLong")]
    public void Port_25_behind_extension_headers_is_blocked(int headers, string reason)
    {
        byte[] segment = Frames.TcpSegment(Client6, 40000, Remote6, 25, _router.Interface("lan").Mac);
        _router.Receive("lan", Ipv6.WithExtensions(segment, [.. Enumerable.Repeat(Ipv6.Options(), headers)]));
        Assert.Empty(_router.Sent("wan"));
        Assert.Contains($"lan dropped {reason} 1", _router.Moved(), StringComparison.Ordinal);
    }

    /// <summary>F11: tunnels go by the configuration, IPsec passes whatever it says.</summary>
    [Theory]
    [InlineData("Count", 41, true)]
    [InlineData("Block", 41, false)]
    [InlineData("Block", 4, false)]
    [InlineData("Block", 47, false)]
    [InlineData("Block", 50, true)]
    [InlineData("Block", 51, true)]
    public void A_tunnel_is_blocked_where_that_is_asked_for_and_IPsec_never(string handling, byte protocol, bool passes)
    {
        Restart(TestConfiguration.Default with { Op25b = TestConfiguration.Default.Op25b with { Tunnels = Enum.Parse<TunnelHandling>(handling) } });
        _router.Receive("lan", Frames.WithHeader(Frames.UdpDatagram(Client, 40000, Remote, 9, _router.Interface("lan").Mac, new byte[64]), header => header[9] = protocol));
        Assert.Equal(passes ? 1 : 0, _router.Sent("wan").Count);
        Assert.Equal(protocol is 50 or 51 ? 0 : 1, _router.Snapshot().Tunnels.Sum(tunnel => tunnel.Frames));
    }

    /// <summary>F12: the attack of RFC 3128: an innocent first fragment, and then one that writes port 25 over its own.</summary>
    [Theory]
    [InlineData(0, 24)]
    [InlineData(0, 8)]
    [InlineData(1, 16)]
    public void No_fragment_writes_port_25_over_another_one_s(int units, int length)
    {
        byte[] innocent = Frames.TcpSegment(Client, 40000, Remote, 80, _router.Interface("lan").Mac, Syn, new byte[64]);
        byte[] guilty = Frames.TcpSegment(Client, 40000, Remote, 25, _router.Interface("lan").Mac, Syn, new byte[64]);
        _router.Receive("lan", Frames.Piece(innocent, 7, 0, innocent[34..58], more: true));
        Assert.Single(_router.Sent("wan"));
        _router.Receive("lan", Frames.Piece(guilty, 7, units, guilty[(34 + units * 8)..(34 + units * 8 + length)], more: true));
        _router.Receive("lan", Frames.Piece(guilty, 7, 3, guilty[58..], more: false));
        AssertSilence();
    }

    /// <summary>F12: a first fragment without the whole TCP header passes no verdict, so it passes not at all.</summary>
    [Fact]
    public void A_tiny_first_fragment_goes_nowhere()
    {
        byte[] segment = Frames.TcpSegment(Client, 40000, Remote, 80, _router.Interface("lan").Mac, Syn, new byte[64]);
        foreach (byte[] fragment in Frames.Fragments(segment, 7, 1, 2))
            _router.Receive("lan", fragment);
        AssertSilence();
    }

    /// <summary>F13: over IPv6 likewise: what has not the whole chain, what overlaps, and an atomic fragment, which is judged by itself.</summary>
    [Theory]
    [InlineData("chain", "IncompleteHeaderChain")]
    [InlineData("overlap", "OverlappingFragment")]
    [InlineData("atomic", "Op25bBlocked")]
    public void No_fragment_of_IPv6_carries_port_25_past_the_filter(string what, string reason)
    {
        byte[] innocent = Frames.TcpSegment(Client6, 40000, Remote6, 80, _router.Interface("lan").Mac, Syn, new byte[64]);
        byte[] guilty = Frames.TcpSegment(Client6, 40000, Remote6, 25, _router.Interface("lan").Mac, Syn, new byte[64]);
        byte[][] fragments = what switch
        {
            "chain" => Ipv6.Fragments(guilty, 7, 1),
            "overlap" => [Ipv6.Piece(innocent, 7, 3, innocent[78..], more: false), Ipv6.Piece(guilty, 7, 0, guilty[54..86], more: true), Ipv6.Piece(innocent, 7, 0, innocent[54..78], more: true)],
            _ => [Ipv6.WithExtensions(guilty, Ipv6.FragmentHeader(7, 0, more: false))],
        };
        foreach (byte[] fragment in fragments)
            _router.Receive("lan", fragment);
        Assert.Empty(_router.Sent("wan"));
        Assert.Contains($"lan dropped {reason} ", _router.Moved(), StringComparison.Ordinal);
    }

    /// <summary>F14: later fragments wait for their first one and share its verdict; no error is about them.</summary>
    [Theory]
    [InlineData(Client, Remote)]
    [InlineData(Client6, Remote6)]
    public void Later_fragments_follow_the_verdict_of_their_first_one(string source, string destination)
    {
        foreach ((ushort port, int passed) in new[] { ((ushort)80, 3), ((ushort)25, 0) })
        {
            byte[] segment = Frames.TcpSegment(source, 40000, destination, port, _router.Interface("lan").Mac, Syn, new byte[200]);
            byte[][] fragments = source.Contains(':') ? Ipv6.Fragments(segment, port, 10, 20) : Frames.Fragments(segment, port, 10, 20);
            _router.Receive("lan", fragments[2]);
            _router.Receive("lan", fragments[1]);
            AssertSilence();
            _router.Receive("lan", fragments[0]);
            Assert.Equal(passed, _router.Sent("wan").Count);
            Assert.Equal(port == 25 ? 1 : 0, _router.Sent("lan").Count);
        }
    }

    /// <summary>F18: the phase in force comes from the time alone: a router that starts in the middle of one obeys it from the first frame on.</summary>
    [Theory]
    [InlineData(-3600, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_router_that_starts_obeys_the_phase_of_that_moment(int secondsFromNow, bool isBlocked)
    {
        Restart(TestConfiguration.WithPhases(TestConfiguration.Phase(PhaseMode.Off, name: "before"),
            TestConfiguration.Phase(PhaseMode.Block, PhaseAction.Icmp, TestRouter.Start + TimeSpan.FromSeconds(secondsFromNow), "op25b")));
        Syn25("lan", Client, Remote);
        Assert.Equal(isBlocked ? 0 : 1, _router.Sent("wan").Count);
        Assert.Equal(isBlocked ? 1 : 0, _router.Sent("lan").Count);
    }

    /// <summary>F20: a flood takes no session and no mapping, its answers have a rate, and the host that floods is counted.</summary>
    [Theory]
    [InlineData(Client, "203.0.113.")]
    [InlineData(Client6, "2001:db8:25:3::")]
    public void A_flood_to_port_25_takes_nothing_and_is_answered_at_a_rate(string source, string destination)
    {
        for (int i = 0; i < 20_000; i++)
            _router.Receive("lan", Frames.TcpSegment(source, (ushort)(1024 + i), $"{destination}{10 + i % 200}", 25, _router.Interface("lan").Mac));
        Assert.Empty(_router.Sent("wan"));
        Assert.InRange(_router.Sent("lan").Count, 1, 100);
        var after = _router.Snapshot();
        Assert.Equal((0, 0), (after.Sessions.Sum(entry => entry.Count), after.Nat.Sum(entry => entry.Mappings)));
        Assert.Single(_router.Attempts().Hosts);
    }

    private static TestRouter Open(RouterConfiguration configuration)
    {
        var router = new TestRouter(configuration);
        foreach ((string name, string host) in new[] { ("lan", Client), ("lan", Client6), ("servers", Server), ("servers", Server6), ("wan", Remote), ("wan", Remote6) })
            router.Host(name, host);
        return router;
    }

    private void Restart(RouterConfiguration configuration)
    {
        _router.Dispose();
        _router = Open(configuration);
    }

    private byte[] Syn25(string ingress, string source, string destination)
    {
        byte[] segment = Frames.TcpSegment(source, 40000, destination, 25, _router.Interface(ingress).Mac);
        _router.Receive(ingress, segment);
        return segment;
    }

    private void AssertSilence()
    {
        foreach (string name in new[] { "lan", "servers", "wan" })
            Assert.Empty(_router.Sent(name));
    }
}
