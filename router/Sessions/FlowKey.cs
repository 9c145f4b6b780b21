using Router.Packets;
using Router.Wire;

namespace Router.Sessions;

/// <summary>One tuple of a session, as a packet shows it: 40 bytes for both families. ICMP echo has its identifier in the source port of the request and in the destination port of the reply.</summary>
internal readonly record struct FlowKey(IpAddress Source, IpAddress Destination, ulong Rest)
{
    private const int SourcePortShift = 48, DestinationPortShift = 32, ProtocolShift = 8;

    public FlowKey(IpAddress source, ushort sourcePort, IpAddress destination, ushort destinationPort, byte protocol, byte zone)
        : this(source, destination, Pack(sourcePort, destinationPort, protocol, zone))
    {
    }

    /// <summary>All but the addresses, as <see cref="Rest"/>.</summary>
    public static ulong Pack(ushort sourcePort, ushort destinationPort, byte protocol, byte zone) =>
        (ulong)sourcePort << SourcePortShift | (ulong)destinationPort << DestinationPortShift | (ulong)protocol << ProtocolShift | zone;

    public static FlowKey Of(in Packet packet) =>
        new(packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort, packet.Protocol, zone: 0);

    public ushort SourcePort => (ushort)(Rest >> SourcePortShift);

    public ushort DestinationPort => (ushort)(Rest >> DestinationPortShift);

    public byte Protocol => (byte)(Rest >> ProtocolShift);

    /// <summary>The tuple of the answers to this one where nothing is translated.</summary>
    public FlowKey Reversed => new(Destination, DestinationPort, Source, SourcePort, Protocol, (byte)Rest);

    public override string ToString() => Protocol switch
    {
        Ipv4Header.Tcp => $"tcp {Source}:{SourcePort} > {Destination}:{DestinationPort}",
        Ipv4Header.Udp => $"udp {Source}:{SourcePort} > {Destination}:{DestinationPort}",
        Ipv4Header.Icmp => $"icmp {Source} > {Destination} id {SourcePort | DestinationPort}",
        _ => $"protocol {Protocol} {Source} > {Destination}",
    };
}
