using System.Net;
using CsCheck;
using Router.Wire;
using Support;

namespace Tests.Wire;

public sealed class NdMessageTest
{
    private const string Host = "fe80::a", Router = "fe80::1", Target = "2001:db8:25:1::1";

    private static readonly MacAddress HostMac = new(0x02_00_00_00_00_0A);

    /// <summary>The checks of RFC 4861 sections 6.1.1, 6.1.2, 7.1.1 and 7.1.2, one by one.</summary>
    public static TheoryData<string, byte[]> Invalid => new()
    {
        { "hop limit 254", NdFrames.Frame(Host, NdFrames.AllRouters, [133, 0, 0, 0, 0, 0, 0, 0], HostMac, hopLimit: 254) },
        { "code 1", NdFrames.Frame(Host, NdFrames.AllRouters, [133, 1, 0, 0, 0, 0, 0, 0], HostMac) },
        { "RS of 7 bytes", NdFrames.Frame(Host, NdFrames.AllRouters, [133, 0, 0, 0, 0, 0, 0], HostMac) },
        { "RA of 15 bytes", NdFrames.Frame(Router, NdFrames.AllNodes, [134, 0, .. new byte[13]], HostMac) },
        { "NS of 23 bytes", NdFrames.Frame(Host, Target, [135, 0, .. new byte[6], .. NdFrames.Bytes(Target)[..15]], HostMac) },
        { "NA of 23 bytes", NdFrames.Frame(Host, Target, [136, 0, .. new byte[6], .. NdFrames.Bytes(Target)[..15]], HostMac) },
        { "an option of length zero", NdFrames.RouterSolicitation(Host, HostMac, [1, 0, 2, 0, 0, 0, 0, 10]) },
        { "an option that goes on behind the end", NdFrames.RouterSolicitation(Host, HostMac, [1, 2, 2, 0, 0, 0, 0, 10]) },
        { "half an option", NdFrames.RouterSolicitation(Host, HostMac, [1]) },
        { "RS from nobody, with a link-layer address", NdFrames.RouterSolicitation("::", HostMac, NdFrames.MacOption(1, HostMac)) },
        { "RA from a global address", NdFrames.RouterAdvertisement(Target, HostMac) },
        { "NS for a group", NdFrames.NeighborSolicitation(Host, "ff02::1", HostMac) },
        { "NS for nobody", NdFrames.NeighborSolicitation(Host, "::", HostMac) },
        { "NS for an IPv4 address in IPv6's clothes", NdFrames.NeighborSolicitation(Host, "::ffff:192.168.25.1", HostMac) },
        { "NS from nobody to a unicast address", NdFrames.NeighborSolicitation("::", Target, HostMac, to: Target) },
        { "NS from nobody, with a link-layer address", NdFrames.NeighborSolicitation("::", Target, HostMac, options: NdFrames.MacOption(1, HostMac)) },
        { "NS with a link-layer address of 14 bytes", NdFrames.NeighborSolicitation(Host, Target, HostMac, options: [1, 2, .. new byte[14]]) },
        { "NS with a group's link-layer address", NdFrames.NeighborSolicitation(Host, Target, HostMac, options: NdFrames.MacOption(1, MacAddress.Broadcast)) },
        { "NA for a group", NdFrames.NeighborAdvertisement(Host, "ff02::1", HostMac) },
        { "solicited NA to all nodes", NdFrames.NeighborAdvertisement(Host, Target, HostMac, flags: 0x60) },
        { "no Neighbor Discovery", NdFrames.Frame(Host, NdFrames.AllRouters, [128, 0, .. new byte[22]], HostMac) },
        { "redirect", NdFrames.Frame(Router, Host, [137, 0, .. new byte[38]], HostMac) },
        { "nothing", [.. NdFrames.RouterSolicitation(Host, HostMac)[..54]] },
    };

    [Theory]
    [MemberData(nameof(Invalid), DisableDiscoveryEnumeration = true)]
    public void What_fails_a_check_is_no_message(string what, byte[] frame)
    {
        Assert.NotEmpty(what);
        Assert.False(TryParse(frame, out _));
    }

