using System.Buffers.Binary;
using Router.Wire;

namespace Router.Packets;

/// <summary>What an ICMP error quotes: the tuple of a packet as it left the router.</summary>
internal readonly record struct Quote(IpAddress Source, ushort SourcePort, IpAddress Destination, ushort DestinationPort, byte Protocol);

/// <summary>
/// ICMP errors (RFC 5508 section 4): the quoted packet is read to find the session that the error is about, and rewritten so that its sender knows it again.
/// A quote may be cut anywhere behind its eighth transport byte (RFC 792), so a checksum further on may be missing.
/// </summary>
internal static class IcmpErrorRewriter
{
    private const int QuotedPorts = 8;

    /// <summary>Reads the quote; a drop where it makes no sense (REQ-3: the quoted IP checksum counts, the transport's does not).</summary>
    public static Verdict Read(in Packet packet, out Quote quote)
    {
        quote = default;
        var message = new IcmpMessage(packet.Transport);
        // Of an error in fragments nobody here sees the whole, and none needs to be (RFC 1812 section 4.3.2.3).
        if (packet.IsFragment || !message.ChecksumIsValid)
            return DropReason.InvalidIcmpChecksum;
        Span<byte> quoted = packet.Transport[IcmpMessage.HeaderSize..];
        if (!TryParseQuoted(quoted, out Ipv4Header inner))
            return DropReason.InvalidIcmpQuote;
        Span<byte> transport = quoted[inner.HeaderLength..];
        ushort sourcePort = 0, destinationPort = 0;
        switch (inner.Protocol)
        {
            case Ipv4Header.Tcp or Ipv4Header.Udp:
                sourcePort = Ports.Source(transport);
                destinationPort = Ports.Destination(transport);
                break;
            case Ipv4Header.Icmp:
                var echo = new IcmpMessage(transport);
                if (!echo.IsEcho)
                    return DropReason.InvalidIcmpQuote;
                sourcePort = echo.Type == IcmpMessage.EchoRequest ? echo.Identifier : (ushort)0;
                destinationPort = echo.Type == IcmpMessage.EchoReply ? echo.Identifier : (ushort)0;
                break;
            default:
                break;
        }

        quote = new Quote(inner.Source, sourcePort, inner.Destination, destinationPort, inner.Protocol);
        return Verdict.Continue;
    }

    /// <summary>
    /// Rewrites the quote: where the error goes is where the quoted packet came from, so the quoted source becomes the error's real destination, and the quoted
    /// destination what the sender had written there. The tuple of that is in the packet's real source and ports.
    /// </summary>
    public static void RewriteQuote(in Packet packet)
    {
        Span<byte> quoted = packet.Transport[IcmpMessage.HeaderSize..];
        var inner = new Ipv4Header(quoted);
        Span<byte> transport = quoted[inner.HeaderLength..];
        IpAddress source = inner.Source, destination = inner.Destination;
        if (inner.Protocol is Ipv4Header.Tcp or Ipv4Header.Udp)
        {
            ulong difference = Checksum.Difference(source.Ipv4, packet.RealDestination.Ipv4) + Checksum.Difference(destination.Ipv4, packet.QuoteDestination.Ipv4)
                + Checksum.Difference(Ports.Source(transport), packet.RealDestinationPort)
                + Checksum.Difference(Ports.Destination(transport), packet.RealSourcePort);
            Ports.Write(transport, packet.RealDestinationPort, packet.RealSourcePort);
            UpdateQuotedChecksum(transport, inner.Protocol, difference);
        }
        else if (inner.Protocol == Ipv4Header.Icmp)
        {
            var echo = new IcmpMessage(transport);
            ushort before = echo.Identifier, after = echo.Type == IcmpMessage.EchoRequest ? packet.RealDestinationPort : packet.RealSourcePort;
            echo.Identifier = after;
            echo.ChecksumField = Checksum.Apply(echo.ChecksumField, Checksum.Difference(before, after));
        }

        inner.Rewrite(packet.RealDestination, packet.QuoteDestination, hops: 0);
        new IcmpMessage(packet.Transport).CompleteChecksum();
    }

    private static void UpdateQuotedChecksum(Span<byte> transport, byte protocol, ulong difference)
    {
        int offset = TransportChecksum.FieldOffset(protocol);
        if (transport.Length < offset + sizeof(ushort))
            return;
        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(transport[offset..]);
        if (checksum == 0 && protocol == Ipv4Header.Udp)
            return;
        checksum = Checksum.Apply(checksum, difference);
        BinaryPrimitives.WriteUInt16BigEndian(transport[offset..], checksum == 0 && protocol == Ipv4Header.Udp ? ushort.MaxValue : checksum);
    }

    /// <summary>Like <see cref="Ipv4Header.TryParse"/>, but the bytes may end before the total length does.</summary>
    private static bool TryParseQuoted(Span<byte> quoted, out Ipv4Header inner)
    {
        inner = new Ipv4Header(quoted);
        return quoted.Length >= Ipv4Header.MinimumSize && quoted[0] >> 4 == 4 && inner.HeaderLength >= Ipv4Header.MinimumSize
            && quoted.Length >= inner.HeaderLength + QuotedPorts && inner.FragmentUnits == 0 && inner.ChecksumIsValid;
    }
}
