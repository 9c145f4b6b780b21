using System.Buffers.Binary;
using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>The only place where a packet in transit changes: once, in place, when everything about it is decided. Checksums follow by difference (RFC 1624).</summary>
internal static class PacketRewriter
{
    public static void Rewrite(ref Packet packet, MacAddress source, MacAddress destination)
    {
        packet.Ethernet.Readdress(destination, source);
        if (packet.SegmentLimit != 0)
            SegmentSize.Clamp(packet.Transport[..packet.TransportHeaderLength], packet.SegmentLimit, packet.NeedsChecksum);
        if (packet.IsIpv6)
        {
            // Never translated, and the header has no checksum.
            _ = new Ipv6Header(packet.Network) { HopLimit = (byte)(packet.Ttl - 1) };
            return;
        }

        if (packet.IsTranslated)
        {
            if (packet.IsIcmpError)
                IcmpErrorRewriter.RewriteQuote(packet);
            else if (packet.FragmentUnits == 0)
                RewriteTransport(packet);
        }

        if (packet.RealIdentification != packet.Identification)
            RewriteIdentification(packet);
        packet.Ipv4.Rewrite(packet.RealSource, packet.RealDestination, hops: 1);
        if (packet.GsoType != VirtioHeader.GsoNone)
            CompleteChecksum(packet);
    }

    private static void RewriteIdentification(in Packet packet) => packet.Ipv4.RewriteIdentification(packet.RealIdentification);

    private static void CompleteChecksum(in Packet packet) => new Ipv4Header(packet.Network).CompleteChecksum();

    private static void RewriteTransport(in Packet packet)
    {
        Span<byte> transport = packet.Transport;
        switch (packet.Protocol)
        {
            case Ipv4Header.Tcp:
                Ports.Write(transport, packet.RealSourcePort, packet.RealDestinationPort);
                RewriteChecksum(packet, transport.Slice(TcpHeader.ChecksumOffset, sizeof(ushort)));
                break;
            case Ipv4Header.Udp:
                Ports.Write(transport, packet.RealSourcePort, packet.RealDestinationPort);
                RewriteChecksum(packet, transport.Slice(UdpHeader.ChecksumOffset, sizeof(ushort)));
                break;
            case Ipv4Header.Icmp:
                RewriteIdentifier(packet, new IcmpMessage(transport));
                break;
            default:
                break;
        }
    }

    private static void RewriteChecksum(in Packet packet, Span<byte> field)
    {
        if (packet.NeedsChecksum)
        {
            // What stands there is the pseudo-header's sum, not inverted; ports are not in it. It is made anew: the one that came may be anything.
            ulong seed = Checksum.PseudoHeader(packet.RealSource, packet.RealDestination, packet.Protocol, packet.TransportLength);
            BinaryPrimitives.WriteUInt16BigEndian(field, Checksum.Fold(seed));
            return;
        }

        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(field);
        bool isUdp = packet.Protocol == Ipv4Header.Udp;
        if (isUdp && checksum == 0)
            return;
        checksum = Checksum.Apply(checksum, Checksum.Difference(packet.Source.Ipv4, packet.RealSource.Ipv4)
            + Checksum.Difference(packet.Destination.Ipv4, packet.RealDestination.Ipv4)
            + Checksum.Difference(packet.SourcePort, packet.RealSourcePort)
            + Checksum.Difference(packet.DestinationPort, packet.RealDestinationPort));
        BinaryPrimitives.WriteUInt16BigEndian(field, checksum == 0 && isUdp ? ushort.MaxValue : checksum);
    }

    private static void RewriteIdentifier(in Packet packet, IcmpMessage echo)
    {
        ushort before = echo.Identifier, after = echo.Type == IcmpMessage.EchoRequest ? packet.RealSourcePort : packet.RealDestinationPort;
        echo.Identifier = after;
        echo.ChecksumField = Checksum.Apply(echo.ChecksumField, Checksum.Difference(before, after));
    }
}
