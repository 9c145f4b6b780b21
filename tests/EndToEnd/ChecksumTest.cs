using System.Net;
using PacketDotNet;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>What leaves, in IPv4 translated, is computed again by scapy, which shares nothing with the router or with the library that built the packets.</summary>
public sealed class ChecksumTest(Lab lab) : RouterTest(lab)
{
    const string DebianPython = "/usr/bin/python3"; // the one that python3-scapy installs for

    [Theory, MemberData(nameof(Routers.AllFamilies), MemberType = typeof(Routers))]
    public async Task Every_checksum_that_leaves_is_what_scapy_computes(RouterKind kind, Family family)
    {
        Needs.File(DebianPython, "apt-get install python3-scapy");
        Needs.File("/usr/lib/python3/dist-packages/scapy/__init__.py", "apt-get install python3-scapy");
        var router = await RouterAsync(kind);
        var gateway = await Network.RouterMacAsync(router.Network.Client);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);

        for (var length = 0; length < 40; length++)
        {
            var payload = Enumerable.Range(0, length).Select(value => (byte)(251 - value)).ToArray();
            inside.Send(Frames.Udp(inside.OwnMac, gateway, new IPEndPoint(family.Client, 42000 + length), new IPEndPoint(family.External, 4000), payload));
            inside.Send(Frames.Tcp(inside.OwnMac, gateway, new IPEndPoint(family.Client, 43000 + length), new IPEndPoint(family.External, 4000), tcp => { tcp.Synchronize = true; tcp.SequenceNumber = (uint)length * 77_777_777; }));
        }

        await outside.WaitForAsync(_ => Leaving(outside).Length == 80, "40 datagrams and 40 segments");
        var frames = Leaving(outside).Select(frame => Convert.ToHexString(frame.Bytes));
        var oracle = await HostProcess.RunAsync([DebianPython, "-c", Recompute, .. frames], TimeSpan.FromSeconds(30));
        Assert.Equal((0, "80 agree\n"), (oracle.ExitCode, oracle.Output));
    }

    /// <summary>RFC 768: no checksum stays none. In IPv6 there is none without (RFC 8200 section 8.1).</summary>
    [Theory, MemberData(nameof(Routers.All), MemberType = typeof(Routers))]
    public async Task A_datagram_without_a_checksum_stays_without(RouterKind kind)
    {
        var router = await RouterAsync(kind);
        using var inside = Wire.Open(router.Network.Client);
        using var outside = Wire.Open(router.Network.External);
        var bytes = Frames.Udp(inside.OwnMac, await Network.RouterMacAsync(router.Network.Client), new IPEndPoint(Topology.Client, 42100), new IPEndPoint(Topology.External, 4001), "bare"u8.ToArray()).Bytes;
        bytes[40] = bytes[41] = 0;

        inside.Send(bytes);

        var left = await outside.WaitForAsync(frame => frame.Extract<UdpPacket>() is { DestinationPort: 4001 }, "the datagram");
        Assert.Equal(0, left.Extract<UdpPacket>().Checksum);
    }

    static EthernetPacket[] Leaving(Wire outside) =>
        [.. outside.Seen.Where(frame => frame.Extract<UdpPacket>() is { DestinationPort: 4000 } || frame.Extract<TcpPacket>() is { DestinationPort: 4000 })];

    /// <summary>Throws the checksums of each frame (in hexadecimal) away, has them made again, and compares.</summary>
    const string Recompute = """
        import sys
        from scapy.layers.inet import IP, TCP, UDP
        from scapy.layers.inet6 import IPv6
        from scapy.layers.l2 import Ether
        for text in sys.argv[1:]:
            frame = Ether(bytes.fromhex(text))
            again = frame.copy()
            for layer in (IP, TCP, UDP):
                if layer in again:
                    del again[layer].chksum
            again = Ether(bytes(again))
            for layer in (IP, TCP, UDP):
                if layer in frame and frame[layer].chksum != again[layer].chksum:
                    sys.exit(f"{layer.__name__} {frame[layer].chksum:#06x}, should be {again[layer].chksum:#06x}: {text}")
        print(len(sys.argv) - 1, "agree")
        """;
}
