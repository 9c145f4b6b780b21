using System.Net;
using System.Net.NetworkInformation;
using PacketDotNet;
using Router.Wire;
using TapDev;

namespace Support;

/// <summary>Frames as hosts send them, of the family that the addresses are of, built by an independent library, so that the router's own idea of a header is never its own judge.</summary>
internal static class Frames
{
    public static readonly MacAddress Host = new(0x02_00_5E_10_00_01);

    [Flags]
    public enum Tcp : ushort
    {
        None = 0,
        Fin = 1,
        Syn = 2,
        Rst = 4,
        Psh = 8,
        Ack = 16,
    }

    /// <summary>Where every stream of these frames begins.</summary>
    public const uint InitialSequence = 1000;

    /// <summary>A segment. Where no numbers are given it is a good one of a connection of which neither end has sent anything yet but its SYN.</summary>
    public static byte[] TcpSegment(string source, ushort sourcePort, string destination, ushort destinationPort, MacAddress router, Tcp flags = Tcp.Syn,
        byte[]? payload = null, uint? sequence = null, uint? acknowledgment = null, int ttl = 64, MacAddress? from = null)
    {
        var tcp = new TcpPacket(sourcePort, destinationPort)
        {
            Flags = (ushort)flags,
            SequenceNumber = sequence ?? ((flags & Tcp.Syn) != 0 ? InitialSequence : InitialSequence + 1),
            AcknowledgmentNumber = acknowledgment ?? ((flags & Tcp.Ack) != 0 ? InitialSequence + 1 : 0),
            WindowSize = 64240,
            PayloadData = payload ?? [],
        };
        return Finish(source, destination, ProtocolType.Tcp, tcp, router, ttl, from, () => tcp.UpdateTcpChecksum());
    }

    public static byte[] UdpDatagram(string source, ushort sourcePort, string destination, ushort destinationPort, MacAddress router, byte[]? payload = null,
        int ttl = 64, MacAddress? from = null)
    {
        var udp = new UdpPacket(sourcePort, destinationPort) { PayloadData = payload ?? [1, 2, 3] };
        return Finish(source, destination, ProtocolType.Udp, udp, router, ttl, from, () => udp.UpdateUdpChecksum());
    }

    public static byte[] Echo(string source, string destination, ushort identifier, MacAddress router, bool isReply = false, byte[]? payload = null, int ttl = 64,
        MacAddress? from = null)
    {
        byte[] data = payload ?? [9, 8, 7, 6];
        if (IsIpv6(source))
            return Ipv6.Icmp(source, destination, [(byte)(isReply ? 129 : 128), 0, 0, 0, (byte)(identifier >> 8), (byte)identifier, 0, 1, .. data], router, ttl, from);
        var icmp = new IcmpV4Packet(new PacketDotNet.Utils.ByteArraySegment(new byte[8 + data.Length]))
        {
            TypeCode = isReply ? IcmpV4TypeCode.EchoReply : IcmpV4TypeCode.EchoRequest,
            Id = identifier,
            Sequence = 1,
            PayloadData = data,
        };
        return Finish(source, destination, ProtocolType.Icmp, icmp, router, ttl, from, () => icmp.UpdateIcmpChecksum());
    }

    /// <summary>An ICMP error about a datagram, which it quotes up to <paramref name="quoted"/> bytes.</summary>
    public static byte[] IcmpError(string source, string destination, byte type, byte code, byte[] aboutFrame, MacAddress router, int quoted = int.MaxValue, MacAddress? from = null)
    {
        byte[] quote = aboutFrame[EthernetHeader.Size..];
        quote = quote[..Math.Min(quote.Length, quoted)];
        var bytes = new byte[8 + quote.Length];
        (bytes[0], bytes[1]) = (type, code);
        if (IsIpv6(source))
            return Ipv6.Icmp(source, destination, [.. bytes[..8], .. quote[..Math.Min(quote.Length, 1232)]], router, 64, from);
        quote.CopyTo(bytes, 8);
        var icmp = new IcmpV4Packet(new PacketDotNet.Utils.ByteArraySegment(bytes));
        return Finish(source, destination, ProtocolType.Icmp, icmp, router, 64, from, () => icmp.UpdateIcmpChecksum());
    }

