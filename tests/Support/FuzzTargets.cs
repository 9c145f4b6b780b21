using Router.Configuration;
using Router.Packets;
using Router.Telemetry;
using Router.Wire;
using TapDev;

namespace Support;

/// <summary>What a fuzzer feeds: each target takes any bytes, and must come to an end without an exception.</summary>
internal static class FuzzTargets
{
    /// <summary>In a corpus file this station stands for the router, whose own address differs from machine to machine.</summary>
    public static readonly MacAddress Router = new(0x02_00_00_00_00_25);

    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Outside = "203.0.113.2", Client6 = "2001:db8:25:1::10", Remote6 = "2001:db8:25:3::25";

    private static readonly string[] Interfaces = ["lan", "servers", "wan"];

    public static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new Dictionary<string, Action<byte[]>>(StringComparer.Ordinal)
    {
        ["parse"] = Parse,
        ["forward"] = Forward,
        ["quote"] = Quote,
        ["fragments"] = Fragments,
        ["options"] = Options,
        ["chain"] = Chain,
        ["quote6"] = QuoteIpv6,
        ["fragments6"] = FragmentsOfIpv6,
        ["discovery"] = Discovery,
        ["smtp"] = Smtp,
        ["dns"] = Dns,
        ["capture"] = CaptureFile,
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

        yield return ("capture", "pcap", [2, .. HandMadeCaptures.Pcap(new byte[60], new byte[42])]);
        yield return ("capture", "pcapng", [1, .. HandMadeCaptures.Pcapng(isBigEndian: true, ["lan"], (0, new byte[60]))]);
        yield return ("fragments", "in-order", [8, 0, 40, 0, 8, 5, 40, 0, 0, 10, 30, 0]);
        yield return ("fragments", "backwards", [0, 10, 30, 0, 8, 5, 40, 0, 8, 0, 40, 0]);
        yield return ("fragments", "overlap", [8, 5, 40, 0, 8, 0, 48, 0, 0, 10, 30, 0xFF, 8, 0, 40, 0xFF]);
        yield return ("fragments", "tiny", [8, 0, 16, 0, 8, 1, 16, 0, 0, 3, 30, 0]);
        yield return ("fragments", "at-the-end", [0x38, 0xFF, 8, 0, 0x30, 0xFF, 9, 0, 8, 0, 40, 0, 0, 5, 0, 0]);
        byte[] udp6 = Frames.UdpDatagram(Client6, 40000, Remote6, 53, Router), tcp6 = Frames.TcpSegment(Client6, 40000, Remote6, 25, Router);
        yield return ("chain", "none", [6, .. tcp6[54..]]);
        yield return ("chain", "options", [0, .. Ipv6.WithExtensions(tcp6, Ipv6.Options(0), Ipv6.Options(60, 16))[54..]]);
        yield return ("chain", "routing-0", [43, .. Ipv6.WithExtensions(tcp6, Ipv6.Routing(0, 1))[54..]]);
        yield return ("chain", "authentication", [51, .. Ipv6.WithExtensions(tcp6, Ipv6.Authentication())[54..]]);
        yield return ("chain", "atomic", [44, .. Ipv6.WithExtensions(tcp6, Ipv6.FragmentHeader(1, 0, more: false))[54..]]);
        yield return ("chain", "nine", [60, .. Ipv6.WithExtensions(tcp6, [.. Enumerable.Repeat(Ipv6.Options(), 9)])[54..]]);
        yield return ("quote6", "udp", Frames.Network(udp6));
        yield return ("quote6", "tcp-behind-options", Frames.Network(Ipv6.WithExtensions(Frames.TcpSegment(Client6, 40000, Remote6, 443, Router), Ipv6.Options())));
        yield return ("quote6", "cut", Frames.Network(udp6)[..47]);
        yield return ("fragments6", "in-order", [8, 0, 40, 0, 8, 5, 40, 0, 0, 10, 30, 0]);
        yield return ("fragments6", "backwards", [0, 10, 30, 0, 8, 5, 40, 0, 8, 0, 40, 0]);
        yield return ("fragments6", "overlap", [8, 5, 40, 0, 8, 0, 48, 0, 0, 10, 30, 0xFF, 8, 0, 40, 0xFF]);
        yield return ("fragments6", "chain-is-cut", [0x88, 0, 8, 0, 0x88, 1, 24, 0, 0x80, 4, 30, 0]);
        yield return ("options", "linux", [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7]);
        yield return ("options", "odd", [1, 2, 4, 255, 255, 0]);
        yield return ("options", "cut", [1, 1, 2, 4, 5]);
        byte[] mac = NdFrames.MacOption(1, Frames.Host);
        yield return ("discovery", "rs", NdFrames.RouterSolicitation("fe80::a", Frames.Host, mac)[54..]);
        yield return ("discovery", "ra", NdFrames.RouterAdvertisement("fe80::a", Frames.Host, options: [mac, NdFrames.MtuOption(1500), NdFrames.PrefixOption("2001:db8:25:1::", 64)])[54..]);
        yield return ("discovery", "ns", NdFrames.NeighborSolicitation("fe80::a", "2001:db8:25:1::1", Frames.Host, options: mac)[54..]);
        yield return ("discovery", "na", NdFrames.NeighborAdvertisement("fe80::a", "fe80::a", Frames.Host, options: NdFrames.MacOption(2, Frames.Host))[54..]);
        yield return ("discovery", "length-zero", [133, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1]);
        yield return ("smtp", "dialogue", [2, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0, 24, 0, 0, 6, (byte)'E', (byte)'H', (byte)'L', (byte)'O', 13, 10, 16, 0, 0, 0, 24, 0, 0, 6, (byte)'Q', (byte)'U', (byte)'I', (byte)'T', 13, 10, 17, 0, 0, 0]);
        yield return ("smtp", "early-and-late", [2, 0, 0, 0, 24, 0, 0, 2, 13, 10, 16, 0xFF, 0, 0, 17, 1, 0, 0, 24, 0xFE, 2, 3, 1, 10, 10, 18, 0, 0, 0, 4, 1, 0, 0, 4, 0, 0, 0]);
        yield return ("smtp", "silence", [2, 0, 0, 0, 16, 0, 0x80, 0, 16, 0, 0x80, 0, 16, 0, 0xFF, 0, 17, 0, 0, 0]);
        foreach ((string name, byte[] message) in DnsSeeds())
            yield return ("dns", name, message);
        byte[] udp = Frames.Network(Frames.UdpDatagram(Outside, 40000, Remote, 53, Router));
        yield return ("quote", "udp", udp);
        yield return ("quote", "udp-eight-bytes", udp[..28]);
        yield return ("quote", "tcp", Frames.Network(Frames.TcpSegment(Outside, 40000, Remote, 443, Router)));
        yield return ("quote", "tcp-options", Frames.Network(Frames.WithOptions(Frames.TcpSegment(Outside, 40000, Remote, 443, Router), [1, 1, 1, 0])));
        yield return ("quote", "echo", Frames.Network(Frames.Echo(Outside, Remote, 7, Router)));
    }

