using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PacketDotNet;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>What the port-25 rule does to real connections, in each mode and with each action.</summary>
public sealed class Port25Test(Lab lab) : RouterTest(lab)
{
    public static TheoryData<RouterKind, Family, RefusalAction> EveryAction =>
        [.. from row in Routers.AllFamilies from action in Enum.GetValues<RefusalAction>() select new TheoryDataRow<RouterKind, Family, RefusalAction>(row.Data.Item1, row.Data.Item2, action) { Skip = row.Skip }];

    /// <summary>Only Block acts, so the other modes come with one action.</summary>
    public static TheoryData<RouterKind, Family, Mode, RefusalAction> EveryModeAndAction =>
    [
        .. from row in Routers.AllFamilies
           from mode in Enum.GetValues<Mode>()
           from action in Enum.GetValues<RefusalAction>()
           where mode == Mode.Block || action == RefusalAction.Icmp
           select new TheoryDataRow<RouterKind, Family, Mode, RefusalAction>(row.Data.Item1, row.Data.Item2, mode, action) { Skip = row.Skip },
    ];

    /// <summary>F15: the default action says who refuses, and why.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Icmp_refuses_at_once_and_quotes_the_packet_as_the_subscriber_sent_it(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);

        var refusal = await Assert.ThrowsAsync<SocketException>(() => Sockets.ConnectAsync(router.Network.Client, family.External, 25));