    /// <summary>A zero virtio header before the frame.</summary>
    public static byte[] Raw(byte[] ethernetFrame) => [.. new byte[VirtioHeader.Size], .. ethernetFrame];

    /// <summary>A TCP super-frame: the checksum is left to the offload, and segments carry <paramref name="segmentSize"/> bytes.</summary>
    public static byte[] SuperFrame(string source, ushort sourcePort, string destination, ushort destinationPort, MacAddress router, byte[] payload, ushort segmentSize,
        Tcp flags = Tcp.Ack | Tcp.Psh)
    {
        byte[] frame = Raw(TcpSegment(source, sourcePort, destination, destinationPort, router, flags, payload));
        ushort transportStart = TransportStart(source);
        VirtioHeader.Write(frame, VirtioHeader.NeedsChecksum, IsIpv6(source) ? VirtioHeader.GsoTcp6 : VirtioHeader.GsoTcp4, (ushort)(transportStart + 20), segmentSize, transportStart, 16);
        return frame;
    }

    /// <summary>A UDP super-frame (USO).</summary>
    public static byte[] UdpSuperFrame(string source, ushort sourcePort, string destination, ushort destinationPort, MacAddress router, byte[] payload, ushort segmentSize)
    {
        byte[] frame = Raw(UdpDatagram(source, sourcePort, destination, destinationPort, router, payload));
        ushort transportStart = TransportStart(source);
        VirtioHeader.Write(frame, VirtioHeader.NeedsChecksum, VirtioHeader.GsoUdpL4, (ushort)(transportStart + 8), segmentSize, transportStart, 6);
        return frame;
    }

    /// <summary>A frame whose transport checksum is left to the offload: only the pseudo-header's sum stands there.</summary>
    public static byte[] WithoutChecksum(byte[] ethernetFrame)
    {
        byte[] frame = Raw(ethernetFrame);
        Span<byte> network = frame.AsSpan(VirtioHeader.Size + EthernetHeader.Size);
        bool isIpv6 = network[0] >> 4 == 6;
        int headerLength = isIpv6 ? 40 : (network[0] & 0xF) * 4, transportStart = EthernetHeader.Size + headerLength;
        byte protocol = network[isIpv6 ? 6 : 9];
        ushort checksumOffset = (ushort)(protocol == 6 ? 16 : 6);
        int length = isIpv6 ? network[4] << 8 | network[5] : ((network[2] << 8) | network[3]) - headerLength;
        ushort seed = InternetSum.Of([.. isIpv6 ? network[8..40] : network[12..20], 0, protocol, (byte)(length >> 8), (byte)length]);
        network[headerLength + checksumOffset] = (byte)(seed >> 8);
        network[headerLength + checksumOffset + 1] = (byte)seed;
        VirtioHeader.Write(frame, VirtioHeader.NeedsChecksum, VirtioHeader.GsoNone, 0, 0, (ushort)transportStart, checksumOffset);
        return frame;
    }

    /// <summary>The IP packet of a frame.</summary>
    public static byte[] Network(byte[] ethernetFrame) => ethernetFrame[EthernetHeader.Size..];

    /// <summary>The frame with its IPv4 header changed, and the header's checksum made right again.</summary>
    public static byte[] WithHeader(byte[] ethernetFrame, Action<byte[]> change)
    {
        byte[] header = ethernetFrame[EthernetHeader.Size..(EthernetHeader.Size + 20)];
        change(header);
        header[10] = header[11] = 0;
        ushort checksum = (ushort)~InternetSum.Of(header);
        (header[10], header[11]) = ((byte)(checksum >> 8), (byte)checksum);
        return [.. ethernetFrame[..EthernetHeader.Size], .. header, .. ethernetFrame[(EthernetHeader.Size + 20)..]];
    }

