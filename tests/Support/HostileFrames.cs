using CsCheck;
using Router.Wire;

namespace Support;

/// <summary>Frames that were good before somebody changed them: a random part of them gets past every check but the last.</summary>
internal static class HostileFrames
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Outside = "203.0.113.2", Client6 = "2001:db8:25:1::10", Remote6 = "2001:db8:25:3::25";

    /// <summary>Good frames of every kind that the router knows, virtio header first.</summary>
    public static IReadOnlyList<byte[]> Seeds(MacAddress router)
    {
        byte[] tcp = Frames.TcpSegment(Client, 40000, Remote, 25, router, Frames.Tcp.Syn, [1, 2, 3]);
        byte[] udp = Frames.UdpDatagram(Client, 40000, Remote, 53, router, [1, 2, 3, 4, 5]);
        byte[] inbound = Frames.TcpSegment(Remote, 25, Outside, 25, router, Frames.Tcp.Syn | Frames.Tcp.Ack);
        byte[] translated = Frames.UdpDatagram(Outside, 40000, Remote, 53, router);
        return
        [
            Frames.Raw(tcp), Frames.Raw(udp), Frames.Raw(inbound), Frames.Raw(Frames.Echo(Client, Remote, 7, router)), Frames.Raw(Frames.Echo(Client, "192.168.25.1", 7, router)),
            Frames.Raw(Frames.IcmpError(Remote, Outside, 3, 3, translated, router)), Frames.Raw(Frames.IcmpError(Remote, Outside, 3, 4, translated, router, quoted: 28)),
            Frames.Raw(Frames.WithOptions(tcp, [1, 1, 1, 0, 0, 0, 0, 0])), Frames.WithoutChecksum(tcp), Frames.WithoutChecksum(udp),
            Frames.SuperFrame(Client, 40000, Remote, 443, router, new byte[5000], 1448), Frames.UdpSuperFrame(Client, 40000, Remote, 443, router, new byte[3000], 1200),
            Frames.Raw(Frames.Fragment(udp, 0, more: true)), Frames.Raw(Frames.Fragment(udp, 20, more: false)),
            Frames.Raw(Frames.Arp(PacketDotNet.ArpOperation.Request, Frames.Host, Client, default, "192.168.25.1")),
            Frames.Raw(Frames.Arp(PacketDotNet.ArpOperation.Response, Frames.Host, Remote, router, Outside, to: router)),
            Frames.Raw(Frames.WithTcpOptions(Frames.TcpSegment(Client, 40000, Remote, 443, router), [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7])),
            Frames.Raw(Frames.Fragmentable(Frames.UdpDatagram(Client, 40000, Remote, 53, router, new byte[3000]), 7)),
            .. Ipv6Seeds(router).Select(Frames.Raw),
            Frames.WithoutChecksum(Frames.TcpSegment(Client6, 40000, Remote6, 443, router)),
            Frames.SuperFrame(Client6, 40000, Remote6, 443, router, new byte[5000], 1428), Frames.UdpSuperFrame(Client6, 40000, Remote6, 443, router, new byte[3000], 1200),
            .. Frames.Fragments(Frames.UdpDatagram(Client, 40000, Remote, 53, router, new byte[100]), 7, 5, 9).Select(Frames.Raw),
            .. Frames.Fragments(Frames.TcpSegment(Client, 40000, Remote, 443, router, Frames.Tcp.Syn, new byte[100]), 7, 5, 9).Select(Frames.Raw),
        ];
    }

    private static IEnumerable<byte[]> Ipv6Seeds(MacAddress router)
    {
        byte[] tcp = Frames.TcpSegment(Client6, 40000, Remote6, 25, router, Frames.Tcp.Syn, [1, 2, 3]), udp = Frames.UdpDatagram(Client6, 40000, Remote6, 53, router);
        return
        [
            tcp, udp, Frames.Echo(Client6, Remote6, 7, router), Frames.Echo(Client6, "2001:db8:25:1::1", 7, router), Frames.IcmpError(Remote6, Client6, 1, 4, udp, router),
            Frames.IcmpError(Remote6, Client6, 2, 0, tcp, router, quoted: 48),
            NdFrames.NeighborSolicitation(Client6, "2001:db8:25:1::1", Frames.Host, options: NdFrames.MacOption(1, Frames.Host)),
            NdFrames.NeighborAdvertisement(Remote6, Remote6, Frames.Host, 0x60, "2001:db8:25:3::2", NdFrames.MacOption(2, Frames.Host)),
            Ipv6.WithExtensions(tcp, Ipv6.Options(0), Ipv6.Options(60, 16), Ipv6.Routing(2, 1), Ipv6.Authentication(), Ipv6.FragmentHeader(1, 0, more: false)),
            Ipv6.WithExtensions(tcp, Ipv6.Routing(0, 1)), Frames.WithTcpOptions(Frames.TcpSegment(Client6, 40000, Remote6, 443, router), [2, 4, 5, 180]),
            .. Ipv6.Fragments(Ipv6.WithExtensions(Frames.UdpDatagram(Client6, 40000, Remote6, 53, router, new byte[100]), Ipv6.Options()), 7, 5),
        ];
    }

    /// <summary>A seed with a few bytes changed, cut or grown; often with its header's checksum made right again, so that it gets further.</summary>
    public static Gen<byte[]> Mutated(MacAddress router)
    {
        IReadOnlyList<byte[]> seeds = Seeds(router);
        Gen<(int At, byte Value)> change = Gen.Select(Gen.Frequency((3, Gen.Int[0, VirtioHeaderSize - 1]), (1, Gen.Int[VirtioHeaderSize, NetworkOffset - 1]), (6, Gen.Int[NetworkOffset, 90])),
            Gen.Frequency((1, Gen.OneOf<byte>(0, 1, 0x45, 0x4F, 0x80, 0xFF)), (1, Gen.Byte)));
        return Gen.Select(Gen.Int[0, seeds.Count - 1], change.Array[0, 6], Gen.Int[-60, 20], Gen.Int[0, 3], (seed, changes, grow, mend) =>
        {
            byte[] frame = [.. seeds[seed]];
            foreach ((int at, byte value) in changes)
                if (at < frame.Length)
                    frame[at] = value;
            if (mend == 0)
                Array.Resize(ref frame, Math.Max(VirtioHeaderSize, frame.Length + grow));
            if (mend >= 2)
                MendHeader(frame);
            return frame;
        });
    }

    private const int VirtioHeaderSize = TapDev.VirtioHeader.Size, NetworkOffset = VirtioHeaderSize + EthernetHeader.Size;

    private static void MendHeader(byte[] frame)
    {
        if (frame.Length < NetworkOffset + 20)
            return;
        int length = Math.Min(Math.Max(20, (frame[NetworkOffset] & 0xF) * 4), frame.Length - NetworkOffset);
        Span<byte> header = frame.AsSpan(NetworkOffset, length);
        header[10] = header[11] = 0;
        ushort checksum = (ushort)~InternetSum.Of(header);
        (header[10], header[11]) = ((byte)(checksum >> 8), (byte)checksum);
    }
}
