using Router.Neighbors;
using Router.Packets;
using Router.Wire;
using Support;
using TapDev;

namespace Simulation;

/// <summary>RFC 4861 section 7, the router's part: solicitations and advertisements, the states of a neighbour, and frames that wait.</summary>
public sealed class NeighborDiscoveryTest : IDisposable
{
    private const string Client = "2001:db8:25:1::10", Remote = "2001:db8:25:3::25", Ours = "2001:db8:25:1::1", OursOutside = "2001:db8:25:3::2";

    private static readonly MacAddress Mac = new(0x02_00_00_00_00_10), Other = new(0x02_00_00_00_00_11);

    private readonly TestRouter _router = new();

    public void Dispose() => _router.Dispose();

    [Fact]
    public void A_solicitation_for_our_address_is_answered_and_its_sender_is_known()
    {
        _router.Receive("lan", NdFrames.NeighborSolicitation(Client, Ours, Mac, options: NdFrames.MacOption(1, Mac)));
        byte[] sent = _router.SentOne("lan");
        AssertPacket.That(sent).IsTo(Mac).IsIpv6(hopLimit: 255).FromTo(Ours, Client).IsIcmp(136, 0);
        Assert.Equal(0xE0, sent[14 + 40 + 4]);
        Assert.Equal([.. NdFrames.Bytes(Ours), .. NdFrames.MacOption(2, _router.Interface("lan").Mac)], sent[(14 + 48)..]);
        Assert.Equal("lan received 1, lan delivered 1, lan generated 1, lan sent 1", _router.Moved());
        Assert.Equal(NeighborState.Stale, StateOf("lan", Client));
    }

    /// <summary>Section 7.2.4; RFC 4862 section 5.4.3: who asks whether he may have our address is told by a message to all nodes.</summary>
    [Fact]
    public void A_probe_for_our_address_is_answered_to_all_nodes()
    {
        _router.Receive("lan", NdFrames.NeighborSolicitation("::", Ours, Mac));
        byte[] sent = _router.SentOne("lan");
        AssertPacket.That(sent).IsTo(new MacAddress(0x3333_0000_0001)).IsIpv6(hopLimit: 255).FromTo(Ours, "ff02::1").IsIcmp(136, 0);
        Assert.Equal(0xA0, sent[14 + 40 + 4]);
    }

    [Fact]
    public void A_solicitation_without_an_option_is_answered_to_where_it_came_from()
    {
        _router.Receive("lan", NdFrames.Frame(Client, Ours, [135, 0, 0, 0, 0, 0, 0, 0, .. NdFrames.Bytes(Ours)], Mac, to: _router.Interface("lan").Mac));
        AssertPacket.That(_router.SentOne("lan")).IsTo(Mac).FromTo(Ours, Client).IsIcmp(136, 0);
        Assert.Equal(NeighborState.Free, StateOf("lan", Client));
    }