    /// <summary>The frame as a fragment: its offset in units of 8 bytes, and whether more follow.</summary>
    public static byte[] Fragment(byte[] ethernetFrame, int units, bool more) => IsIpv6(ethernetFrame)
        ? Ipv6.WithExtensions(ethernetFrame, Ipv6.FragmentHeader(0, units, more))
        : WithHeader(ethernetFrame, header =>
        (header[6], header[7]) = ((byte)((more ? 0x20 : 0) | units >> 8), (byte)units));

    /// <summary>A datagram in fragments that begin at the units of 8 bytes behind its first one; what the cuts leave out, and what overlaps, is the caller's.</summary>
    public static byte[][] Fragments(byte[] ethernetFrame, ushort identification, params int[] cuts)
    {
        const int Headers = EthernetHeader.Size + 20;
        int[] starts = [0, .. cuts];
        byte[] transport = ethernetFrame[Headers..];
        return [.. starts.Select((unit, i) => Piece(ethernetFrame, identification, unit,
            transport[(unit * 8)..(i + 1 < starts.Length ? starts[i + 1] * 8 : transport.Length)], more: i + 1 < starts.Length))];
    }

    /// <summary>One fragment, of any bytes, with the addresses and the protocol of the frame.</summary>
    public static byte[] Piece(byte[] ethernetFrame, ushort identification, int units, byte[] bytes, bool more) => WithHeader(
        [.. ethernetFrame[..(EthernetHeader.Size + 20)], .. bytes], header =>
        {
            int length = 20 + bytes.Length;
            header[0] = 0x45;
            (header[2], header[3]) = ((byte)(length >> 8), (byte)length);
            (header[4], header[5]) = ((byte)(identification >> 8), (byte)identification);
            (header[6], header[7]) = ((byte)((more ? 0x20 : 0) | units >> 8), (byte)units);
        });

    /// <summary>The frame without DF, and with an identification.</summary>
    public static byte[] Fragmentable(byte[] ethernetFrame, ushort identification) => WithHeader(ethernetFrame, header =>
        (header[4], header[5], header[6]) = ((byte)(identification >> 8), (byte)identification, 0));

    /// <summary>Puts the fragments of one datagram together, as a frame; null where some of it is missing.</summary>
    public static byte[]? Reassemble(IEnumerable<byte[]> ethernetFrames)
    {
        byte[]? header = null;
        var bytes = new SortedDictionary<int, byte[]>();
        int total = -1;
        foreach (byte[] frame in ethernetFrames)
        {
            int word = frame[20] << 8 | frame[21], at = (word & 0x1FFF) * 8, headers = EthernetHeader.Size + (frame[14] & 0xF) * 4;
            byte[] part = frame[headers..];
            bytes[at] = part;
            if ((word & 0x2000) == 0)
                total = at + part.Length;
            if (at == 0)
                header = frame[..(EthernetHeader.Size + 20)];
        }

        byte[] whole = [.. bytes.Values.SelectMany(part => part)];
        bool isWhole = header is not null && total == whole.Length && bytes.Aggregate(0, (end, part) => part.Key == end ? end + part.Value.Length : -1) == total;
        return isWhole ? Piece(header!, (ushort)(header![18] << 8 | header[19]), 0, whole, more: false) : null;
    }

    public static ushort IdentificationOf(byte[] ethernetFrame) => (ushort)(ethernetFrame[18] << 8 | ethernetFrame[19]);

    /// <summary>The frame with IPv4 options (a multiple of four bytes) between header and transport.</summary>
    public static byte[] WithOptions(byte[] ethernetFrame, byte[] options)
    {
        byte[] longer = [.. ethernetFrame[..(EthernetHeader.Size + 20)], .. options, .. ethernetFrame[(EthernetHeader.Size + 20)..]];
        Span<byte> header = longer.AsSpan(EthernetHeader.Size, 20 + options.Length);
        header[0] = (byte)(0x45 + options.Length / 4);
        int length = longer.Length - EthernetHeader.Size;
        (header[2], header[3]) = ((byte)(length >> 8), (byte)length);
        header[10] = header[11] = 0;
        ushort checksum = (ushort)~InternetSum.Of(header);
        (header[10], header[11]) = ((byte)(checksum >> 8), (byte)checksum);
        return longer;
    }

