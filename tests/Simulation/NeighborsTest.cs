using PacketDotNet;
using Router.Neighbors;
using Router.Wire;
using Support;
using TapDev;

namespace Simulation;

/// <summary>ARP on the wire: what is asked, what is answered, and what becomes of frames that wait.</summary>
public sealed class NeighborsTest : IDisposable
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Other = "203.0.113.26";

    private readonly TestRouter _router = new();
    private readonly List<ArpPacket> _arp = [];

    public NeighborsTest()
    {
        foreach (string name in new[] { "lan", "wan" })
            _router.Device(name).OnSent = Record;
    }

    public void Dispose() => _router.Dispose();

    private MacAddress Lan => _router.Interface("lan").Mac;

    private MacAddress Wan => _router.Interface("wan").Mac;

    [Fact]
    public void Frames_wait_for_the_answer_and_leave_in_order_and_the_fourth_does_not_wait()
    {
        for (byte i = 1; i <= 4; i++)
            _router.Receive("lan", Datagram(Remote, i));
        Assert.Equal("lan received 4, lan held 3, lan dropped NeighborQueueFull 1, wan generated 1, wan sent 1, sessions 1, mappings 1", _router.Moved());
        Answer("wan", Remote);
        Assert.Equal([1, 2, 3], _router.Sent("wan").Select(frame => AssertPacket.That(frame).IsIpv4(ttl: 63).IsUdp(40000, 53).Payload[0]));
        Assert.Equal("lan forwarded 3, lan held -3, wan received 1, wan delivered 1, wan sent 3", _router.Moved());
    }

    [Fact]
    public void Frames_that_wait_leave_in_order_also_where_others_waited_before()
    {
        _router.Receive("lan", Datagram(Other, 9));
        _router.Receive("lan", Datagram(Remote, 1));
        Answer("wan", Other);
        _router.Receive("lan", Datagram(Remote, 2));
        _router.Sent("wan");
        Answer("wan", Remote);
        Assert.Equal([1, 2], _router.Sent("wan").Select(frame => AssertPacket.That(frame).IsUdp().Payload[0]));
    }

    [Fact]
    public void Three_requests_a_second_apart_and_then_the_host_is_unreachable()
    {
        byte[] datagram = Datagram(Remote, 1);
        _router.Receive("lan", datagram);
        _router.Wait(TimeSpan.FromMilliseconds(2750));
        Assert.Equal(3, _arp.Count);
        Assert.All(_arp, request => Assert.Equal((ArpOperation.Request, Remote, "203.0.113.2"),
            (request.Operation, request.TargetProtocolAddress.ToString(), request.SenderProtocolAddress.ToString())));
        Assert.Empty(_router.Sent("lan"));
        _router.Moved();
        _router.Wait(TimeSpan.FromMilliseconds(250));
        AssertPacket.That(_router.SentOne("lan")).FromTo("192.168.25.1", Client).IsIcmp(3, 1).Quotes(datagram);
        Assert.Equal("lan held -1, lan dropped NeighborUnreachable 1, lan generated 1, lan sent 1", _router.Moved());

        // The penalty: at once, without a request.
        _router.Receive("lan", datagram);
        AssertPacket.That(_router.SentOne("lan")).IsIcmp(3, 1);
        Assert.Equal("lan received 1, lan dropped NeighborUnreachable 1, lan generated 1, lan sent 1", _router.Moved());
        _router.Wait(TimeSpan.FromSeconds(3.25));
        _router.Receive("lan", datagram);
        Assert.Equal("lan received 1, lan held 1, wan generated 1, wan sent 1", _router.Moved());
    }

    [Fact]
    public void A_neighbour_not_heard_from_is_used_and_asked_again()
    {
        _router.Host("wan", Remote);
        _router.Wait(TimeSpan.FromSeconds(31));
        _router.Receive("lan", Datagram(Remote, 1));
        Assert.Single(_router.Sent("wan"));
        _router.Wait(TimeSpan.FromSeconds(1.25));
        Assert.Equal(ArpOperation.Request, Assert.Single(_arp).Operation);
    }

    [Fact]
    public void The_router_answers_for_its_own_address_and_learns_who_asks()
    {
        _router.Receive("lan", Frames.Arp(ArpOperation.Request, Frames.Host, Client, default, "192.168.25.1"));
        ArpPacket answer = Assert.Single(_arp);
        Assert.Equal((ArpOperation.Response, "192.168.25.1", Client), (answer.Operation, answer.SenderProtocolAddress.ToString(), answer.TargetProtocolAddress.ToString()));
        Assert.Equal(Frames.Physical(Lan), answer.SenderHardwareAddress);
        Assert.Equal(Frames.Physical(Frames.Host), answer.TargetHardwareAddress);
        Assert.Equal("lan received 1, lan delivered 1, lan generated 1, lan sent 1", _router.Moved());

        _router.Host("wan", Remote);
        _router.Receive("lan", Datagram(Remote, 1));
        _router.Receive("wan", Frames.UdpDatagram(Remote, 53, "203.0.113.2", 40000, Wan));
        AssertPacket.That(_router.SentOne("lan")).IsTo(Frames.Host).FromTo(Remote, Client);
    }

    [Fact]
    public void The_virtio_header_of_a_request_does_not_go_back_with_the_answer()
    {
        byte[] request = Frames.Raw(Frames.Arp(ArpOperation.Request, Frames.Host, Client, default, "192.168.25.1"));
        VirtioHeader.Write(request, VirtioHeader.NeedsChecksum, VirtioHeader.GsoTcp4, 9000, 0, 14, 2);
        _router.Device("lan").RefuseSuperFrames = true;
        _router.ReceiveRaw("lan", request);
        Assert.Equal(ArpOperation.Response, Assert.Single(_arp).Operation);
        Assert.Equal("lan received 1, lan delivered 1, lan generated 1, lan sent 1", _router.Moved());
    }

    [Fact]
    public void Requests_for_others_are_none_of_our_business()
    {
        _router.Receive("lan", Frames.Arp(ArpOperation.Request, Frames.Host, Client, default, "192.168.25.20"));
        _router.Receive("lan", Frames.Arp(ArpOperation.Request, Frames.Host, Client, default, "203.0.113.2"));
        Assert.Empty(_arp);
        Assert.Equal("lan received 2, lan dropped ArpNotForUs 2", _router.Moved());
    }

    [Fact]
    public void A_sender_that_is_not_of_the_link_is_not_believed()
    {
        foreach (string sender in new[] { "198.51.100.25", "203.0.113.25", "192.168.25.255", "8.8.8.8" })
            _router.Receive("lan", Frames.Arp(ArpOperation.Request, Frames.Host, sender, default, "192.168.25.1"));
        Assert.Empty(_arp);
        Assert.Equal("lan received 4, lan dropped ArpSpoofedSender 4", _router.Moved());
    }

    [Fact]
    public void A_gratuitous_message_changes_what_is_known_and_adds_nothing()
    {
        var moved = new MacAddress(0x02_00_00_00_99_99);
        _router.Receive("wan", Frames.Arp(ArpOperation.Request, moved, Remote, default, Remote));
        Assert.Equal("wan received 1, wan dropped ArpNotForUs 1", _router.Moved());
        _router.Host("wan", Remote);
        _router.Receive("wan", Frames.Arp(ArpOperation.Request, moved, Remote, default, Remote));
        Assert.Equal("wan received 1, wan delivered 1", _router.Moved());
        _router.Receive("lan", Datagram(Remote, 1));
        AssertPacket.That(_router.SentOne("wan")).IsTo(moved);
    }

    [Fact]
    public void A_probe_for_our_address_is_answered_and_teaches_nothing()
    {
        _router.Receive("lan", Frames.Arp(ArpOperation.Request, Frames.Host, "0.0.0.0", default, "192.168.25.1"));
        Assert.Equal(ArpOperation.Response, Assert.Single(_arp).Operation);
        Assert.Equal(0, _router.Path.Neighbors.Count);
    }

    [Fact]
    public void Addresses_for_translation_are_answered_for_on_the_outside_only()
    {
        using var router = new TestRouter(TestConfiguration.Default with
        {
            Nat = TestConfiguration.Default.Nat! with { Addresses = [System.Net.IPAddress.Parse("203.0.113.7")] },
        });
        router.Device("wan").OnSent = router.Device("lan").OnSent = Record;
        router.Receive("wan", Frames.Arp(ArpOperation.Request, Frames.Host, Remote, default, "203.0.113.7"));
        Assert.Equal("203.0.113.7", Assert.Single(_arp).SenderProtocolAddress.ToString());
        router.Receive("lan", Frames.Arp(ArpOperation.Request, Frames.Host, Client, default, "203.0.113.7"));
        Assert.Single(_arp);
        Assert.Equal("lan received 1, lan dropped ArpNotForUs 1, wan received 1, wan delivered 1, wan generated 1, wan sent 1", router.Moved());
    }

    /// <summary>RFC 5227 section 2.3: whoever knew another station there forgets it. Each address once, when its interface comes up, and only then.</summary>
    [Fact]
    public void Our_addresses_are_announced_when_an_interface_comes_up()
    {
        using var router = new TestRouter(TestConfiguration.Default with
        {
            Nat = TestConfiguration.Default.Nat! with { Addresses = [System.Net.IPAddress.Parse("203.0.113.2"), System.Net.IPAddress.Parse("203.0.113.7")] },
        });
        router.Device("wan").OnSent = Record;
        router.Wait(TimeSpan.FromSeconds(30));
        Assert.Empty(_arp);
        router.Device("wan").SetState(DeviceState.Down);
        router.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal("", router.Moved());
        router.Device("wan").SetState(DeviceState.Up);
        router.Wait(TimeSpan.FromSeconds(30));
        // And each of its two IPv6 addresses is looked for, and announced (RFC 4862).
        Assert.Equal("wan generated 6, wan sent 6", router.Moved());
        Assert.Equal(["203.0.113.2", "203.0.113.7"], _arp.Select(announcement => announcement.SenderProtocolAddress.ToString()));
        Assert.All(_arp, announcement => Assert.Equal(
            (ArpOperation.Request, announcement.SenderProtocolAddress, Frames.Physical(router.Interface("wan").Mac)),
            (announcement.Operation, announcement.TargetProtocolAddress, announcement.SenderHardwareAddress)));
    }

    /// <summary>RFC 5227 section 2.4 (c): defended, and not more than once in ten seconds; somebody is told as often.</summary>
    [Fact]
    public void A_duplicate_of_our_address_is_told_of_and_the_address_defended()
    {
        var seen = new List<string>();
        _router.Path.OwnAddresses.DuplicateSeen = (entry, address, claimant) => seen.Add($"{entry} {address} {claimant}");
        byte[] claim = Frames.Arp(ArpOperation.Request, Frames.Host, "192.168.25.1", default, Client);
        for (int i = 0; i < 5; i++)
            _router.Receive("lan", claim);
        Assert.Equal("lan received 5, lan dropped ArpDuplicateAddress 5, lan generated 1, lan sent 1", _router.Moved());
        ArpPacket defence = Assert.Single(_arp);
        Assert.Equal(("192.168.25.1", "192.168.25.1", Frames.Physical(Lan)),
            (defence.SenderProtocolAddress.ToString(), defence.TargetProtocolAddress.ToString(), defence.SenderHardwareAddress));
        Assert.Equal($"lan 192.168.25.1 {Frames.Host}", Assert.Single(seen));
        _router.Wait(TimeSpan.FromSeconds(10));
        _router.Receive("lan", Frames.Arp(ArpOperation.Response, Frames.Host, "192.168.25.1", Lan, "192.168.25.1", to: Lan));
        Assert.Equal((2, 2), (_arp.Count, seen.Count));
        Assert.Equal(NeighborState.Free, _router.Path.Neighbors.StateOf(_router.Interface("lan"), IpAddress.From(System.Net.IPAddress.Parse("192.168.25.1"))));
    }

    /// <summary>No station has the address of all zeros, nor a group's: sessions must not remember a neighbour by it.</summary>
    [Theory]
    [InlineData(0UL)]
    [InlineData(0x0100_5E00_0001UL)]
    public void An_address_that_no_station_has_is_not_learned(ulong mac)
    {
        _router.Receive("lan", Frames.Arp(ArpOperation.Request, new MacAddress(mac), "192.168.25.77", default, "192.168.25.1"));
        Assert.Empty(_arp);
        Assert.Equal("lan received 1, lan dropped ArpSpoofedSender 1", _router.Moved());
        Assert.Equal(NeighborState.Free, _router.Path.Neighbors.StateOf(_router.Interface("lan"), IpAddress.From(System.Net.IPAddress.Parse("192.168.25.77"))));
    }

    [Fact]
    public void Our_own_frame_that_comes_back_is_no_duplicate()
    {
        _router.Receive("lan", Frames.Arp(ArpOperation.Request, Lan, "192.168.25.1", default, Client));
        Assert.Equal("lan received 1, lan dropped ArpSpoofedSender 1", _router.Moved());
    }

    /// <summary>Proxy ARP is never done: not for another interface's network, nor for what a route leads to.</summary>
    [Theory]
    [InlineData("192.168.25.77")]
    [InlineData("198.51.100.1")]
    [InlineData("198.51.100.25")]
    [InlineData("203.0.113.25")]
    [InlineData("8.8.8.8")]
    [InlineData("192.168.25.255")]
    public void Nobody_elses_address_is_answered_for(string address)
    {
        _router.Receive("lan", Frames.Arp(ArpOperation.Request, Frames.Host, Client, default, address));
        Assert.Empty(_arp);
        Assert.Equal("lan received 1, lan dropped ArpNotForUs 1", _router.Moved());
    }

    /// <summary>RFC 6583: addresses that nobody has take a part of the table, and a host that was not known before is found all the same.</summary>
    [Fact]
    public void A_scan_of_a_big_network_takes_nothing_from_others()
    {
        using var router = new TestRouter(TestConfiguration.Default with
        {
            Interfaces = [TestConfiguration.Default.Interfaces[0], TestConfiguration.Default.Interfaces[2],
                TestConfiguration.Default.Interfaces[1] with { Addresses = [new Router.Configuration.InterfaceAddress(System.Net.IPAddress.Parse("10.0.0.1"), 8)] }],
            Sessions = new Router.Configuration.SessionsConfiguration { Capacity = 65_536, PerSubscriber = new Router.Configuration.PerSubscriberConfiguration { Sessions = 65_536 } },
        });
        router.Host("servers", "10.9.9.9");
        router.AddSilentHost("servers", "10.8.8.8");
        MacAddress lan = router.Interface("lan").Mac;
        for (int host = 0; host < 20_000; host++)
            router.Receive("lan", Frames.UdpDatagram(Client, 40000, $"10.1.{host >> 8}.{host & 255}", 9, lan));
        Assert.InRange(router.Path.Neighbors.Count, 1, 2100);
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, "10.9.9.9", 9, lan));
        Assert.Single(router.Sent("servers"));
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, "10.8.8.8", 9, lan));
        router.Wait(TimeSpan.FromMilliseconds(250));
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, "10.8.8.8", 9, lan));
        Assert.NotEmpty(router.Sent("servers"));
    }

    private byte[] Datagram(string destination, byte number) => Frames.UdpDatagram(Client, 40000, destination, 53, Lan, [number]);

    private void Answer(string name, string address) =>
        _router.Receive(name, Frames.Arp(ArpOperation.Response, Frames.Host, address, Wan, "203.0.113.2", to: Wan));

    private void Record(ReadOnlySpan<byte> headerAndFrame)
    {
        Assert.Equal(new byte[VirtioHeader.Size], headerAndFrame[..VirtioHeader.Size].ToArray());
        if (Frames.Parse(headerAndFrame[VirtioHeader.Size..].ToArray()).Extract<ArpPacket>() is { } arp)
            _arp.Add(arp);
    }
}
