using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>The IPv6 half of the first stage: header, extension headers, addresses, then the same transport headers as IPv4's.</summary>
internal static class Ipv6Parser
{
    /// <summary>How long the headers before the payload of a super-frame may be: they are copied for each segment.</summary>
    public const int MostHeadersOfSuperFrame = 256;

    public static Verdict Parse(ref Packet packet)
    {
        if (!Ipv6Header.TryParse(packet.Bytes[Packet.NetworkOffset..], out Ipv6Header header))
            return DropReason.InvalidIpv6Header;
        packet.IsIpv6 = true;
        packet.GsoType = VirtioHeader.GsoType(packet.Bytes);
        packet.NetworkLength = Ipv6Header.Size + header.PayloadLength;
        packet.TransportOffset = Packet.NetworkOffset + Ipv6Header.Size;
        packet.Source = packet.RealSource = header.Source;
        packet.Destination = packet.RealDestination = header.Destination;
        packet.Protocol = header.NextHeader;
        packet.Ttl = header.HopLimit;
        packet.Pointer = Ipv6Header.NextHeaderOffset;

        // Nobody on the way fragments (RFC 8200 section 4.5).
        packet.DontFragment = packet.IsPlain = true;
        if (IsForbidden(packet.Source) && packet.Source != default || packet.Source.IsIpv6Multicast)
            return DropReason.MartianSource;
        if (IsForbidden(packet.Destination))
            return DropReason.MartianDestination;
        if (packet.Protocol is not (Ipv4Header.Tcp or Ipv4Header.Udp) && WalkChain(ref packet) is { IsFinal: true } fault)
            return fault;
        if (packet.IsNeighborMessage)
            return Verdict.Continue;
        if (packet.Source == default)
            return DropReason.MartianSource;
        if (packet.Destination.IsIpv6Multicast)
            return DropReason.MulticastNotRouted;
        if (packet.FragmentUnits == 0 && !packet.IsTinyFragment && PacketParser.ParseTransport(ref packet) is { IsFinal: true } truncated)
        {
            if (!packet.MoreFragments)
                return truncated;
            packet.IsTinyFragment = true;
        }

        bool isOffloaded = packet.GsoType != VirtioHeader.GsoNone;
        return isOffloaded && packet.TransportOffset - Packet.NetworkOffset > MostHeadersOfSuperFrame ? DropReason.InvalidOffloadHeader : OffloadParser.Parse(ref packet);
    }

    /// <summary>
    /// ::/64, which has no host: the unspecified and the loopback address, and the forms of IPv4 addresses (RFC 4291 section 2.5.5), one of which stands for IPv4 in
    /// this program. An IPv6 packet must never be taken for an IPv4 one.
    /// </summary>
    private static bool IsForbidden(in IpAddress address) => address.High == 0;

    private static Verdict WalkChain(ref Packet packet)
    {
        Ipv6Chain chain = Ipv6Chain.Walk(packet.Network);
        packet.Protocol = chain.Protocol;
        packet.TransportOffset = Packet.NetworkOffset + chain.TransportOffset;
        packet.FragmentStart = chain.FragmentStart == 0 ? 0 : Packet.NetworkOffset + chain.FragmentStart;
        packet.FragmentUnits = chain.FragmentUnits;
        packet.MoreFragments = chain.MoreFragments;
        packet.Identification = chain.Identification;
        packet.IsAuthenticated = chain.IsAuthenticated;
        packet.Pointer = chain.Pointer;
        packet.IsPlain = !packet.IsFragment;
        packet.LeavesSessionAlone = packet.FragmentUnits != 0;
        if (chain.Fault == ChainFault.Truncated && packet is { MoreFragments: true, FragmentUnits: 0 })
        {
            // RFC 7112: the fragment's tracker is told, so that no other of the datagram passes.
            packet.IsTinyFragment = true;
            return Verdict.Continue;
        }

        if (chain.Fault != ChainFault.None)
            return ReasonFor(chain.Fault);
        packet.IsNeighborMessage = packet is { Protocol: Icmpv6.Protocol, FragmentUnits: 0, TransportLength: > 0 } && NdMessage.IsType(packet.Transport[0]);
        return Verdict.Continue;
    }

    private static DropReason ReasonFor(ChainFault fault) => fault switch
    {
        ChainFault.TooLong => DropReason.HeaderChainTooLong,
        ChainFault.Unknown => DropReason.UnknownNextHeader,
        ChainFault.DeprecatedRouting => DropReason.RoutingHeaderType0,
        ChainFault.SourceRouted => DropReason.SourceRouted,
        _ => DropReason.InvalidExtensionHeader,
    };
}
