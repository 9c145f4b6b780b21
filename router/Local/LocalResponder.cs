using Router.Packets;
using Router.Wire;
using TapDev;

namespace Router.Local;

/// <summary>What the router itself answers (RFC 1122, RFC 4443): echo; every port is closed.</summary>
internal sealed class LocalResponder(ErrorReplies replies)
{
    public void Answer(ref Packet packet, long now)
    {
        switch (packet.Protocol)
        {
            case Ipv4Header.Icmp when !packet.IsIpv6:
            case Icmpv6.Protocol when packet.IsIpv6:
                if (TryMakeEchoReply(packet))
                    LocalSender.SendBack(ref packet);
                break;
            case Ipv4Header.Tcp:
                replies.SendReset(packet, now);
                break;
            case Ipv4Header.Udp:
                replies.SendIcmp(packet, Packets.Answer.PortUnreachable, now);
                break;
            default:
                replies.SendIcmp(packet, Packets.Answer.ProtocolUnreachable, now);
                break;
        }
    }

    /// <summary>Turns the request into its reply, in place (RFC 1122 section 3.2.2.6, RFC 4443 section 4.2).</summary>
    private static bool TryMakeEchoReply(in Packet packet)
    {
        var echo = new IcmpMessage(packet.Transport);
        byte request = packet.IsIpv6 ? Icmpv6.EchoRequest : IcmpMessage.EchoRequest, reply = packet.IsIpv6 ? Icmpv6.EchoReply : IcmpMessage.EchoReply;
        if (echo.Type != request || packet.IsFragment || !(packet.IsIpv6 ? TransportChecksum.IsValid(packet) : echo.ChecksumIsValid))
            return false;
        var ethernet = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]);
        if (ethernet.Destination.IsGroup)
            return false;
        echo.Type = reply;
        echo.ChecksumField = Checksum.Apply(echo.ChecksumField, Checksum.Difference((ushort)(request << 8), (ushort)(reply << 8)));
        TurnAround(packet);
        ethernet.Destination = ethernet.Source;
        ethernet.Source = packet.Ingress.Mac;
        return true;
    }

    /// <summary>RFC 1122 section 3.2.1.7: a TTL of our own. With the request's, which a traceroute has nearly used up, it would not get far.</summary>
    private static void TurnAround(in Packet packet)
    {
        if (packet.IsIpv6)
        {
            var header = new Ipv6Header(packet.Network) { HopLimit = Ipv6Header.DefaultHopLimit };
            header.SetAddresses(packet.Destination, packet.Source);
        }
        else
        {
            new Ipv4Header(packet.Network).Rewrite(packet.Destination, packet.Source, hops: packet.Ttl - Ipv4Header.DefaultTtl);
        }
    }
}
