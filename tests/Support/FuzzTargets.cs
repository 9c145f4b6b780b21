using Router.Packets;
using Router.Wire;
using TapDev;

namespace Support;

/// <summary>What a fuzzer feeds: each target takes any bytes, and must come to an end without an exception.</summary>
internal static class FuzzTargets
{
    /// <summary>In a corpus file this station stands for the router, whose own address differs from machine to machine.</summary>
    public static readonly MacAddress Router = new(0x02_00_00_00_00_25);

    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Outside = "203.0.113.2";

    private static readonly string[] Interfaces = ["lan", "servers", "wan"];

    public static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new Dictionary<string, Action<byte[]>>(StringComparer.Ordinal)
    {
        ["parse"] = Parse,
        ["forward"] = Forward,
        ["quote"] = Quote,
    };

    /// <summary>The small hand-made inputs that a fuzzer begins with.</summary>
    public static IEnumerable<(string Target, string Name, byte[] Bytes)> Seeds()
    {
        foreach ((int index, byte[] frame) in HostileFrames.Seeds(Router).Index())
        {
            yield return ("parse", $"{index:00}", frame);
            for (byte ingress = 0; ingress < Interfaces.Length; ingress += 2)
                yield return ("forward", $"{Interfaces[ingress]}-{index:00}", [ingress, .. frame]);
            yield return ("forward", $"refused-{index:00}", [0x80, .. frame]);
        }

        byte[] udp = Frames.Network(Frames.UdpDatagram(Outside, 40000, Remote, 53, Router));
        yield return ("quote", "udp", udp);
        yield return ("quote", "udp-eight-bytes", udp[..28]);
        yield return ("quote", "tcp", Frames.Network(Frames.TcpSegment(Outside, 40000, Remote, 443, Router)));
        yield return ("quote", "tcp-options", Frames.Network(Frames.WithOptions(Frames.TcpSegment(Outside, 40000, Remote, 443, Router), [1, 1, 1, 0])));
        yield return ("quote", "echo", Frames.Network(Frames.Echo(Outside, Remote, 7, Router)));
    }

    /// <summary>A frame, virtio header first, through the parser alone.</summary>
    private static void Parse(byte[] bytes)
    {
        if (bytes.Length < VirtioHeader.Size)
            return;
        using var device = new MemoryDevice("lan", new MemoryDeviceOptions { Buffers = 1, OwnPoolBuffers = 1, KeepSent = false });
        var lan = new Interface(0, "lan", Role.Lan, Router, 1500, [(IpAddress.FromIpv4(0xC0A81901), 24)], device);
        var packet = new Packet(lan, bytes, frame: null);
        if (PacketParser.Parse(ref packet).IsFinal || PacketParser.IsArp(packet))
            return;
        _ = (packet.Network.Length, packet.Transport.Length, packet.LargestPacket);
        if (packet.IsIcmpError)
            _ = IcmpErrorRewriter.Read(packet, out _);
    }

    /// <summary>An interface's number, then a frame with its virtio header: through the whole router, with sessions open, and with an egress that refuses super-frames.</summary>
    private static void Forward(byte[] bytes)
    {
        if (bytes.Length < 1 + VirtioHeader.Size || bytes.Length > 65_000)
            return;
        using TestRouter router = Open();
        router.Device("wan").RefuseSuperFrames = router.Device("lan").RefuseSuperFrames = (bytes[0] & 0x80) != 0;
        string ingress = Interfaces[(bytes[0] & 0x7F) % Interfaces.Length];
        byte[] frame = bytes[1..];
        if (frame.Length >= VirtioHeader.Size + MacAddress.Size && new EthernetHeader(frame.AsSpan(VirtioHeader.Size)).Destination == Router)
            router.Interface(ingress).Mac.Write(frame.AsSpan(VirtioHeader.Size));
        router.ReceiveRaw(ingress, frame);
        router.Wait(TimeSpan.FromSeconds(4));
    }

    /// <summary>What an ICMP error from outside quotes; the checksums around it are right.</summary>
    private static void Quote(byte[] bytes)
    {
        if (bytes.Length > 1400)
            return;
        using TestRouter router = Open();
        router.Receive("wan", Frames.IcmpError(Remote, Outside, 3, 3, [.. new byte[EthernetHeader.Size], .. bytes], router.Interface("wan").Mac));
    }

    private static TestRouter Open()
    {
        var router = new TestRouter(devices: new MemoryDeviceOptions { Buffers = 4, OwnPoolBuffers = 8 });
        router.Host("lan", Client);
        router.Host("wan", Remote);
        MacAddress lan = router.Interface("lan").Mac;
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 53, lan));
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, lan));
        router.Receive("lan", Frames.Echo(Client, Remote, 7, lan));
        return router;
    }
}
