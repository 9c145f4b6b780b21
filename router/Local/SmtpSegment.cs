using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Local;

/// <summary>A segment of the responder's, in the name of the server that was tried.</summary>
internal static class SmtpSegment
{
    /// <summary>What a client may send before it is answered: a few commands.</summary>
    public const ushort Window = 2048;

    /// <summary>Sends it to the station. A SYN says which segments the interface takes; no other option is offered.</summary>
    public static void Send(Interface egress, MacAddress station, in FlowKey client, uint sequence, uint acknowledgment, TcpFlags flags, ReadOnlySpan<byte> text)
    {
        int header = (flags & TcpFlags.Syn) != 0 ? TcpHeader.MinimumSize + SegmentSize.OptionSize : TcpHeader.MinimumSize;
        Span<byte> bytes = OwnPacket.Begin(egress, station, client.Destination, client.Source, Ipv4Header.Tcp, header + text.Length), segment = bytes[^(header + text.Length)..];
        TcpHeader.Write(segment, client.DestinationPort, client.SourcePort, sequence, acknowledgment, flags);
        var tcp = new TcpHeader(segment) { Window = Window };
        if (header > TcpHeader.MinimumSize)
            tcp.SetOptions(SegmentSize.Option(SegmentSize.Fitting(egress.Mtu, isIpv6: !client.Source.IsIpv4)));
        text.CopyTo(segment[header..]);
        TransportChecksum.Complete(segment, client.Destination, client.Source, Ipv4Header.Tcp);
        OwnPacket.Send(egress, bytes.Length);
    }
}