        Assert.Equal(family.ProhibitedError, refusal.SocketErrorCode);
        var answer = await inside.WaitForAsync(frame => family.Is(frame, family.Prohibited), "ICMP 3/13 or ICMPv6 1/1");
        var quote = family.QuoteOf(answer);
        Assert.Equal((family.Client, family.External, 25), (quote.Source, quote.Destination, quote.DestinationPort));
        Assert.Equal(family.RouterLan, answer.Extract<IPPacket>().SourceAddress);
        await AssertNothingToPort25Async(router, family, inside, outside);
        await counters.AssertAttemptsAsync("dynamic", "blocked", 1);
        await counters.AssertDroppedAsync("lan", DropReasons.Op25bBlocked);
    }

    /// <summary>F15: a RST that the sender's stack believes.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Reset_refuses_at_once_as_a_closed_port_would(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind, Scenario.Default with { Action = RefusalAction.Reset });
        var counters = await CounterDelta.StartAsync(router);
        using var inside = Wire.Open(router.Network.Client);

        var refusal = await Assert.ThrowsAsync<SocketException>(() => Sockets.ConnectAsync(router.Network.Client, family.External, 25));

        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
        var reset = await inside.WaitForAsync(frame => frame.Extract<TcpPacket>() is { Reset: true }, "the RST");
        var request = await inside.WaitForAsync(frame => frame.Extract<TcpPacket>() is { Synchronize: true }, "the SYN");
        Assert.Equal(request.Extract<TcpPacket>().SequenceNumber + 1, reset.Extract<TcpPacket>().AcknowledgmentNumber);
        await counters.AssertAttemptsAsync("dynamic", "blocked", 1);
    }

    /// <summary>F15, F19: silence; a SYN and its repetitions are one attempt.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Drop_says_nothing_and_the_connection_times_out(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind, Scenario.Default with { Action = RefusalAction.Drop });
        var counters = await CounterDelta.StartAsync(router);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);

        // 1.5 s: long enough for the stack to send its SYN a second time.
        var refusal = await Assert.ThrowsAsync<SocketException>(() => Sockets.ConnectAsync(router.Network.Client, family.External, 25, TimeSpan.FromSeconds(1.5)));

        Assert.Equal(SocketError.TimedOut, refusal.SocketErrorCode);
        await AssertNothingToPort25Async(router, family, inside, outside);
        Assert.DoesNotContain(inside.Seen, frame => frame.Extract<TcpPacket>() is { SourcePort: 25 });
        Assert.DoesNotContain(inside.Seen, frame => family.Is(frame, family.Prohibited));
        await counters.AssertAttemptsAsync("dynamic", "blocked", 1);
    }

    /// <summary>F3: 587 and 465 are never touched.</summary>
    [Theory, MemberData(nameof(EveryModeAndAction))]
    public async Task Submission_passes_in_every_mode_with_every_action(RouterKind kind, Family family, Mode mode, RefusalAction action)
    {
        var router = await RouterAsync(kind, Scenario.Default with { Mode = mode, Action = action });
        foreach (var port in new[] { 587, 465 })
            await AssertConnectsAsync(router.Network.Client, router.Network.External, family.External, port);
    }

    /// <summary>F2: its own server is no other provider's.</summary>
    [Theory, MemberData(nameof(EveryAction))]
    public async Task The_providers_own_mail_server_is_reached_on_25(RouterKind kind, Family family, RefusalAction action)
    {
        var router = await RouterAsync(kind, Scenario.Default with { Action = action });
        var counters = await CounterDelta.StartAsync(router);
        Assert.Equal(family.Client, await AssertConnectsAsync(router.Network.Client, router.Network.Mta, family.Mta, 25));
        await counters.AssertAttemptsAsync("dynamic", "allowed_own", 1);
    }

    /// <summary>F2: and it is what delivers for everybody.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task The_providers_own_mail_server_delivers_to_the_world_untranslated(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        Assert.Equal(family.Mta, await AssertConnectsAsync(router.Network.Mta, router.Network.External, family.External, 25));
    }

    /// <summary>F2: by contract.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_subscriber_in_an_exempt_group_delivers_to_the_world(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        Assert.Equal(family.Seen(family.Fixed), await AssertConnectsAsync(router.Network.Fixed, router.Network.External, family.External, 25));
        await counters.AssertAttemptsAsync("fixed-ip", "allowed_exempt", 1);
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_home_server_cannot_deliver_by_itself(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var refusal = await Assert.ThrowsAsync<SocketException>(() => Sockets.ConnectAsync(router.Network.Home, family.SecondExternal, 25));
        Assert.Equal(family.ProhibitedError, refusal.SocketErrorCode);
    }

    /// <summary>F4: inbound to 25 is untouched.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_home_server_goes_on_receiving(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        Assert.Equal(family.External, await AssertConnectsAsync(router.Network.External, router.Network.Home, family.HomeOutside, 25));
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task The_world_delivers_to_the_providers_mail_server(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        foreach (var port in new[] { 25, 587, 465 })
            Assert.Equal(family.External, await AssertConnectsAsync(router.Network.External, router.Network.Mta, family.Mta, port));
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Monitor_lets_pass_and_counts_what_it_would_have_blocked(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind, Scenario.Default with { Mode = Mode.Monitor });
        var counters = await CounterDelta.StartAsync(router);
        Assert.Equal(family.Seen(family.Client), await AssertConnectsAsync(router.Network.Client, router.Network.External, family.External, 25));
        await counters.AssertAttemptsAsync("dynamic", "monitored", 1);
    }

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Off_lets_pass_and_counts_nothing(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind, Scenario.Default with { Mode = Mode.Off });
        var counters = await CounterDelta.StartAsync(router);
        await AssertConnectsAsync(router.Network.Client, router.Network.External, family.External, 25);
        foreach (var outcome in new[] { "monitored", "blocked", "allowed_own", "allowed_exempt" })
            await counters.AssertAttemptsAsync("dynamic", outcome, 0);
    }

    /// <summary>F16: the phase begins while traffic flows.</summary>
    [Theory, MemberData(nameof(Routers.OursFamilies), MemberType = typeof(Routers))]
    public async Task The_block_begins_on_the_second(RouterKind kind, Family family)
    {
        var scenario = new Scenario();
        var router = await OwnRouterAsync(kind, scenario with { AsOf = scenario.From.AddSeconds(-8), Ipv6 = family.IsIpv6 });
        using var listener = Sockets.Listen(router.Network.External, 25, family.AddressFamily);
        using (await Sockets.ConnectAsync(router.Network.Client, family.External, 25))
        using (await Sockets.AcceptAsync(listener))
        {
        }

        var refused = await Eventually.HoldsAsync(async () => await ConnectErrorAsync(router.Network.Client, family.External) == family.ProhibitedError, TimeSpan.FromSeconds(12));

        Assert.True(refused, $"port 25 stays open past {scenario.From}\n{router.Log}");
        var metrics = (await router.ReadMetricsAsync())!;
        Assert.Equal(1, metrics[Series.Of("router_op25b_phase_info", ("phase", "op25b"), ("mode", "Block"))]);
    }

    /// <summary>F16, F17: a connection that was opened before the cut-over: it works at T−1 s, and then it is reset at once, or at the end of the drain, though nothing is sent in it.</summary>
    [Theory, MemberData(nameof(OpenAtTheCutOver))]
    public async Task An_open_connection_ends_at_the_cut_over_or_drains(RouterKind kind, Family family, OpenConnections open)
    {
        var scenario = new Scenario { OpenConnections = open };
        var router = await OwnRouterAsync(kind, scenario with { AsOf = scenario.From.AddSeconds(-8), Ipv6 = family.IsIpv6 });
        using var listener = Sockets.Listen(router.Network.External, 25, family.AddressFamily);
        using var client = await Sockets.ConnectAsync(router.Network.Client, family.External, 25);
        using var server = await Sockets.AcceptAsync(listener);
        await PassesAsync(server, client);

        Assert.True(await Eventually.HoldsAsync(async () => (await router.ReadMetricsAsync())![Series.Of("router_op25b_phase_info", ("phase", "op25b"), ("mode", "Block"))] == 1, TimeSpan.FromSeconds(12)), router.Log);
        if (open == OpenConnections.Drain)
        {
            Assert.Equal(family.ProhibitedError, await ConnectErrorAsync(router.Network.Client, family.External));
            await PassesAsync(client, server);
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var reset = await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], patience.Token));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    /// <summary>In IPv6 the harder way only: each row takes the time that leads to the cut-over.</summary>
    public static TheoryData<RouterKind, Family, OpenConnections> OpenAtTheCutOver =>
    [
        .. from kind in Routers.OursChosen from open in Enum.GetValues<OpenConnections>() select (kind, Family.Ipv4, open),
        (Routers.OursChosen[0], Family.Ipv6, OpenConnections.Kill),
    ];

    static async Task PassesAsync(Socket from, Socket to)
    {
        await from.SendAsync("220 "u8.ToArray(), TestContext.Current.CancellationToken);
        var read = new byte[4];
        Assert.Equal(4, await to.ReceiveAsync(read, TestContext.Current.CancellationToken));
    }

    /// <summary>F1: every segment to 25 without an allowed session, not only a SYN.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task No_segment_to_25_passes_whatever_its_flags(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind, Scenario.Default with { Action = RefusalAction.Drop });
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.Client);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);

        foreach (var flags in new Action<TcpPacket>[] { tcp => tcp.Acknowledgment = true, tcp => tcp.Finished = true, tcp => tcp.Synchronize = tcp.Acknowledgment = true, tcp => tcp.Push = tcp.Acknowledgment = true, tcp => tcp.Synchronize = tcp.Finished = true, _ => { }, tcp => tcp.Reset = true })
            inside.Send(Frames.Tcp(inside.OwnMac, gateway, new IPEndPoint(family.Client, 41000), new IPEndPoint(family.External, 25), flags));

        await AssertNothingToPort25Async(router, family, inside, outside);
        await counters.AssertDroppedAsync("lan", DropReasons.Op25bBlocked, atLeast: 7);
    }

    /// <summary>F9: a mapping that port 443 opened is no way to 25.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_mapping_made_toward_another_port_is_no_permission(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind, Scenario.Default with { Action = RefusalAction.Drop });
        var gateway = await Network.RouterMacAsync(router.Network.Client);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);
        var source = new IPEndPoint(family.Client, 41500);

        inside.Send(Frames.Tcp(inside.OwnMac, gateway, source, new IPEndPoint(family.External, 443), tcp => tcp.Synchronize = true));
        await outside.WaitForAsync(frame => frame.Extract<TcpPacket>() is { DestinationPort: 443 }, "the SYN to 443");
        inside.Send(Frames.Tcp(inside.OwnMac, gateway, source, new IPEndPoint(family.External, 25), tcp => tcp.Synchronize = true));

        await AssertNothingToPort25Async(router, family, inside, outside);
    }

    /// <summary>F5: the way of "triangular spam". Silence, even toward a forwarded port.</summary>
    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task A_segment_from_25_that_nobody_asked_for_is_dropped_silently(RouterKind kind, Family family)
    {
        var router = await RouterAsync(kind);
        var counters = await CounterDelta.StartAsync(router);
        var gateway = await Network.RouterMacAsync(router.Network.External);
        using var inside = Wire.Open(router.Network.Home);
        using var outside = Wire.Open(router.Network.External);

        foreach (var flags in new Action<TcpPacket>[] { tcp => tcp.Synchronize = true, tcp => tcp.Synchronize = tcp.Acknowledgment = true })
            outside.Send(Frames.Tcp(outside.OwnMac, gateway, new IPEndPoint(family.External, 25), family.WebOutside, flags));

        await Fence.PassAsync(router.Network.External, outside, router.Network.Home, inside, family.WebOutside);
        Assert.DoesNotContain(inside.Seen, frame => frame.Extract<TcpPacket>() is { SourcePort: 25 });
        Assert.DoesNotContain(outside.Seen, frame => frame.Extract<TcpPacket>() is { DestinationPort: 25 });
        await counters.AssertDroppedAsync("wan", DropReasons.UnsolicitedFromPort25, atLeast: 2);
    }

    static async Task<SocketError> ConnectErrorAsync(Host from, IPAddress to)
    {
        try
        {
            using var socket = await Sockets.ConnectAsync(from, to, 25);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    /// <summary>A connection from one host to a listener on another. Gives the address that the listener saw.</summary>
    static async Task<IPAddress> AssertConnectsAsync(Host from, Host listening, IPAddress to, int port)
    {
        using var listener = Sockets.Listen(listening, port, to.AddressFamily);
        using var client = await Sockets.ConnectAsync(from, to, port);
        using var server = await Sockets.AcceptAsync(listener);
        return ((IPEndPoint)server.RemoteEndPoint!).Address;
    }

    /// <summary>Frames stay in order, so once a later frame is out, an earlier one that is not never will be.</summary>
    static async Task AssertNothingToPort25Async(IRouterUnderTest router, Family family, Wire inside, Wire outside)
    {
        await Fence.PassAsync(router.Network.Client, inside, router.Network.External, outside, new IPEndPoint(family.External, 9));
        Assert.DoesNotContain(outside.Seen, frame => frame.Extract<TcpPacket>() is { DestinationPort: 25 });
    }
}
