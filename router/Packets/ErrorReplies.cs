using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>
/// What the sender of a dropped packet is told. The packet's bytes still are as they arrived, so they are what an ICMP error quotes. Every answer leaves by the
/// interface that the packet came in by, to the station that it came from.
/// </summary>
internal sealed class ErrorReplies(ErrorLimiter limiter)
{
    /// <summary>RFC 1812 section 4.3.2.3: as much of the packet as fits into 576 bytes. ICMPv6: into the least MTU (RFC 4443 section 2.4 (c)).</summary>
    private const int LargestError = 576;

    private const byte InternetControl = 0xC0;

    /// <summary>An ICMP error about the packet, where one may be sent. True where one is on its way.</summary>
    public bool SendIcmp(in Packet packet, Answer answer, long now)
    {
        // RFC 4443 section 2.2 (a): what was sent to an address of ours is answered from there.
        bool isAboutUs = answer is Answer.PortUnreachable or Answer.ProtocolUnreachable;
        IpAddress source = packet.IsIpv6 && isAboutUs ? packet.Destination : packet.SourceOfAnswers;
        if (!ErrorMessages.TryFind(packet, answer, out byte type, out byte code, out uint field) || !MayBeAnswered(packet) || source.IsUnspecified
            || !limiter.Allows(packet.Source, now))
            return false;
        int header = packet.IsIpv6 ? Ipv6Header.Size : Ipv4Header.MinimumSize;
        int quote = Math.Min(packet.NetworkLength, (packet.IsIpv6 ? Ipv6Header.MinimumMtu : LargestError) - header - IcmpMessage.HeaderSize);
        Span<byte> bytes = Begin(packet, packet.IsIpv6 ? Icmpv6.Protocol : Ipv4Header.Icmp, IcmpMessage.HeaderSize + quote, InternetControl, source);
        Span<byte> message = bytes[(Packet.NetworkOffset + header)..];
        IcmpMessage.WriteError(message, type, code, field);
        packet.Network[..quote].CopyTo(message[IcmpMessage.HeaderSize..]);
        if (packet.IsIpv6)
            TransportChecksum.Complete(message, source, packet.Source, Icmpv6.Protocol);
        else
            new IcmpMessage(message).CompleteChecksum();
        return OwnPacket.Send(packet.Ingress, bytes.Length);
    }

    /// <summary>A RST from the packet's destination (RFC 9293 section 3.10.7.1), where one may be sent: never about a RST, a bad checksum or a fragment.</summary>
    public bool SendReset(in Packet packet, long now)
    {
        if (!packet.IsTcp || (packet.TcpFlags & TcpFlags.Rst) != 0 || packet.IsFragment || !TransportChecksum.IsValid(packet)
            || !MayBeAnswered(packet) || !limiter.Allows(packet.Source, now))
            return false;
        var segment = new TcpHeader(packet.Transport);
        Span<byte> bytes = Begin(packet, Ipv4Header.Tcp, TcpHeader.MinimumSize, tos: 0, packet.Destination), reset = bytes[^TcpHeader.MinimumSize..];
        if ((packet.TcpFlags & TcpFlags.Ack) != 0)
        {
            TcpHeader.Write(reset, packet.DestinationPort, packet.SourcePort, segment.Acknowledgment, 0, TcpFlags.Rst);
        }
        else
        {
            uint length = (uint)(packet.TransportLength - packet.TransportHeaderLength)
                + ((packet.TcpFlags & TcpFlags.Syn) != 0 ? 1u : 0) + ((packet.TcpFlags & TcpFlags.Fin) != 0 ? 1u : 0);
            TcpHeader.Write(reset, packet.DestinationPort, packet.SourcePort, 0, segment.Sequence + length, TcpFlags.Rst | TcpFlags.Ack);
        }

        TransportChecksum.Complete(reset, packet.Destination, packet.Source, Ipv4Header.Tcp);
        return OwnPacket.Send(packet.Ingress, bytes.Length);
    }

    /// <summary>RFC 1812 section 4.3.2.7, RFC 4443 section 2.4 (e).</summary>
    private static bool MayBeAnswered(in Packet packet)
    {
        if (packet.FragmentUnits != 0 || packet.Source.IsUnspecified || packet.IsIcmp && IsNeverAnswered(packet) || packet.IsIpv6 && packet.Destination.IsIpv6Multicast)
            return false;
        var ethernet = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]);
        return !ethernet.Destination.IsGroup && !ethernet.Source.IsGroup;
    }

    /// <summary>Whose error nobody is told of. A message that is cut short counts as one.</summary>
    private static bool IsNeverAnswered(in Packet packet) => packet.TransportLength < IcmpMessage.HeaderSize
        || (packet.IsIpv6 ? Icmpv6.IsNeverAnswered(packet.Transport[0]) : new IcmpMessage(packet.Transport).IsNeverAnswered);

    /// <summary>A frame to where the packet came from, with its headers written.</summary>
    private static Span<byte> Begin(in Packet packet, byte protocol, int transportLength, byte tos, in IpAddress source) =>
        OwnPacket.Begin(packet.Ingress, new EthernetHeader(packet.Bytes[VirtioHeader.Size..]).Source, source, packet.Source, protocol, transportLength, tos);
}
