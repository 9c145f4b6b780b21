using Router.Wire;

namespace Router.Packets;

/// <summary>A TCP RST that the router makes by itself, in the name of one end of a connection that it ends.</summary>
internal static class ResetSegment
{
    /// <summary>
    /// Sends it to the station. It has an acknowledgment too: a receiver that has seen no answer yet believes a RST by that (RFC 9293 section 3.10.7.3), every other
    /// one by its number.
    /// </summary>
    public static void Send(Interface egress, MacAddress station, (IpAddress Address, ushort Port) from, (IpAddress Address, ushort Port) to, uint sequence, uint acknowledgment)
    {
        Span<byte> bytes = OwnPacket.Begin(egress, station, from.Address, to.Address, Ipv4Header.Tcp, TcpHeader.MinimumSize), segment = bytes[^TcpHeader.MinimumSize..];
        TcpHeader.Write(segment, from.Port, to.Port, sequence, acknowledgment, TcpFlags.Rst | TcpFlags.Ack);
        TransportChecksum.Complete(segment, from.Address, to.Address, Ipv4Header.Tcp);
        OwnPacket.Send(egress, bytes.Length);
    }
}
