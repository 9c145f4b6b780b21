using Router.Neighbors;
using Router.Wire;
using Support;

namespace Conformance;

/// <summary>RFC 4861 section 7: a router among its neighbours.</summary>
public sealed class Rfc4861Test : Ipv6Scenario
{
    private const string Stranger = "2001:db8:25:1::77";

    private static readonly MacAddress Mac = new(0x02_00_00_00_00_77), OtherMac = new(0x02_00_00_00_00_78);

    [Theory]
    [InlineData("hop limit", 135, "RFC 4861 7.1.1")]
    [InlineData("code", 135, "RFC 4861 7.1.1")]
    [InlineData("checksum", 135, "RFC 4861 7.1.1")]
    [InlineData("short", 135, "RFC 4861 7.1.1")]
    [InlineData("option of no length", 135, "RFC 4861 7.1.1")]
    [InlineData("multicast target", 135, "RFC 4861 7.1.1")]
    [InlineData("hop limit", 136, "RFC 4861 7.1.2")]
    [InlineData("code", 136, "RFC 4861 7.1.2")]
    [InlineData("checksum", 136, "RFC 4861 7.1.2")]
    [InlineData("short", 136, "RFC 4861 7.1.2")]
    [InlineData("option of no length", 136, "RFC 4861 7.1.2")]
    [InlineData("multicast target", 136, "RFC 4861 7.1.2")]
    [InlineData("solicited to a group", 136, "RFC 4861 7.1.2")]
    [Requirement("RFC 4861", "7.1.1", Level.Must)]
    [Requirement("RFC 4861", "7.1.2", Level.Must)]
    public void A_message_that_is_wrong_is_dropped_in_silence(string what, byte type, string section)
    {
        string target = type == 135 ? LanGateway : Client;
        byte[] good = [type, 0, 0, 0, 0, 0, 0, 0, .. NdFrames.Bytes(target), .. NdFrames.MacOption((byte)(type - 134), Mac)];
        byte[] frame = what switch
        {
            "hop limit" => NdFrames.Frame(Stranger, NdFrames.AllNodes, good, Mac, hopLimit: 64),
            "code" => NdFrames.Frame(Stranger, NdFrames.AllNodes, [type, 1, .. good[2..]], Mac),
            "checksum" => [.. NdFrames.Frame(Stranger, NdFrames.AllNodes, good, Mac)[..^1], 0x55],
            "short" => NdFrames.Frame(Stranger, NdFrames.AllNodes, good[..23], Mac),
            "option of no length" => NdFrames.Frame(Stranger, NdFrames.AllNodes, [.. good[..25], 0, .. good[26..]], Mac),
            "multicast target" => NdFrames.Frame(Stranger, NdFrames.AllNodes, [.. good[..8], 0xFF, .. good[9..]], Mac),
            _ => NdFrames.Frame(Stranger, NdFrames.AllNodes, [.. good[..4], 0x40, .. good[5..]], Mac),
        };
        Router.Receive("lan", frame);
        AssertSilence();
        Assert.True("lan received 1, lan dropped InvalidNeighborDiscovery 1" == Router.Moved(), section);
        Assert.Equal(NeighborState.Free, StateOf(Stranger));
    }

    [Fact]
    [Requirement("RFC 4861", "7.2.2 queue", Level.Must)]
    public void Packets_wait_for_the_next_hop()
    {
        Router.AddSilentHost("lan", Stranger);
        Router.Receive("servers", Frames.Echo(Server, Stranger, 9, Servers));
        AssertPacket.That(Router.SentOne("lan")).IsIpv6(hopLimit: 63).FromTo(Server, Stranger).IsEcho(128, 9);
        Assert.Equal("lan received 1, lan delivered 1, lan generated 1, lan sent 2, servers received 1, servers forwarded 1, sessions 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 4861", "7.2.3", Level.Should)]
    [Requirement("RFC 4861", "7.2.4", Level.Must)]
    public void A_solicitation_is_answered_and_shows_where_its_sender_is()
    {
        Router.Receive("lan", NdFrames.NeighborSolicitation(Stranger, LanGateway, Mac, options: NdFrames.MacOption(1, Mac)));
        byte[] answer = Router.SentOne("lan");
        AssertPacket.That(answer).IsTo(Mac).IsIpv6(hopLimit: 255).FromTo(LanGateway, Stranger).IsIcmp(136, 0);
        Assert.Equal([0xE0, 0, 0, 0, .. NdFrames.Bytes(LanGateway), .. NdFrames.MacOption(2, Lan)], answer[58..]);
        Assert.Equal(NeighborState.Stale, StateOf(Stranger));
        Router.Receive("lan", NdFrames.NeighborSolicitation("::", LanGateway, OtherMac));
        AssertPacket.That(Router.SentOne("lan")).IsTo(new MacAddress(0x3333_0000_0001)).FromTo(LanGateway, NdFrames.AllNodes).IsIcmp(136, 0);
        Assert.Equal(NeighborState.Stale, StateOf(Stranger));
    }