    /// <summary>A file of captured frames: the first byte says which of them is asked for.</summary>
    private static void CaptureFile(byte[] input)
    {
        if (input.Length == 0)
            return;
        try
        {
            CaptureFileReader.Read(new MemoryStream(input, 1, input.Length - 1), 1 + input[0] % 8);
        }
        catch (CaptureFileException)
        {
            // It says why.
        }
    }

    /// <summary>A frame, virtio header first, through the parser alone.</summary>
    private static void Parse(byte[] bytes)
    {
        if (bytes.Length < VirtioHeader.Size)
            return;
        using var device = new MemoryDevice("lan", new MemoryDeviceOptions { Buffers = 1, OwnPoolBuffers = 1, KeepSent = false });
        var lan = new Interface(0, "lan", Role.Lan, Router, 1500, [(IpAddress.FromIpv4(0xC0A81901), 24)], device);
        var packet = new Packet(lan, bytes, frame: null);
        if (PacketParser.Parse(ref packet).IsFinal || packet.IsNeighborMessage)
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

    /// <summary>Fragments of the client's TCP to port 443, four bytes each: identification and kind, offset in units, length, and whether time passes.</summary>
    private static void Fragments(byte[] bytes)
    {
        using TestRouter router = Open();
        byte[] segment = Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac, payload: new byte[2048]);
        foreach (byte[] piece in bytes.Take(4 * 200).Chunk(4).Where(piece => piece.Length == 4))
        {
            int from = Math.Min(piece[1] * 8, segment.Length - 34), length = Math.Min(piece[2], segment.Length - 34 - from);
            byte[] fragment = Frames.Piece(segment, (ushort)(piece[0] & 7), piece[1] | (piece[0] & 0x30) << 7, segment[(34 + from)..(34 + from + length)], (piece[0] & 8) != 0);
            router.Receive("lan", (piece[0] & 0x80) == 0 ? fragment : Frames.WithHeader(fragment, header => header[9] = 17));
            if (piece[3] == 0xFF)
                router.Wait(TimeSpan.FromSeconds(16));
        }
    }