    /// <summary>A TCP segment with options (a multiple of four bytes) behind its header, and both checksums made right again.</summary>
    public static byte[] WithTcpOptions(byte[] ethernetFrame, byte[] options)
    {
        bool isIpv6 = IsIpv6(ethernetFrame);
        int start = EthernetHeader.Size + (isIpv6 ? 40 : 20);
        byte[] addresses = isIpv6 ? ethernetFrame[22..54] : ethernetFrame[26..34];
        byte[] segment = [.. ethernetFrame[start..(start + 20)], .. options, .. ethernetFrame[(start + 20)..]];
        segment[12] = (byte)((20 + options.Length) / 4 << 4);
        segment[16] = segment[17] = 0;
        ushort checksum = (ushort)~InternetSum.Of([.. addresses, 0, 6, (byte)(segment.Length >> 8), (byte)segment.Length, .. segment]);
        (segment[16], segment[17]) = ((byte)(checksum >> 8), (byte)checksum);
        byte[] whole = [.. ethernetFrame[..start], .. segment];
        if (isIpv6)
        {
            (whole[18], whole[19]) = ((byte)(segment.Length >> 8), (byte)segment.Length);
            return whole;
        }

        return WithHeader(whole, header => (header[2], header[3]) = ((byte)((20 + segment.Length) >> 8), (byte)(20 + segment.Length)));
    }

    /// <summary>An ARP message.</summary>
    public static byte[] Arp(ArpOperation operation, MacAddress senderMac, string sender, MacAddress targetMac, string target, MacAddress? to = null)
    {
        var arp = new ArpPacket(operation, Physical(targetMac), IPAddress.Parse(target), Physical(senderMac), IPAddress.Parse(sender));
        return new EthernetPacket(Physical(senderMac), Physical(to ?? MacAddress.Broadcast), EthernetType.Arp) { PayloadPacket = arp }.Bytes;
    }

    public static EthernetPacket Parse(byte[] ethernetFrame) => (EthernetPacket)Packet.ParsePacket(LinkLayers.Ethernet, ethernetFrame);

    public static PhysicalAddress Physical(MacAddress mac)
    {
        var bytes = new byte[MacAddress.Size];
        mac.Write(bytes);
        return new PhysicalAddress(bytes);
    }

    public static bool IsIpv6(string address) => address.Contains(':');

    private static bool IsIpv6(byte[] ethernetFrame) => (ethernetFrame[12], ethernetFrame[13]) == (0x86, 0xDD);

    /// <summary>Where the transport header begins in the Ethernet frame.</summary>
    private static ushort TransportStart(string source) => (ushort)(EthernetHeader.Size + (IsIpv6(source) ? 40 : 20));

    private static byte[] Finish(string source, string destination, ProtocolType protocol, Packet payload, MacAddress router, int ttl, MacAddress? from, Action checksum)
    {
        if (IsIpv6(source))
        {
            var ipv6 = new IPv6Packet(IPAddress.Parse(source), IPAddress.Parse(destination)) { Protocol = protocol, TimeToLive = ttl, PayloadPacket = payload };
            ipv6.UpdateCalculatedValues();
            checksum();
            return new EthernetPacket(Physical(from ?? Host), Physical(router), EthernetType.IPv6) { PayloadPacket = ipv6 }.Bytes;
        }

        var ip = new IPv4Packet(IPAddress.Parse(source), IPAddress.Parse(destination)) { Protocol = protocol, TimeToLive = ttl, PayloadPacket = payload, FragmentFlags = 2 };
        ip.UpdateCalculatedValues();
        checksum();
        ip.UpdateIPChecksum();
        var ethernet = new EthernetPacket(Physical(from ?? Host), Physical(router), EthernetType.IPv4) { PayloadPacket = ip };
        return ethernet.Bytes;
    }
}
