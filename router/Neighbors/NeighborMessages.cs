using Router.Packets;
using Router.Routing;

namespace Router.Neighbors;

/// <summary>What stations of a link say to each other, in either family: ARP and Neighbor Discovery.</summary>
internal sealed class NeighborMessages
{
    private readonly OwnAddresses _own;
    private readonly DuplicateAddressDetection _detection;
    private readonly RouterAdvertiser _advertiser;
    private readonly ArpExchange _arp;
    private readonly NdExchange _nd;

    public NeighborMessages(RouteTable routes, NeighborCache neighbors, OwnAddresses own, DuplicateAddressDetection detection, RouterAdvertiser advertiser)
    {
        (_own, _detection, _advertiser) = (own, detection, advertiser);
        _arp = new ArpExchange(routes, neighbors, own);
        _nd = new NdExchange(routes, neighbors, detection, advertiser);
    }

    /// <summary>Says what is due without a question: announcements, detection of duplicates, router advertisements.</summary>
    public void Sweep(long now)
    {
        _own.AnnounceWhereUp();
        _detection.Sweep(now);
        _advertiser.Sweep(now);
    }

    /// <summary>Takes in a message. <paramref name="learned"/> is the neighbour that it told of; negative: none.</summary>
    public Verdict Receive(in Packet packet, long now, out int learned) =>
        packet.IsIpv6 ? _nd.Receive(packet, now, out learned) : _arp.Receive(packet, now, out learned);

    /// <summary>Answers a message that was delivered, where it asks for our address.</summary>
    public void Answer(ref Packet packet)
    {
        if (packet.IsIpv6)
            _nd.Answer(packet);
        else if (_arp.TryMakeReply(packet))
            LocalSender.SendBack(ref packet);
    }

    public void Request(in Neighbor neighbor)
    {
        if (neighbor.Address.IsIpv4)
            _arp.Request(neighbor);
        else
            NdExchange.Request(neighbor);
    }
}
