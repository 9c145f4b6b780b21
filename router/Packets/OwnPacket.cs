using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>A TCP or ICMP packet of the router's own, in either family: <see cref="Begin"/>, write the transport's bytes, <see cref="Send"/>.</summary>
internal static class OwnPacket
{
    /// <summary>The egress's memory with the headers written, the virtio header first; the last <paramref name="transportLength"/> bytes are the transport's.</summary>
    public static Span<byte> Begin(Interface egress, MacAddress station, in IpAddress source, in IpAddress destination, byte protocol, int transportLength, byte tos = 0)
    {
        bool isIpv6 = !destination.IsIpv4;
        int length = (isIpv6 ? Ipv6Header.Size : Ipv4Header.MinimumSize) + transportLength;
        Span<byte> bytes = egress.Device.Output.GetSpan(Packet.NetworkOffset + length)[..(Packet.NetworkOffset + length)], network = bytes[Packet.NetworkOffset..];
        bytes[..VirtioHeader.Size].Clear();
        _ = new EthernetHeader(bytes[VirtioHeader.Size..]) { Destination = station, Source = egress.Mac, EtherType = isIpv6 ? EthernetHeader.Ipv6 : EthernetHeader.Ipv4 };
        if (isIpv6)
            Ipv6Header.Write(network, (ushort)transportLength, protocol, Ipv6Header.DefaultHopLimit, source, destination);
        else
            Ipv4Header.Write(network, (ushort)length, protocol, Ipv4Header.DefaultTtl, tos, source, destination);
        return bytes;
    }

    /// <summary>Queues it. False where the egress is full: then it is lost, and not counted.</summary>
    public static bool Send(Interface egress, int bytes)
    {
        bool isQueued = egress.Device.Output.TryAdvance(bytes);
        if (isQueued)
            egress.Counters.GeneratedFrames++;
        return isQueued;
    }
}