    /// <summary>A next-header number and what follows an IPv6 header: through the walk, and through the router.</summary>
    private static void Chain(byte[] bytes)
    {
        if (bytes.Length is 0 or > 60_000)
            return;
        using TestRouter router = Open();
        router.Receive("lan", Ipv6.Packet(Client6, Remote6, bytes[0], bytes[1..], router.Interface("lan").Mac));
    }

    /// <summary>What an ICMPv6 error from outside quotes; the checksum around it is right.</summary>
    private static void QuoteIpv6(byte[] bytes)
    {
        if (bytes.Length > 1200)
            return;
        using TestRouter router = Open();
        router.Receive("wan", Frames.IcmpError(Remote6, Client6, 1, 4, [.. new byte[EthernetHeader.Size], .. bytes], router.Interface("wan").Mac));
    }

    /// <summary>The same as <see cref="Fragments"/> over IPv6; +128: the segment is behind destination options.</summary>
    private static void FragmentsOfIpv6(byte[] bytes)
    {
        using TestRouter router = Open();
        byte[] plain = Frames.TcpSegment(Client6, 40000, Remote6, 443, router.Interface("lan").Mac, payload: new byte[2048]), behind = Ipv6.WithExtensions(plain, Ipv6.Options(60, 16));
        foreach (byte[] piece in bytes.Take(4 * 200).Chunk(4).Where(piece => piece.Length == 4))
        {
            byte[] segment = (piece[0] & 0x80) == 0 ? plain : behind;
            int from = Math.Min(piece[1] * 8, segment.Length - 54), length = Math.Min(piece[2], segment.Length - 54 - from);
            router.Receive("lan", Ipv6.Piece(segment, (uint)(piece[0] & 7), piece[1] | (piece[0] & 0x30) << 7, segment[(54 + from)..(54 + from + length)], (piece[0] & 8) != 0));
            if (piece[3] == 0xFF)
                router.Wait(TimeSpan.FromSeconds(16));
        }
    }

    /// <summary>
    /// A blocked client's segments, four bytes and their text each: flags, an offset of the sequence number, an offset of the acknowledgment or the time that passes,
    /// and the text's length. Over IPv4, then over IPv6.
    /// </summary>
    private static void Smtp(byte[] bytes)
    {
        Smtp(bytes, Client, Remote);
        Smtp(bytes, Client6, Remote6);
    }

    private static void Smtp(byte[] bytes, string source, string destination)
    {
        RouterConfiguration configuration = TestConfiguration.With(PhaseMode.Block, PhaseAction.SmtpReply);
        using var router = new TestRouter(configuration, new MemoryDeviceOptions { Buffers = 4, OwnPoolBuffers = 8 });
        router.Host("lan", source);
        var client = new SmtpClient(router, source: source, destination: destination);
        for (int at = 0, segments = 0; at + 4 <= bytes.Length && segments < 200; segments++)
        {
            byte[] text = bytes[(at + 4)..Math.Min(bytes.Length, at + 4 + bytes[at + 3])];
            uint wrong = (bytes[at + 2] & 0x80) == 0 ? (uint)(sbyte)(bytes[at + 2] << 1) : 0;
            client.Send((Frames.Tcp)(bytes[at] & 31), System.Text.Encoding.Latin1.GetString(text), client.Next + (uint)(sbyte)bytes[at + 1], client.Expected + wrong);
            if ((bytes[at + 2] & 0x80) != 0)
                router.Wait(TimeSpan.FromSeconds(bytes[at + 2] & 0x7F));
            client.Hear();
            client.Next += (uint)text.Length + ((bytes[at] & 3) != 0 ? 1u : 0);
            at += 4 + text.Length;
        }

        if (router.Sent("wan").Count != 0 || router.Path.Sessions.Count != 0)
            throw new InvalidOperationException("A blocked client reached the outside.");
    }

    /// <summary>The options of a SYN, up to 40 bytes, whose segment size is lowered.</summary>
    private static void Options(byte[] bytes)
    {
        byte[] header = [.. new byte[20], .. bytes.Take(40)];
        SegmentSize.Clamp(header, 536, needsChecksum: false);
    }

