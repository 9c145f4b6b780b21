using Router.Wire;
using TapDev;

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
        bool isIpv6 = !to.Address.IsIpv4;
        int length = (isIpv6 ? Ipv6Header.Size : Ipv4Header.MinimumSize) + TcpHeader.MinimumSize;
        Span<byte> bytes = egress.Device.Output.GetSpan(Packet.NetworkOffset + length)[..(Packet.NetworkOffset + length)], network = bytes[Packet.NetworkOffset..];
        bytes[..VirtioHeader.Size].Clear();
        _ = new EthernetHeader(bytes[VirtioHeader.Size..]) { Destination = station, Source = egress.Mac, EtherType = isIpv6 ? EthernetHeader.Ipv6 : EthernetHeader.Ipv4 };
        if (isIpv6)
            Ipv6Header.Write(network, TcpHeader.MinimumSize, Ipv4Header.Tcp, Ipv6Header.DefaultHopLimit, from.Address, to.Address);
        else
            Ipv4Header.Write(network, (ushort)length, Ipv4Header.Tcp, Ipv4Header.DefaultTtl, 0, from.Address, to.Address);
        Span<byte> segment = network[^TcpHeader.MinimumSize..];
        TcpHeader.Write(segment, from.Port, to.Port, sequence, acknowledgment, TcpFlags.Rst | TcpFlags.Ack);
        TransportChecksum.Complete(segment, from.Address, to.Address, Ipv4Header.Tcp);
        if (egress.Device.Output.TryAdvance(bytes.Length))
            egress.Counters.GeneratedFrames++;
    }
}