    [Theory]
    [InlineData("hop limit", "InvalidNeighborDiscovery")]
    [InlineData("code", "InvalidNeighborDiscovery")]
    [InlineData("checksum", "InvalidNeighborDiscovery")]
    [InlineData("short", "InvalidNeighborDiscovery")]
    [InlineData("option of no length", "InvalidNeighborDiscovery")]
    [InlineData("option that is cut", "InvalidNeighborDiscovery")]
    [InlineData("multicast target", "InvalidNeighborDiscovery")]
    [InlineData("unspecified with option", "InvalidNeighborDiscovery")]
    [InlineData("unspecified to unicast", "InvalidNeighborDiscovery")]
    [InlineData("group in option", "InvalidNeighborDiscovery")]
    [InlineData("atomic fragment", "InvalidNeighborDiscovery")]
    [InlineData("other target", "NeighborDiscoveryNotForUs")]
    [InlineData("redirect", "MulticastNotRouted")]
    [InlineData("source of another link", "NeighborDiscoverySpoofedSender")]
    [InlineData("our own source", "NeighborDiscoverySpoofedSender")]
    public void A_solicitation_that_is_wrong_is_dropped_and_teaches_nothing(string what, string reason)
    {
        byte[] option = NdFrames.MacOption(1, Mac), target = NdFrames.Bytes(Ours);
        byte[] good = [135, 0, 0, 0, 0, 0, 0, 0, .. target, .. option];
        string group = NdFrames.SolicitedNode(Ours);
        byte[] frame = what switch
        {
            "hop limit" => NdFrames.Frame(Client, group, good, Mac, hopLimit: 254),
            "code" => NdFrames.Frame(Client, group, [135, 1, .. good[2..]], Mac),
            "checksum" => [.. NdFrames.Frame(Client, group, good, Mac)[..^1], 0x77],
            "short" => NdFrames.Frame(Client, group, good[..20], Mac),
            "option of no length" => NdFrames.Frame(Client, group, [.. good[..24], 1, 0, .. option[2..]], Mac),
            "option that is cut" => NdFrames.Frame(Client, group, [.. good[..24], 1, 2, .. option[2..]], Mac),
            "multicast target" => NdFrames.Frame(Client, group, [.. good[..8], 0xFF, 2, .. target[2..], .. option], Mac),
            "unspecified with option" => NdFrames.Frame("::", group, good, Mac),
            "unspecified to unicast" => NdFrames.Frame("::", Ours, good[..24], Mac, to: _router.Interface("lan").Mac),
            "group in option" => NdFrames.Frame(Client, group, [.. good[..24], 1, 1, 0x33, .. option[3..]], Mac),
            "atomic fragment" => Ipv6.WithExtensions(NdFrames.Frame(Client, group, good, Mac), Ipv6.FragmentHeader(1, 0, more: false)),
            "other target" => NdFrames.NeighborSolicitation(Client, "2001:db8:25:1::77", Mac, options: option),
            "redirect" => NdFrames.Frame(Client, group, [137, .. good[1..], .. target], Mac),
            "source of another link" => NdFrames.NeighborSolicitation(Remote, Ours, Mac, options: option),
            _ => NdFrames.NeighborSolicitation(Ours, Ours, Mac, options: option),
        };
        _router.Receive("lan", frame);
        Assert.Equal($"lan received 1, lan dropped {reason} 1", _router.Moved());
        Assert.Equal(0, _router.Path.Neighbors.Count);
    }

    [Fact]
    public void Frames_wait_for_the_answer_and_then_leave_in_order()
    {
        _router.Host("lan", Client);
        for (int i = 0; i < 4; i++)
            _router.Receive("lan", Frames.UdpDatagram(Client, (ushort)(40000 + i), Remote, 53, _router.Interface("lan").Mac));
        Assert.Equal("lan received 4, lan held 3, lan dropped NeighborQueueFull 1, wan generated 1, wan sent 1, sessions 4", _router.Moved());
        Assert.Equal(NeighborState.Incomplete, StateOf("wan", Remote));
        _router.Receive("wan", NdFrames.NeighborAdvertisement(Remote, Remote, Mac, 0x60, OursOutside, NdFrames.MacOption(2, Mac)));
        Assert.Equal([40000, 40001, 40002], _router.Sent("wan").Select(frame => (frame[54] << 8) | frame[55]));
        Assert.Equal(NeighborState.Reachable, StateOf("wan", Remote));
        Assert.Equal("lan forwarded 3, lan held -3, wan received 1, wan delivered 1, wan sent 3", _router.Moved());
    }

    [Fact]
    public void A_solicitation_goes_to_the_group_with_our_address_in_it()
    {
        _router.Host("lan", Client);
        _router.Device("wan").TryTakeSent(out _);
        _router.Device("lan").Inject(Frames.UdpDatagram(Client, 40000, Remote, 53, _router.Interface("lan").Mac));
        _router.Turn();
        Assert.True(_router.Device("wan").TryTakeSent(out byte[]? raw));
        byte[] sent = raw![VirtioHeader.Size..];
        AssertPacket.That(sent).IsTo(new MacAddress(0x3333_FF00_0025)).IsIpv6(hopLimit: 255).FromTo(OursOutside, NdFrames.SolicitedNode(Remote)).IsIcmp(135, 0);
        Assert.Equal([.. NdFrames.Bytes(Remote), .. NdFrames.MacOption(1, _router.Interface("wan").Mac)], sent[(14 + 48)..]);
    }

    /// <summary>Section 7.2.2: three solicitations, then the senders of what waited are told.</summary>
    [Fact]
    public void Who_does_not_answer_is_unreachable()
    {
        _router.Host("lan", Client);
        byte[] datagram = Frames.UdpDatagram(Client, 40000, Remote, 53, _router.Interface("lan").Mac);
        _router.Receive("lan", datagram);
        _router.Wait(TimeSpan.FromSeconds(3.5));
        AssertPacket.That(_router.SentOne("lan")).IsIpv6(hopLimit: 64).FromTo(Ours, Client).IsIcmp(1, 3).Quotes(datagram);
        Assert.Equal("lan received 1, lan dropped NeighborUnreachable 1, lan generated 1, lan sent 1, wan generated 3, wan sent 3, sessions 1", _router.Moved());
    }

