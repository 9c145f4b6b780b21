using Router.Packets;
using Router.Wire;
using TapDev;

namespace Router.Local;

/// <summary>What the router itself answers (RFC 1122): echo; every port is closed.</summary>
internal sealed class LocalResponder(ErrorReplies replies)
{
    public void Answer(ref Packet packet, long now)
    {
        switch (packet.Protocol)
        {
            case Ipv4Header.Icmp:
                if (TryMakeEchoReply(packet))
                    LocalSender.SendBack(ref packet);
                break;
            case Ipv4Header.Tcp:
                replies.SendReset(packet, now);
                break;
            case Ipv4Header.Udp:
                replies.SendIcmp(packet, IcmpMessage.Unreachable, IcmpMessage.PortUnreachable, nextHopMtu: 0, now);
                break;
            default:
                replies.SendIcmp(packet, IcmpMessage.Unreachable, IcmpMessage.ProtocolUnreachable, nextHopMtu: 0, now);
                break;
        }
    }

    /// <summary>Turns the request into its reply, in place (RFC 1122 section 3.2.2.6).</summary>
    private static bool TryMakeEchoReply(in Packet packet)
    {
        var echo = new IcmpMessage(packet.Transport);
        if (echo.Type != IcmpMessage.EchoRequest || packet.IsFragment || !echo.ChecksumIsValid)
            return false;
        var ethernet = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]);
        if (ethernet.Destination.IsGroup)
            return false;
        echo.Type = IcmpMessage.EchoReply;
        echo.ChecksumField = Checksum.Apply(echo.ChecksumField, Checksum.Difference((ushort)(IcmpMessage.EchoRequest << 8), (ushort)(IcmpMessage.EchoReply << 8)));
        // RFC 1122 section 3.2.1.7: a TTL of our own. With the request's, which a traceroute has nearly used up, it would not get far.
        new Ipv4Header(packet.Network).Rewrite(packet.Destination, packet.Source, hops: packet.Ttl - Ipv4Header.DefaultTtl);
        ethernet.Destination = ethernet.Source;
        ethernet.Source = packet.Ingress.Mac;
        return true;
    }
}
