using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>
/// What the sender of a dropped packet is told. The packet's bytes still are as they arrived, so they are what an ICMP error quotes. Every answer leaves by the
/// interface that the packet came in by, to the station that it came from.
/// </summary>
internal sealed class ErrorReplies(ErrorLimiter limiter)
{
    /// <summary>RFC 1812 section 4.3.2.3: as much of the packet as fits into 576 bytes.</summary>
    private const int LargestError = 576;

    private const byte InternetControl = 0xC0;

    /// <summary>An ICMP error about the packet, where one may be sent. True where one is on its way.</summary>
    public bool SendIcmp(in Packet packet, byte type, byte code, ushort nextHopMtu, long now)
    {
        if (!MayBeAnswered(packet) || packet.Ingress.Ipv4Address.IsUnspecified || !limiter.Allows(packet.Source, now))
            return false;
        int quote = Math.Min(packet.NetworkLength, LargestError - Ipv4Header.MinimumSize - IcmpMessage.HeaderSize);
        int length = Ipv4Header.MinimumSize + IcmpMessage.HeaderSize + quote;
        Span<byte> bytes = Begin(packet, length);
        Ipv4Header.Write(bytes[Packet.NetworkOffset..], (ushort)length, Ipv4Header.Icmp, Ipv4Header.DefaultTtl, InternetControl, packet.Ingress.Ipv4Address, packet.Source);
        Span<byte> message = bytes[(Packet.NetworkOffset + Ipv4Header.MinimumSize)..];
        IcmpMessage.WriteError(message, type, code, nextHopMtu);
        packet.Network[..quote].CopyTo(message[IcmpMessage.HeaderSize..]);
        new IcmpMessage(message).CompleteChecksum();
        return Send(packet, bytes.Length);
    }

    /// <summary>A RST from the packet's destination (RFC 9293 section 3.10.7.1), where one may be sent: never about a RST, a bad checksum or a fragment.</summary>
    public bool SendReset(in Packet packet, long now)
    {
        if (!packet.IsTcp || (packet.TcpFlags & TcpFlags.Rst) != 0 || packet.IsFragment || !TransportChecksum.IsValid(packet)
            || !MayBeAnswered(packet) || !limiter.Allows(packet.Source, now))
            return false;
        var segment = new TcpHeader(packet.Transport);
        const int Length = Ipv4Header.MinimumSize + TcpHeader.MinimumSize;
        Span<byte> bytes = Begin(packet, Length);
        Ipv4Header.Write(bytes[Packet.NetworkOffset..], Length, Ipv4Header.Tcp, Ipv4Header.DefaultTtl, 0, packet.Destination, packet.Source);
        Span<byte> reset = bytes[(Packet.NetworkOffset + Ipv4Header.MinimumSize)..];
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
        return Send(packet, bytes.Length);
    }

    /// <summary>RFC 1812 section 4.3.2.7.</summary>
    private static bool MayBeAnswered(in Packet packet)
    {
        if (packet.FragmentUnits != 0 || packet.Source.IsUnspecified || packet.Protocol == Ipv4Header.Icmp && new IcmpMessage(packet.Transport).IsNeverAnswered)
            return false;
        var ethernet = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]);
        return !ethernet.Destination.IsGroup && !ethernet.Source.IsGroup;
    }

    private static Span<byte> Begin(in Packet packet, int networkLength)
    {
        Span<byte> bytes = packet.Ingress.Device.Output.GetSpan(Packet.NetworkOffset + networkLength)[..(Packet.NetworkOffset + networkLength)];
        bytes[..VirtioHeader.Size].Clear();
        _ = new EthernetHeader(bytes[VirtioHeader.Size..])
        {
            Destination = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]).Source,
            Source = packet.Ingress.Mac,
            EtherType = EthernetHeader.Ipv4,
        };
        return bytes;
    }

    private static bool Send(in Packet packet, int bytes)
    {
        bool isQueued = packet.Ingress.Device.Output.TryAdvance(bytes);
        if (isQueued)
            packet.Ingress.Counters.GeneratedFrames++;
        return isQueued;
    }
}
