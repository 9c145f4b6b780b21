using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>The first stage: bytes to facts. Everything behind it reads offsets that were checked here.</summary>
internal static class PacketParser
{
    /// <summary>Fills in what the bytes say. Continues with packets, and with messages between neighbours (<see cref="Packet.IsNeighborMessage"/>).</summary>
    public static Verdict Parse(ref Packet packet)
    {
        if (packet.Bytes.Length < Packet.NetworkOffset)
            return DropReason.TruncatedFrame;
        EthernetHeader ethernet = packet.Ethernet;
        MacAddress destination = ethernet.Destination;
        if (destination != packet.Ingress.Mac && !destination.IsGroup)
            return DropReason.NotForUs;
        return ethernet.EtherType switch
        {
            EthernetHeader.Ipv4 => ParseIpv4(ref packet) is { IsFinal: true } final ? final : CheckStation(packet, destination),
            EthernetHeader.Ipv6 => Ipv6Parser.Parse(ref packet) is { IsFinal: true } final ? final : CheckStation(packet, destination),
            EthernetHeader.Arp => NoteArp(ref packet),
            EthernetHeader.Vlan or EthernetHeader.ProviderVlan => DropReason.VlanTagged,
            _ => DropReason.UnknownEtherType,
        };
    }

    private static Verdict NoteArp(ref Packet packet)
    {
        packet.IsNeighborMessage = true;
        return Verdict.Continue;
    }

    /// <summary>RFC 1812 section 5.3.4: what came to every station of a link is not forwarded, whatever its IP address says.</summary>
    private static Verdict CheckStation(in Packet packet, MacAddress destination) =>
        destination.IsGroup && !packet.IsNeighborMessage ? DropReason.BroadcastNotRouted : Verdict.Continue;

    private static Verdict ParseIpv4(ref Packet packet)
    {
        int available = packet.Bytes.Length - Packet.NetworkOffset;
        if (available < Ipv4Header.MinimumSize)
            return DropReason.InvalidIpv4Header;

        Ipv4Header header = packet.Ipv4;
        if (!header.IsSound(available))
            return DropReason.InvalidIpv4Header;
        packet.GsoType = VirtioHeader.GsoType(packet.Bytes);
        packet.NetworkLength = header.TotalLength;
        packet.TransportOffset = Packet.NetworkOffset + header.HeaderLength;
        packet.RealSource = packet.Source = header.Source;
        packet.RealDestination = packet.Destination = header.Destination;
        packet.Protocol = header.Protocol;
        packet.Ttl = header.Ttl;
        packet.DontFragment = header.DontFragment;
        packet.MoreFragments = header.MoreFragments;
        packet.FragmentUnits = (ushort)header.FragmentUnits;
        packet.Identification = header.Identification;
        packet.RealIdentification = header.Identification;
        packet.IsPlain = packet.IsAtomic;
        packet.LeavesSessionAlone = packet.FragmentUnits != 0;

        // Segmentation computes each segment's header checksum anew, and some senders leave it zero until then.
        bool isSumRight = header.HasOptions ? new Ipv4Header(packet.Network).ChecksumIsValid : header.ChecksumWithoutOptionsIsValid;
        if (!isSumRight && (packet.GsoType == VirtioHeader.GsoNone || packet.Ipv4.ChecksumField != 0))
            return DropReason.InvalidIpv4Checksum;
        if (header.HasOptions)
        {
            if (!new Ipv4Header(packet.Network).TryReadOptions(out bool isSourceRouted))
                return DropReason.InvalidIpv4Header;
            if (isSourceRouted)
                return DropReason.SourceRouted;
        }

        if (IsMartian(packet.Source.Ipv4))
            return DropReason.MartianSource;
        if (packet.Destination.Ipv4 >> 24 is 0 or 127 || packet.Destination.Ipv4 is >= 0xF000_0000 and not uint.MaxValue)
            return DropReason.MartianDestination;
        if (packet.Destination.Ipv4 >> 28 == 0xE)
            return DropReason.MulticastNotRouted;
        if (packet.FragmentUnits == 0)
        {
            Verdict verdict = ParseTransport(ref packet);
            if (verdict.IsFinal && !packet.MoreFragments)
                return verdict;
            packet.IsTinyFragment = verdict.IsFinal;
        }

        return OffloadParser.Parse(ref packet);
    }

    /// <summary>RFC 1812 section 5.3.7: 0/8, 127/8, 169.254/16, 224/4, 240/4. Not documentation, private or shared addresses: networks use those.</summary>
    private static bool IsMartian(uint source) => source >> 24 is 0 or 127 || source >> 16 == 0xA9FE || source >> 28 >= 0xE;

    /// <summary>Ports, flags and lengths of the upper-layer header, in either family.</summary>
    public static Verdict ParseTransport(ref Packet packet)
    {
        Span<byte> transport = packet.Transport;
        switch (packet.Protocol)
        {
            case Ipv4Header.Tcp:
                if (!TcpHeader.TryParse(transport, out TcpHeader tcp))
                    return DropReason.TruncatedTransportHeader;
                packet.TcpFlags = tcp.Flags;
                packet.IsPlain &= (tcp.Flags & TcpFlags.Syn) == 0;
                packet.TransportHeaderLength = tcp.HeaderLength;
                SetPorts(ref packet, transport);
                break;
            case Ipv4Header.Udp:
                // The datagram goes on behind a first fragment: its length is not to be held against the bytes that are here.
                if (transport.Length < UdpHeader.Size || (!packet.MoreFragments && !UdpHeader.TryParse(transport, out _)))
                    return DropReason.TruncatedTransportHeader;
                packet.TransportHeaderLength = UdpHeader.Size;
                SetPorts(ref packet, transport);
                break;
            case Ipv4Header.Icmp when !packet.IsIpv6:
                if (!IcmpMessage.TryParse(transport, out IcmpMessage icmp))
                    return DropReason.TruncatedTransportHeader;
                packet.IsIcmpError = packet.LeavesSessionAlone = icmp.IsError;
                SetEcho(ref packet, icmp, IcmpMessage.EchoRequest, IcmpMessage.EchoReply);
                break;
            case Icmpv6.Protocol when packet.IsIpv6:
                if (!IcmpMessage.TryParse(transport, out IcmpMessage message))
                    return DropReason.TruncatedTransportHeader;
                packet.IsIcmpError = packet.LeavesSessionAlone = Icmpv6.IsKnownError(message.Type);
                SetEcho(ref packet, message, Icmpv6.EchoRequest, Icmpv6.EchoReply);
                break;
            default:
                break;
        }

        packet.RealSourcePort = packet.SourcePort;
        packet.RealDestinationPort = packet.DestinationPort;
        return Verdict.Continue;
    }

    /// <summary>The identifier stands for the port of the end that asks. Other messages get ports that no echo has, so that they find no session of one.</summary>
    private static void SetEcho(ref Packet packet, IcmpMessage message, byte request, byte reply)
    {
        packet.TransportHeaderLength = IcmpMessage.HeaderSize;
        bool isRequest = message.Type == request, isReply = message.Type == reply;
        packet.SourcePort = isRequest ? message.Identifier : isReply ? (ushort)0 : ushort.MaxValue;
        packet.DestinationPort = isReply ? message.Identifier : isRequest ? (ushort)0 : ushort.MaxValue;
    }

    private static void SetPorts(ref Packet packet, ReadOnlySpan<byte> transport)
    {
        packet.SourcePort = Ports.Source(transport);
        packet.DestinationPort = Ports.Destination(transport);
    }
}
