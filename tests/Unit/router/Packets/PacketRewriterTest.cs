using CsCheck;
using Router.Packets;
using Router.Wire;
using Support;
using TapDev;

namespace Tests.Packets;

/// <summary>A rewritten frame is, byte by byte, the one that a host with the new addresses and ports would have sent.</summary>
public sealed class PacketRewriterTest
{
    private static readonly MacAddress Egress = new(0x02_00_00_00_00_02), Next = new(0x02_00_00_00_00_03);

    private static readonly Network Network = new();

    private static readonly MacAddress Router = Network["lan"].Mac;

    private static readonly Gen<string> Address = Gen.Select(Gen.OneOf(1, 10, 100, 192, 203, 223), Gen.OneOf(0, 255, 168), Gen.OneOf(0, 255, 25), Gen.Int[0, 255],
        (a, b, c, d) => $"{a}.{b}.{c}.{d}");

    private static readonly Gen<(string, string, string, string)> Addresses = Gen.Select(Address, Address, Address, Address);

    private static readonly Gen<(ushort, ushort, ushort, ushort)> AllPorts = Gen.Select(Gen.UShort, Gen.UShort, Gen.UShort, Gen.UShort);

    private delegate byte[] Build(string source, ushort sourcePort, string destination, ushort destinationPort, MacAddress station, int ttl, MacAddress from);

    [Fact]
    public void TCP_is_as_if_built_anew() => Compare((payload, _) => (source, sourcePort, destination, destinationPort, station, ttl, from) =>
        Frames.Raw(Frames.TcpSegment(source, sourcePort, destination, destinationPort, station, Frames.Tcp.Ack, payload, ttl: ttl, from: from)));

    [Fact]
    public void UDP_is_as_if_built_anew() => Compare((payload, _) => (source, sourcePort, destination, destinationPort, station, ttl, from) =>
        Frames.Raw(WithoutZero(Frames.UdpDatagram(source, sourcePort, destination, destinationPort, station, payload, ttl, from))));

    [Fact]
    public void UDP_without_a_checksum_stays_without() => Compare((payload, _) => (source, sourcePort, destination, destinationPort, station, ttl, from) =>
    {
        byte[] frame = Frames.Raw(Frames.UdpDatagram(source, sourcePort, destination, destinationPort, station, payload, ttl, from));
        frame[VirtioHeader.Size + 40] = frame[VirtioHeader.Size + 41] = 0;
        return frame;
    });

    [Fact]
    public void IP_options_stay_where_they_are() => Compare((payload, words) => (source, sourcePort, destination, destinationPort, station, ttl, from) =>
        Frames.Raw(Frames.WithOptions(Frames.TcpSegment(source, sourcePort, destination, destinationPort, station, Frames.Tcp.Ack, payload, ttl: ttl, from: from),
            [.. Enumerable.Repeat((byte)1, 4 * words)])));

    [Fact]
    public void A_seed_is_as_if_made_anew_for_TCP() => Compare((payload, _) => (source, sourcePort, destination, destinationPort, station, ttl, from) =>
        WithHeaderLength(Frames.WithoutChecksum(Frames.TcpSegment(source, sourcePort, destination, destinationPort, station, Frames.Tcp.Ack, payload, ttl: ttl, from: from)), 54));

    [Fact]
    public void A_seed_is_as_if_made_anew_for_UDP() => Compare((payload, _) => (source, sourcePort, destination, destinationPort, station, ttl, from) =>
        WithHeaderLength(Frames.WithoutChecksum(Frames.UdpDatagram(source, sourcePort, destination, destinationPort, station, payload, ttl, from)), 42));

    [Fact]
    public void An_echo_request_has_its_identifier_changed() => Gen.Select(Addresses, AllPorts, Gen.Byte.Array[0, 65]).Sample((addresses, ports, payload) =>
    {
        (string source, string destination, string newSource, string newDestination) = addresses;
        byte[] before = Frames.Raw(Frames.Echo(source, destination, ports.Item1, Router, payload: payload, ttl: 9));
        byte[] after = Frames.Raw(Frames.Echo(newSource, newDestination, ports.Item2, Next, payload: payload, ttl: 8, from: Egress));
        Assert.Equal(after, Rewrite(before, newSource, ports.Item2, newDestination, 0));
    });

    [Fact]
    public void An_echo_reply_has_its_identifier_changed() => Gen.Select(Addresses, AllPorts, Gen.Byte.Array[0, 65]).Sample((addresses, ports, payload) =>
    {
        (string source, string destination, string newSource, string newDestination) = addresses;
        byte[] before = Frames.Raw(Frames.Echo(source, destination, ports.Item1, Router, isReply: true, payload, ttl: 9));
        byte[] after = Frames.Raw(Frames.Echo(newSource, newDestination, ports.Item2, Next, isReply: true, payload, ttl: 8, from: Egress));
        Assert.Equal(after, Rewrite(before, newSource, 0, newDestination, ports.Item2));
    });

    /// <summary>RFC 768: a computed zero is sent as all ones. Every port is tried, so the one that sums up to zero is among them.</summary>
    [Fact]
    public void A_UDP_checksum_that_comes_out_as_zero_is_all_ones()
    {
        byte[] before = Frames.Raw(Frames.UdpDatagram("192.168.25.10", 1, "203.0.113.25", 53, Router));
        int zeros = 0, ones = 0;
        for (int port = 1; port <= ushort.MaxValue; port++)
        {
            byte[] after = Rewrite([.. before], "203.0.113.2", (ushort)port, "203.0.113.25", 53);
            (byte, byte) sum = (after[VirtioHeader.Size + 40], after[VirtioHeader.Size + 41]);
            zeros += sum == (0, 0) ? 1 : 0;
            ones += sum == (0xFF, 0xFF) ? 1 : 0;
        }

        Assert.Equal((0, 1), (zeros, ones));
    }

    private static void Compare(Func<byte[], int, Build> kind) =>
        Gen.Select(Addresses, AllPorts, Gen.Byte.Array[0, 65], Gen.Int[2, 255], Gen.Int[1, 10]).Sample((addresses, ports, payload, ttl, words) =>
        {
            (string source, string destination, string newSource, string newDestination) = addresses;
            Build build = kind(payload, words);
            byte[] before = build(source, ports.Item1, destination, ports.Item2, Router, ttl, Frames.Host);
            byte[] after = build(newSource, ports.Item3, newDestination, ports.Item4, Next, ttl - 1, Egress);
            Assert.Equal(after, Rewrite(before, newSource, ports.Item3, newDestination, ports.Item4));
        }, iter: 2000);

    private static byte[] Rewrite(byte[] frame, string source, ushort sourcePort, string destination, ushort destinationPort)
    {
        var packet = new Packet(Network["lan"], frame, frame: null);
        Verdict verdict = PacketParser.Parse(ref packet);
        Assert.False(verdict.IsFinal, $"{verdict}");
        packet.RealSource = Network.Address(source);
        packet.RealDestination = Network.Address(destination);
        (packet.RealSourcePort, packet.RealDestinationPort) = (sourcePort, destinationPort);
        PacketRewriter.Rewrite(ref packet, Egress, Next);
        return frame;
    }

    private static byte[] WithHeaderLength(byte[] frame, byte length)
    {
        frame[2] = length;
        return frame;
    }

    private static byte[] WithoutZero(byte[] ethernetFrame)
    {
        if ((ethernetFrame[40], ethernetFrame[41]) == (0, 0))
            ethernetFrame[40] = ethernetFrame[41] = 0xFF;
        return ethernetFrame;
    }
}
