using Router.Packets;
using Router.Routing;
using Router.Wire;
using TapDev;

namespace Router.Neighbors;

/// <summary>ARP (RFC 826): what arrives, and what is asked.</summary>
internal sealed class ArpExchange(RouteTable routes, NeighborCache neighbors, OwnAddresses own)
{
    private const int FrameSize = EthernetHeader.Size + ArpMessage.Size;

    /// <summary>Takes in a message. <paramref name="learned"/> is the neighbour that it told of; negative: none.</summary>
    public Verdict Receive(in Packet packet, long now, out int learned)
    {
        learned = NeighborCache.None;
        Span<byte> bytes = packet.Bytes[Packet.NetworkOffset..];
        if (!ArpMessage.TryParse(bytes, out ArpMessage message))
            return DropReason.InvalidArp;
        bool isForUs = IsOurs(message.Target, packet.Ingress), isProbe = message.Sender.Ipv4 == 0;
        if (!isProbe)
        {
            if (!message.SenderMac.IsGroup && message.SenderMac != packet.Ingress.Mac && IsOurs(message.Sender, packet.Ingress))
            {
                own.Defend(packet.Ingress, message.Sender, message.SenderMac, now);
                return DropReason.ArpDuplicateAddress;
            }

            if (!message.SenderMac.IsStation || routes.Lookup(message.Sender) is not { Kind: RouteKind.Connected } route || route.Interface != packet.Ingress)
                return DropReason.ArpSpoofedSender;
            // Who asks us is about to talk to us (RFC 826); who answers was asked. A gratuitous message updates what is known already.
            bool asksUs = isForUs && message.Operation == ArpMessage.Request;
            if (isForUs || message.Sender == message.Target)
                learned = neighbors.Learn(packet.Ingress, message.Sender, message.SenderMac, now, add: asksUs);
        }

        return isForUs || learned != NeighborCache.None ? Verdict.Delivered : DropReason.ArpNotForUs;
    }

    /// <summary>Turns a request for our address into its answer, in place. False where the message is none.</summary>
    public bool TryMakeReply(in Packet packet)
    {
        if (!ArpMessage.TryParse(packet.Bytes[Packet.NetworkOffset..], out ArpMessage message)
            || message.Operation != ArpMessage.Request || !IsOurs(message.Target, packet.Ingress))
            return false;
        MacAddress asker = message.SenderMac;
        IpAddress ours = message.Target, theirs = message.Sender;
        ArpMessage.Write(packet.Bytes[Packet.NetworkOffset..], ArpMessage.Reply, packet.Ingress.Mac, ours, asker, theirs);
        _ = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]) { Destination = asker, Source = packet.Ingress.Mac };
        // Nobody held it against the message, and the kernel would act on it.
        packet.Bytes[..VirtioHeader.Size].Clear();
        return true;
    }

    /// <summary>Asks for a neighbour: everybody, or the one itself where its address was known (RFC 1122 section 2.3.2.1).</summary>
    public void Request(in Neighbor neighbor)
    {
        // The last one goes to everybody again: the address may have moved to another station.
        bool isPoll = neighbor.State == NeighborState.Stale && neighbor.Requests < NeighborCache.RequestsBeforeFailure;
        Ask(neighbor.Interface, isPoll ? neighbor.Mac : MacAddress.Broadcast, SourceFor(neighbor.Interface, neighbor.Address), neighbor.Address);
    }

    /// <summary>Tells everybody of an address of ours (RFC 5227 section 2.3, an ARP Announcement).</summary>
    public static void Announce(Interface egress, in IpAddress address) => Ask(egress, MacAddress.Broadcast, address, address);

    private static void Ask(Interface egress, MacAddress station, in IpAddress source, in IpAddress target)
    {
        Span<byte> bytes = egress.Device.Output.GetSpan(VirtioHeader.Size + FrameSize)[..(VirtioHeader.Size + FrameSize)];
        bytes[..VirtioHeader.Size].Clear();
        _ = new EthernetHeader(bytes[VirtioHeader.Size..]) { Destination = station, Source = egress.Mac, EtherType = EthernetHeader.Arp };
        ArpMessage.Write(bytes[Packet.NetworkOffset..], ArpMessage.Request, egress.Mac, source, default, target);
        if (egress.Device.Output.TryAdvance(bytes.Length))
            egress.Counters.GeneratedFrames++;
    }

    private bool IsOurs(in IpAddress address, Interface ingress) => routes.Lookup(address) is { Kind: RouteKind.Local } route && route.Interface == ingress;

    private static IpAddress SourceFor(Interface egress, IpAddress neighbor)
    {
        foreach ((IpAddress address, int length) in egress.Addresses)
            if (address.IsIpv4 && IpPrefix.Containing(address, length).Contains(neighbor))
                return address;
        return egress.Ipv4Address;
    }
}