    [Theory]
    [InlineData(0x60, true, "Reachable", true)]
    [InlineData(0x40, true, "Stale", false)]
    [InlineData(0x20, true, "Stale", true)]
    [InlineData(0x00, true, "Stale", false)]
    [InlineData(0x00, false, "Reachable", false)]
    [Requirement("RFC 4861", "7.2.5", Level.Must)]
    public void An_advertisement_changes_what_its_flags_allow(byte flags, bool isOther, string state, bool isBelieved)
    {
        MacAddress known = Router.Host("lan", Client);
        Router.Receive("lan", NdFrames.NeighborAdvertisement(Client, Client, OtherMac, flags, LanGateway, NdFrames.MacOption(2, isOther ? OtherMac : known)));
        Assert.Equal(state, StateOf(Client).ToString());
        Router.Receive("servers", Frames.Echo(Server, Client, 9, Servers));
        AssertPacket.That(Router.SentOne("lan")).IsTo(isBelieved ? OtherMac : known);
    }

    [Fact]
    [Requirement("RFC 4861", "7.2.5 nobody asked", Level.Should)]
    public void An_advertisement_that_nobody_asked_for_is_dropped()
    {
        Router.Receive("lan", NdFrames.NeighborAdvertisement(Stranger, Stranger, Mac, 0x20, options: NdFrames.MacOption(2, Mac)));
        Assert.Equal("lan received 1, lan dropped NeighborDiscoveryNotForUs 1", Router.Moved());
        Assert.Equal(NeighborState.Free, StateOf(Stranger));
    }

    [Fact]
    [Requirement("RFC 4861", "7.3.3", Level.Expected)]
    public void A_neighbour_in_use_is_asked_again()
    {
        Router.Wait(TimeSpan.FromSeconds(31));
        Assert.Equal(NeighborState.Stale, StateOf(Client));
        Router.Receive("servers", Frames.Echo(Server, Client, 9, Servers));
        Router.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal(NeighborState.Delay, StateOf(Client));
        Router.Wait(TimeSpan.FromSeconds(5));
        Assert.Equal(NeighborState.Reachable, StateOf(Client));
        Router.Silence("lan", Client);
        Router.Wait(TimeSpan.FromSeconds(31));
        Router.Receive("servers", Frames.Echo(Server, Client, 9, Servers));
        Router.Wait(TimeSpan.FromSeconds(6));
        Assert.Equal(NeighborState.Probe, StateOf(Client));
        Router.Wait(TimeSpan.FromSeconds(3));
        Assert.Equal(NeighborState.Failed, StateOf(Client));
    }

    [Fact]
    [Requirement("RFC 4861", "8.2", Level.MustNot)]
    public void A_redirect_changes_nothing()
    {
        Router.Receive("wan", NdFrames.Frame("fe80::1", WanGateway, [137, 0, 0, 0, 0, 0, 0, 0, .. NdFrames.Bytes("fe80::2"), .. NdFrames.Bytes(Hop)], Mac, to: Wan));
        AssertSilence();
        Router.AddSilentHost("wan", "2001:db8:25:3::1");
        AssertPacket.That(Out(Udp(Client, 40000, Hop, 53))).IsTo(new MacAddress(0x02_00_00_00_00_01));
    }

    [Fact]
    [Requirement("RFC 4861", "RFC 6980", Level.Must)]
    public void A_message_in_a_fragment_is_dropped()
    {
        byte[] message = NdFrames.NeighborSolicitation(Stranger, LanGateway, Mac, options: NdFrames.MacOption(1, Mac));
        Router.Receive("lan", Ipv6.WithExtensions(message, Ipv6.FragmentHeader(1, 0, more: false)));
        Router.Receive("lan", Ipv6.WithExtensions(message, Ipv6.FragmentHeader(2, 0, more: true)));
        AssertSilence();
        Assert.Equal("lan received 2, lan dropped InvalidNeighborDiscovery 2", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 4861", "RFC 6583", Level.Should)]
    public void A_scan_takes_nothing_from_who_is_known()
    {
        long before = Router.Interface("wan").Counters.GeneratedFrames;
        for (int i = 0; i < 3000; i++)
            Router.Receive("servers", Frames.Echo(Server, $"2001:db8:25:3::{i:x}:1", (ushort)i, Servers));

        // No more multicasts than frames may wait.
        Assert.InRange(Router.Interface("wan").Counters.GeneratedFrames - before, 1, 256);
        Assert.InRange(Router.Path.Neighbors.Count, 1, 8192 / 4 + 20);
        AssertPacket.That(Out(Udp(Client, 40000, Remote, 53))).FromTo(Client, Remote);
        Router.AddSilentHost("lan", Stranger);
        // The first one finds no place to wait in, and the sweep asks for its next hop; the second one finds the neighbour.
        Router.Receive("servers", Frames.Echo(Server, Stranger, 9, Servers));
        Router.Wait(TimeSpan.FromSeconds(2));
        Router.Receive("servers", Frames.Echo(Server, Stranger, 9, Servers));
        AssertPacket.That(Router.SentOne("lan")).FromTo(Server, Stranger);
    }

    private NeighborState StateOf(string address) => Router.Path.Neighbors.StateOf(Router.Interface("lan"), IpAddress.From(System.Net.IPAddress.Parse(address)));
}