    [Fact]
    public void A_bit_of_damage_is_no_message()
    {
        byte[] frame = NdFrames.RouterSolicitation(Host, HostMac, NdFrames.MacOption(1, HostMac));
        Assert.True(TryParse(frame, out _));
        Gen.Int[54 * 8, frame.Length * 8 - 1].Sample(bit =>
        {
            byte[] damaged = [.. frame];
            damaged[bit / 8] ^= (byte)(1 << bit % 8);
            return !TryParse(damaged, out _);
        });
    }

    [Fact]
    public void A_solicitation_says_who_asks_and_for_whom()
    {
        Assert.True(TryParse(NdFrames.NeighborSolicitation(Host, Target, HostMac, options: [[14, 1, 1, 2, 3, 4, 5, 6], NdFrames.MacOption(1, HostMac)]), out NdMessage message));
        Assert.Equal((NdMessage.NeighborSolicitation, Address(Target)), (message.Type, message.Target));
        Assert.True(message.TryReadMac(out MacAddress mac));
        Assert.Equal(HostMac, mac);
    }

    [Fact]
    public void An_advertisement_says_where_its_target_is()
    {
        Assert.True(TryParse(NdFrames.NeighborAdvertisement(Host, Target, HostMac, 0xE0, Host, NdFrames.MacOption(1, default), NdFrames.MacOption(2, HostMac)), out NdMessage message));
        Assert.Equal(NeighborFlags.Router | NeighborFlags.Solicited | NeighborFlags.Override, message.NeighborFlags);
        Assert.True(message.TryReadMac(out MacAddress mac));
        Assert.Equal(HostMac, mac);
        Assert.True(TryParse(NdFrames.NeighborAdvertisement(Host, Target, HostMac), out message));
        Assert.False(message.TryReadMac(out _));
    }

    [Fact]
    public void A_router_advertisement_says_what_hosts_learn()
    {
        byte[] frame = NdFrames.RouterAdvertisement(Router, HostMac, 63, 0xC0, 9000,
            NdFrames.MtuOption(1400), NdFrames.PrefixOption("2001:db8:25:1::", 64, 0x80, 7200, 3600), NdFrames.PrefixOption("2001:db8::", 129), [5, 2, .. new byte[14]], [3, 1, .. new byte[6]]);
        Assert.True(TryParse(frame, out NdMessage message));
        Assert.Equal((63, RouterFlags.ManagedConfiguration | RouterFlags.OtherConfiguration, 9000, 0u, 0u),
            (message.CurrentHopLimit, message.RouterFlags, message.RouterLifetime, message.ReachableTime, message.RetransTimer));
        var seen = new List<object>();
        foreach (NdOption option in message.Options)
        {
            if (option is { Type: NdOption.Mtu } && option.TryReadMtu(out uint mtu))
                seen.Add(mtu);
            if (option is { Type: NdOption.PrefixInformation } && option.TryReadPrefix(out NdPrefix prefix))
                seen.Add(prefix);
        }

        Assert.Equal([1400u, new NdPrefix(new IpPrefix(Address("2001:db8:25:1::"), 64), NdPrefixFlags.OnLink, 7200, 3600)], seen);
    }

    [Fact]
    public void What_is_written_is_what_hosts_would_write()
    {
        var bytes = new byte[400];
        var writer = new NdWriter(bytes);
        writer.NeighborSolicitation(Address(Target));
        writer.LinkLayerAddress(NdOption.SourceLinkLayerAddress, HostMac);
        Assert.Equal(Message(NdFrames.NeighborSolicitation(Host, Target, HostMac, options: NdFrames.MacOption(1, HostMac))), Finish(writer, bytes, Host, NdFrames.SolicitedNode(Target)));

        writer.NeighborAdvertisement(NeighborFlags.Router | NeighborFlags.Solicited, Address(Target));
        writer.LinkLayerAddress(NdOption.TargetLinkLayerAddress, HostMac);
        Assert.Equal(Message(NdFrames.NeighborAdvertisement(Target, Target, HostMac, 0xC0, Host, NdFrames.MacOption(2, HostMac))), Finish(writer, bytes, Target, Host));

        writer.RouterAdvertisement(64, RouterFlags.OtherConfiguration, 1800);
        writer.Prefix(new NdPrefix(new IpPrefix(Address("2001:db8:25:1::"), 64), NdPrefixFlags.OnLink | NdPrefixFlags.Autonomous, NdPrefix.Infinity, 600));
        writer.Mtu(1500);
        writer.RecursiveDnsServers(1800, [Address("2001:db8:25:2::53"), Address("2001:db8:25:2::54")]);
        writer.DnsSearchList(1800, [.. DomainName.Encode("seikyou.example"), .. DomainName.Encode("a.b")]);
        byte[] expected = Message(NdFrames.RouterAdvertisement(Router, HostMac, 64, 0x40, 1800,
            NdFrames.PrefixOption("2001:db8:25:1::", 64, 0xC0, uint.MaxValue, 600), NdFrames.MtuOption(1500),
            [25, 5, 0, 0, 0, 0, 7, 8, .. NdFrames.Bytes("2001:db8:25:2::53"), .. NdFrames.Bytes("2001:db8:25:2::54")],
            [31, 4, 0, 0, 0, 0, 7, 8, 7, .. "seikyou"u8, 7, .. "example"u8, 0, 1, .. "a"u8, 1, .. "b"u8, 0, 0, 0]));
        Assert.Equal(expected, Finish(writer, bytes, Router, NdFrames.AllNodes));
    }