    /// <summary>A Neighbor Discovery message to all nodes; its checksum is made right.</summary>
    private static void Discovery(byte[] bytes)
    {
        if (bytes.Length is < 4 or > 65_000)
            return;
        byte[] frame = NdFrames.Frame("fe80::a", NdFrames.AllNodes, bytes, Frames.Host);
        if (NdMessage.TryParse(frame.AsSpan(54), IpAddress.ReadIpv6(frame.AsSpan(22)), IpAddress.AllNodes, NdMessage.HopLimit, out NdMessage message))
            ReadAll(message);
    }

    /// <summary>Everything that can be read from a message that parsed.</summary>
    public static void ReadAll(in NdMessage message)
    {
        if (message.Type is NdMessage.NeighborSolicitation or NdMessage.NeighborAdvertisement)
            _ = (message.Target, message.NeighborFlags);
        if (message.Type == NdMessage.RouterAdvertisement)
            _ = (message.CurrentHopLimit, message.RouterFlags, message.RouterLifetime, message.ReachableTime, message.RetransTimer);
        _ = message.TryReadMac(out _);
        foreach (NdOption option in message.Options)
            _ = (option.TryReadMac(out _), option.TryReadMtu(out _), option.TryReadPrefix(out _));
    }

    private static IEnumerable<(string Name, byte[] Message)> DnsSeeds()
    {
        const string Name = "mail.seikyou.example";
        yield return ("answer", DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Remote), DnsMessages.Address("@12", "203.0.113.26")]));
        yield return ("aliases", DnsMessages.Answer(Name, records: [DnsMessages.Alias("@12", "mx.@17"), DnsMessages.Address("mx.seikyou.example", Remote, ttl: 0)]));
        yield return ("circle", DnsMessages.Answer(Name, records: [DnsMessages.Alias("@12", "@12"), DnsMessages.Alias(Name, Name)]));
        yield return ("loop", DnsMessages.Answer(Name, records: [DnsMessages.Address("@38", Remote)]));
        yield return ("ipv6", DnsMessages.Answer(Name, type: DnsMessages.Aaaa, records: [DnsMessages.Address(Name, "2001:db8::1"), DnsMessages.Address(Name, "::ffff:203.0.113.66")]));
        yield return ("query", DnsMessages.Query(Name));
        yield return ("nothing", DnsMessages.Message(0x2525, 0x8183, [], []));
    }

    /// <summary>A trusted resolver's answer to a client's query, whatever is in it: it may teach what it says of the query's name, and nothing else.</summary>
    private static void Dns(byte[] bytes)
    {
        if (bytes.Length > 1400)
            return;
        using var router = new TestRouter(TestConfiguration.WithNames("*.seikyou.example"), new MemoryDeviceOptions { Buffers = 4, OwnPoolBuffers = 8 });
        foreach ((string client, string resolver) in new[] { (Client, "198.51.100.53"), ("2001:db8:25:1::10", "2001:db8:25:2::53") })
        {
            router.Host("lan", client);
            router.Host("servers", resolver);
            foreach (byte[] query in (byte[][])[DnsMessages.Query("mail.seikyou.example"), DnsMessages.Query("mail.seikyou.example", type: DnsMessages.Aaaa), bytes])
                router.Receive("lan", Frames.UdpDatagram(client, 40000, resolver, 53, router.Interface("lan").Mac, query));
            router.Receive("servers", Frames.UdpDatagram(resolver, 53, client, 40000, router.Interface("servers").Mac, bytes));
        }

        foreach (OwnNameAddress entry in router.Snapshot().OwnNames.Addresses)
            if (!entry.Name.EndsWith(".seikyou.example", StringComparison.Ordinal) || entry.SecondsLeft is < 59 or > 86400 || entry.Address.StartsWith("192.168.", StringComparison.Ordinal) || entry.Address.StartsWith("2001:db8:25:1:", StringComparison.Ordinal))
                throw new InvalidOperationException($"{entry} must not be learnt.");
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
        router.Host("lan", Client6);
        router.Host("wan", Remote6);
        router.Receive("lan", Frames.UdpDatagram(Client6, 40000, Remote6, 53, lan));
        router.Receive("lan", Frames.TcpSegment(Client6, 40000, Remote6, 443, lan));
        return router;
    }
}
