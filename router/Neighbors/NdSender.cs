using Router.Packets;
using Router.Wire;
using TapDev;

namespace Router.Neighbors;

/// <summary>Frames with a Neighbor Discovery message of the router's own: <see cref="Begin"/>, write the message at <see cref="MessageOffset"/>, <see cref="Send"/>.</summary>
internal static class NdSender
{
    public const int MessageOffset = Packet.NetworkOffset + Ipv6Header.Size;

    /// <summary>Room for a frame with a message of so many bytes at most.</summary>
    public static Span<byte> Begin(Interface egress, int most) => egress.Device.Output.GetSpan(MessageOffset + most);

    /// <summary>Writes the headers before the message, and queues the frame.</summary>
    public static void Send(Interface egress, Span<byte> frame, int messageLength, MacAddress station, in IpAddress source, in IpAddress destination)
    {
        frame[..VirtioHeader.Size].Clear();
        _ = new EthernetHeader(frame[VirtioHeader.Size..]) { Destination = station, Source = egress.Mac, EtherType = EthernetHeader.Ipv6 };
        Ipv6Header.Write(frame[Packet.NetworkOffset..], (ushort)messageLength, Icmpv6.Protocol, NdMessage.HopLimit, source, destination);
        if (egress.Device.Output.TryAdvance(MessageOffset + messageLength))
            egress.Counters.GeneratedFrames++;
    }
}
