using Router.Packets;
using Router.Routing;
using Router.Wire;
using TapDev;

namespace Router.Neighbors;

/// <summary>Neighbor Discovery (RFC 4861): what arrives, what is answered between neighbours, and what is asked.</summary>
internal sealed class NdExchange(RouteTable routes, NeighborCache neighbors, DuplicateAddressDetection detection, RouterAdvertiser advertiser)
{
    private const int MostBytes = 24 + NdOption.Unit;

    /// <summary>Takes in a message. <paramref name="learned"/> is the neighbour that it told of; negative: none.</summary>
    public Verdict Receive(in Packet packet, long now, out int learned)
    {
        learned = NeighborCache.None;
        // RFC 6980: never in fragments, not even in one that is whole.
        if (packet.FragmentStart != 0 || !NdMessage.TryParse(packet.Transport, packet.Source, packet.Destination, packet.Ttl, out NdMessage message))
            return DropReason.InvalidNeighborDiscovery;
        return message.Type switch
        {
            NdMessage.NeighborSolicitation or NdMessage.NeighborAdvertisement when detection.IsClaim(packet, message, now) => DropReason.NeighborDiscoveryDuplicateAddress,
            NdMessage.NeighborSolicitation => ReceiveSolicitation(packet, message, now, out learned),
            NdMessage.NeighborAdvertisement => ReceiveAdvertisement(packet, message, now, out learned),
            NdMessage.RouterSolicitation => ReceiveRouterSolicitation(packet, message, now, out learned),
            _ => advertiser.Inspect(packet, message, now),
        };
    }

    /// <summary>Answers a solicitation for our address. Other messages need no answer.</summary>
    public void Answer(in Packet packet)
    {
        if (!NdMessage.TryParse(packet.Transport, packet.Source, packet.Destination, packet.Ttl, out NdMessage message) || message.Type != NdMessage.NeighborSolicitation)
            return;
        Interface egress = packet.Ingress;
        IpAddress target = message.Target;

        // Section 7.2.4: who has no address yet asks whether he may have ours, and everybody is told.
        bool isProbe = packet.Source == default;
        IpAddress asker = isProbe ? IpAddress.AllNodes : packet.Source;
        MacAddress station = isProbe ? MacAddress.OfGroup(asker) : message.TryReadMac(out MacAddress mac) ? mac : new EthernetHeader(packet.Bytes[VirtioHeader.Size..]).Source;
        Span<byte> frame = NdSender.Begin(egress, MostBytes);
        var writer = new NdWriter(frame[NdSender.MessageOffset..]);
        writer.NeighborAdvertisement(NeighborFlags.Router | NeighborFlags.Override | (isProbe ? NeighborFlags.None : NeighborFlags.Solicited), target);
        writer.LinkLayerAddress(NdOption.TargetLinkLayerAddress, egress.Mac);
        writer.Finish(target, asker);
        NdSender.Send(egress, frame, writer.Length, station, target, asker);
    }

    /// <summary>Asks for a neighbour: its group, or the one itself where it is probed (section 7.3.3).</summary>
    public static void Request(in Neighbor neighbor)
    {
        Interface egress = neighbor.Interface;
        IpAddress source = SourceFor(egress, neighbor.Address);
        if (source.IsUnspecified)
            return;
        bool isProbe = neighbor.State == NeighborState.Probe;
        IpAddress destination = isProbe ? neighbor.Address : neighbor.Address.SolicitedNode;
        Span<byte> frame = NdSender.Begin(egress, MostBytes);
        var writer = new NdWriter(frame[NdSender.MessageOffset..]);
        writer.NeighborSolicitation(neighbor.Address);
        writer.LinkLayerAddress(NdOption.SourceLinkLayerAddress, egress.Mac);
        writer.Finish(source, destination);
        NdSender.Send(egress, frame, writer.Length, isProbe ? neighbor.Mac : MacAddress.OfGroup(destination), source, destination);
    }

    /// <summary>Sections 7.2.3 and 7.2.4.</summary>
    private Verdict ReceiveSolicitation(in Packet packet, NdMessage message, long now, out int learned)
    {
        learned = NeighborCache.None;
        if (!packet.Ingress.Uses(message.Target))
            return DropReason.NeighborDiscoveryNotForUs;
        if (packet.Source == default)
            return Verdict.Delivered;
        if (!IsNeighbor(packet.Source, packet.Ingress))
            return DropReason.NeighborDiscoverySpoofedSender;
        if (message.TryReadMac(out MacAddress mac))
            learned = neighbors.Suggest(packet.Ingress, packet.Source, mac, now);
        return Verdict.Delivered;
    }

    /// <summary>Section 6.2.6: the advertisement that answers goes to everybody, and who asked is a neighbour from now on.</summary>
    private Verdict ReceiveRouterSolicitation(in Packet packet, NdMessage message, long now, out int learned)
    {
        learned = NeighborCache.None;
        if (packet.Source != default && !IsNeighbor(packet.Source, packet.Ingress))
            return DropReason.NeighborDiscoverySpoofedSender;
        Verdict verdict = advertiser.Solicit(packet.Ingress, now);
        if (verdict.Outcome == Outcome.Delivered && message.TryReadMac(out MacAddress mac))
            learned = neighbors.Suggest(packet.Ingress, packet.Source, mac, now);
        return verdict;
    }

    /// <summary>Section 7.2.5.</summary>
    private Verdict ReceiveAdvertisement(in Packet packet, NdMessage message, long now, out int learned)
    {
        learned = NeighborCache.None;
        if (!IsNeighbor(message.Target, packet.Ingress))
            return DropReason.NeighborDiscoverySpoofedSender;
        MacAddress? mac = message.TryReadMac(out MacAddress given) ? given : null;
        learned = neighbors.Advertise(packet.Ingress, message.Target, mac, message.NeighborFlags, now);
        return learned == NeighborCache.None ? DropReason.NeighborDiscoveryNotForUs : Verdict.Delivered;
    }

    /// <summary>An address of the link that is not our own.</summary>
    private bool IsNeighbor(in IpAddress address, Interface ingress) => !ingress.Owns(address)
        && (address.IsLinkLocal || routes.Lookup(address) is { Kind: RouteKind.Connected } route && route.Interface == ingress);

    private static IpAddress SourceFor(Interface egress, in IpAddress neighbor)
    {
        if (neighbor.IsLinkLocal && !egress.LinkLocalAddress.IsUnspecified)
            return egress.LinkLocalAddress;
        foreach ((IpAddress address, int length) in egress.Addresses)
            if (!address.IsIpv4 && IpPrefix.Containing(address, length).Contains(neighbor) && egress.Uses(address))
                return address;
        return egress.Ipv6Address;
    }
}