    [Fact]
    public void What_is_written_is_what_is_read() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.UInt, Gen.Byte).Where(values => !new IpAddress(values.Item1, values.Item2).IsIpv6Multicast && values.Item1 != 0 && values.Item3 != 0).Sample((high, low, mac, flags) =>
        {
            var bytes = new byte[64];
            var writer = new NdWriter(bytes);
            var (target, station, kept) = (new IpAddress(high, low), new MacAddress(mac), (NeighborFlags)(flags & 0xA0));
            writer.NeighborAdvertisement(kept, target);
            writer.LinkLayerAddress(NdOption.TargetLinkLayerAddress, station);
            writer.Finish(target, IpAddress.AllNodes);
            return NdMessage.TryParse(bytes.AsSpan(0, writer.Length), target, IpAddress.AllNodes, 255, out NdMessage message)
                && message.Target == target && message.NeighborFlags == kept && message.TryReadMac(out MacAddress read) && read == station;
        });

    /// <summary>Any bytes behind a good header, with a checksum that is right: nothing that is read throws.</summary>
    [Fact]
    public void Any_bytes_parse_or_do_not() =>
        Gen.Select(Gen.Int[133, 136], Gen.Byte.Array[0, 60], Gen.Frequency((3, Gen.OneOf<byte>(0, 1, 2, 4)), (1, Gen.Byte))).Sample((type, rest, length) =>
        {
            if (rest.Length > 24)
                rest[23] = length;
            byte[] frame = NdFrames.Frame(Host, NdFrames.AllNodes, [(byte)type, 0, 0, 0, .. rest], HostMac);
            if (TryParse(frame, out NdMessage message))
                FuzzTargets.ReadAll(message);
        });

    [Theory]
    [InlineData("2001:db8::1:2:3:4", "ff02::1:ff03:4")]
    [InlineData("fe80::12ff:fe34:5678", "ff02::1:ff34:5678")]
    public void An_address_has_its_solicited_node_group(string address, string group) =>
        Assert.Equal((Address(group), true, false), (Address(address).SolicitedNode, Address(group).IsSolicitedNode, Address(address).IsSolicitedNode));

    [Fact]
    public void A_station_has_its_link_local_address() =>
        Assert.Equal(("fe80::5eff:fe10:1", true, "33:33:ff:10:00:01"),
            (new MacAddress(0x02_00_5E_10_00_01).LinkLocal.ToString(), Address("febf::1").IsLinkLocal, MacAddress.OfGroup(Address("ff02::1:ff10:1")).ToString()));

    private static bool TryParse(byte[] frame, out NdMessage message) => NdMessage.TryParse(frame.AsSpan(54), IpAddress.ReadIpv6(frame.AsSpan(22)), IpAddress.ReadIpv6(frame.AsSpan(38)), frame[21], out message);

    private static byte[] Message(byte[] frame) => frame[54..];

    private static byte[] Finish(NdWriter writer, byte[] bytes, string source, string destination)
    {
        writer.Finish(Address(source), Address(destination));
        return bytes[..writer.Length];
    }

    private static IpAddress Address(string address) => IpAddress.From(IPAddress.Parse(address));
}
