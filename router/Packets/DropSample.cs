using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>
/// The last frame that an interface dropped for a reason, as far as it was read: addresses are unspecified, and ports and protocol zero, where the frame ended before it said.
/// </summary>
internal struct DropSample
{
    /// <summary>The loop's milliseconds.</summary>
    public long At;

    public IpAddress Source, Destination;

    /// <summary>The Ethernet address that sent it.</summary>
    public MacAddress Station;
    public ushort SourcePort, DestinationPort, EtherType;
    public byte Protocol;

    /// <summary>Whether there was such a frame.</summary>
    public bool IsTaken;

    public static DropSample Of(in Packet packet, long now)
    {
        var sample = new DropSample
        {
            At = now,
            Source = packet.Source,
            Destination = packet.Destination,
            SourcePort = packet.SourcePort,
            DestinationPort = packet.DestinationPort,
            Protocol = packet.Protocol,
            IsTaken = true,
        };
        if (packet.Bytes.Length < Packet.NetworkOffset)
            return sample;
        var ethernet = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]);
        (sample.Station, sample.EtherType) = (ethernet.Source, ethernet.EtherType);
        return sample;
    }
}