    /// <summary>Section 7.3.3: REACHABLE, STALE, DELAY, PROBE.</summary>
    [Fact]
    public void A_neighbour_in_use_is_probed_five_seconds_after_it_was_stale()
    {
        _router.Host("lan", Client);
        _router.Host("wan", Remote);
        Send();
        _router.Wait(TimeSpan.FromSeconds(31));
        Assert.Equal(NeighborState.Stale, StateOf("wan", Remote));
        _router.Moved();
        Send();
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1", _router.Moved());
        _router.Wait(TimeSpan.FromSeconds(4.5));
        Assert.Equal(NeighborState.Delay, StateOf("wan", Remote));
        Assert.Equal("", _router.Moved());
        _router.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal("wan received 1, wan delivered 1, wan generated 1, wan sent 1", _router.Moved());
        Assert.Equal(NeighborState.Reachable, StateOf("wan", Remote));
    }

    [Fact]
    public void A_neighbour_that_is_gone_fails_its_probes()
    {
        _router.Host("lan", Client);
        _router.Host("wan", Remote);
        Send();
        _router.Silence("wan", Remote);
        _router.Wait(TimeSpan.FromSeconds(31));
        Send();
        _router.Moved();
        _router.Wait(TimeSpan.FromSeconds(9));
        Assert.Equal("wan generated 3, wan sent 3", _router.Moved());
        Assert.Equal(NeighborState.Failed, StateOf("wan", Remote));
    }

    /// <summary>Section 7.2.5: what an advertisement changes.</summary>
    [Theory]
    [InlineData(0x60, true, NeighborState.Reachable, true)]
    [InlineData(0x40, true, NeighborState.Stale, false)]
    [InlineData(0x20, true, NeighborState.Stale, true)]
    [InlineData(0x00, true, NeighborState.Stale, false)]
    [InlineData(0x00, false, NeighborState.Reachable, false)]
    [InlineData(0x40, false, NeighborState.Reachable, false)]
    internal void An_advertisement_changes_what_the_RFC_says(byte flags, bool isOther, NeighborState state, bool isBelieved)
    {
        _router.Path.Neighbors.Learn(_router.Interface("wan"), Address(Remote), Mac, _router.Now, add: true);
        _router.Receive("wan", NdFrames.NeighborAdvertisement(Remote, Remote, Mac, flags, OursOutside, NdFrames.MacOption(2, isOther ? Other : Mac)));
        Assert.Equal(state, StateOf("wan", Remote));
        int number = _router.Path.Neighbors.FindOrAdd(_router.Interface("wan"), Address(Remote), _router.Now);
        Assert.Equal(isBelieved ? Other : Mac, _router.Path.Neighbors[number].Mac);
    }

    [Fact]
    public void An_advertisement_that_nobody_asked_for_adds_nothing()
    {
        _router.Receive("wan", NdFrames.NeighborAdvertisement(Remote, Remote, Mac, 0x20, options: NdFrames.MacOption(2, Mac)));
        _router.Receive("wan", NdFrames.NeighborAdvertisement(Client, Client, Mac, 0x20, options: NdFrames.MacOption(2, Mac)));
        Assert.Equal("wan received 2, wan dropped NeighborDiscoveryNotForUs 1, wan dropped NeighborDiscoverySpoofedSender 1", _router.Moved());
        Assert.Equal(0, _router.Path.Neighbors.Count);
    }

    /// <summary>RFC 6583: a scan of a /64 takes a bounded part of the table, and nothing from who is known.</summary>
    [Fact]
    public void A_scan_leaves_the_known_neighbours_alone()
    {
        _router.Host("lan", Client);
        _router.Host("wan", Remote);
        _router.Path.Neighbors.Learn(_router.Interface("wan"), Address("2001:db8:25:3::1"), Mac, _router.Now, add: true);
        for (int i = 0; i < 3000; i++)
            _router.Receive("wan", Frames.Echo("2001:db8:ffff::1", $"2001:db8:25:1::{i:x}:1", (ushort)i, _router.Interface("wan").Mac));
        Assert.InRange(_router.Path.Neighbors.Count, 3, 8192 / 4 + 3);
        _router.Moved();
        Send();
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1", _router.Moved());
    }

    private void Send()
    {
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 123, _router.Interface("lan").Mac));
        _router.Sent("wan");
    }

    private NeighborState StateOf(string name, string address) => _router.Path.Neighbors.StateOf(_router.Interface(name), Address(address));

    private static IpAddress Address(string address) => IpAddress.From(System.Net.IPAddress.Parse(address));
}
