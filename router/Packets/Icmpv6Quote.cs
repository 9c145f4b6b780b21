using Router.Wire;

namespace Router.Packets;

/// <summary>What an ICMPv6 error quotes (RFC 4443 section 2.4 (c)): read to find the session that the error is about. Nothing of it is translated.</summary>
internal static class Icmpv6Quote
{
    private const int QuotedPorts = 8;

    /// <summary>Reads the quote; a drop where it makes no sense, or quotes a packet of somebody else than the one that the error goes to.</summary>
    public static Verdict Read(in Packet packet, out Quote quote)
    {
        quote = default;
        if (packet.IsFragment || !TransportChecksum.IsValid(packet))
            return DropReason.InvalidIcmpChecksum;
        Span<byte> quoted = packet.Transport[IcmpMessage.HeaderSize..];
        if (!Ipv6Header.IsWhole(quoted))
            return DropReason.InvalidIcmpQuote;
        var header = new Ipv6Header(quoted);
        Ipv6Chain chain = Ipv6Chain.Walk(quoted);
        if (header.Source != packet.Destination || header.Destination.High == 0 || chain.FragmentUnits != 0 || chain.Fault is ChainFault.Truncated or ChainFault.TooLong)
            return DropReason.InvalidIcmpQuote;
        Span<byte> transport = quoted[chain.TransportOffset..];
        if (!TryReadPorts(transport, chain.Protocol, out ushort sourcePort, out ushort destinationPort))
            return DropReason.InvalidIcmpQuote;
        quote = new Quote(header.Source, sourcePort, header.Destination, destinationPort, chain.Protocol);
        return Verdict.Continue;
    }

    private static bool TryReadPorts(Span<byte> transport, byte protocol, out ushort source, out ushort destination)
    {
        source = destination = 0;
        if (protocol is not (Ipv4Header.Tcp or Ipv4Header.Udp or Icmpv6.Protocol))
            return true;
        if (transport.Length < QuotedPorts)
            return false;
        if (protocol != Icmpv6.Protocol)
        {
            (source, destination) = (Ports.Source(transport), Ports.Destination(transport));
            return true;
        }

        var echo = new IcmpMessage(transport);
        source = echo.Type == Icmpv6.EchoRequest ? echo.Identifier : (ushort)0;
        destination = echo.Type == Icmpv6.EchoReply ? echo.Identifier : (ushort)0;
        return echo.Type is Icmpv6.EchoRequest or Icmpv6.EchoReply;
    }
}
