using Router.Packets;

namespace Router.Neighbors;

/// <summary>What stations of a link say to each other, in either family: ARP and Neighbor Discovery.</summary>
internal sealed class NeighborMessages(ArpExchange arp, NdExchange nd)
{
    /// <summary>Takes in a message. <paramref name="learned"/> is the neighbour that it told of; negative: none.</summary>
    public Verdict Receive(in Packet packet, long now, out int learned) =>
        packet.IsIpv6 ? nd.Receive(packet, now, out learned) : arp.Receive(packet, now, out learned);

    /// <summary>Answers a message that was delivered, where it asks for our address.</summary>
    public void Answer(ref Packet packet)
    {
        if (packet.IsIpv6)
            nd.Answer(packet);
        else if (arp.TryMakeReply(packet))
            LocalSender.SendBack(ref packet);
    }

    public void Request(in Neighbor neighbor)
    {
        if (neighbor.Address.IsIpv4)
            arp.Request(neighbor);
        else
            NdExchange.Request(neighbor);
    }
}
