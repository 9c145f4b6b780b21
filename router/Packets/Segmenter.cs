using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>
/// Software segmentation, for an interface whose peer takes no super-frames: cuts one into the segments that a network card would make of it (TCP: RFC 9293, the
/// flags as Linux sets them: FIN and PSH on the last, CWR on the first). Also completes a checksum that was left to the offload.
/// </summary>
internal static class Segmenter
{
    /// <summary>The longest headers of a segment: TCP's have room for 40 bytes of options.</summary>
    private const int LongestHeaders = Packet.NetworkOffset + Ipv6Parser.MostHeadersOfSuperFrame + 60;

    /// <summary>
    /// Queues the segments, or the one frame with its checksum complete; where they are larger than the link's MTU, their fragments. False, and nothing is queued,
    /// where they do not all have room. The last one carries the tag. The frame's bytes are used up.
    /// </summary>
    public static bool TrySend(Span<byte> frame, FrameWriter output, int tag, int mtu)
    {
        bool isIpv6 = new EthernetHeader(frame[VirtioHeader.Size..]).EtherType == EthernetHeader.Ipv6;

        // The virtio header was held against the packet when it came: where it says that the sum begins is the transport header.
        int transportOffset = VirtioHeader.Size + VirtioHeader.ChecksumStart(frame);
        bool isTcp = VirtioHeader.ChecksumOffset(frame) == TcpHeader.ChecksumOffset;
        int headers = transportOffset + (isTcp ? new TcpHeader(frame[transportOffset..]).HeaderLength : UdpHeader.Size);
        int payload = Packet.NetworkOffset + LengthOf(frame, isIpv6) - headers;
        int size = VirtioHeader.GsoType(frame) == VirtioHeader.GsoNone ? Math.Max(payload, 1) : VirtioHeader.GsoSize(frame);
        int segments = Math.Max(1, (payload + size - 1) / size);
        int pieces = isIpv6 ? 1 : Fragmenter.Count(Math.Min(size, payload) + headers - Packet.NetworkOffset, transportOffset - Packet.NetworkOffset, mtu);
        if (output.RoomToGenerate < segments * pieces)
            return false;

        // One frame has its headers in place, however long they are: only those of a super-frame have a bound.
        Span<byte> template = segments > 1 ? stackalloc byte[LongestHeaders] : [];
        if (segments > 1)
        {
            template = template[..headers];
            frame[..headers].CopyTo(template);
        }

        for (int i = 0; i < segments; i++)
        {
            // Each segment is made where its payload is, over the end of the one before, which has left by then.
            int from = i * size;
            Span<byte> segment = frame.Slice(from, headers + Math.Min(size, payload - from));
            template.CopyTo(segment);
            bool isLast = i == segments - 1;
            int segmentTag = isLast ? tag : WriteAccounts.Piece;
            FinishTransport(segment[transportOffset..], isTcp, i, from, isLast);
            FinishNetwork(segment, transportOffset, isTcp ? Ipv4Header.Tcp : Ipv4Header.Udp, isIpv6, i);
            if (!(isIpv6 ? LocalSender.TryCopy(output, segment, segmentTag) : Fragmenter.Queue(segment, output, segmentTag, mtu)))
                return false;
        }

        return true;
    }

    private static int LengthOf(Span<byte> frame, bool isIpv6)
    {
        Span<byte> network = frame[Packet.NetworkOffset..];
        return Math.Min(network.Length, isIpv6 ? Ipv6Header.Size + new Ipv6Header(network).PayloadLength : new Ipv4Header(network).TotalLength);
    }

    private static void FinishTransport(Span<byte> transport, bool isTcp, int number, int from, bool isLast)
    {
        if (isTcp)
        {
            var tcp = new TcpHeader(transport);
            tcp.Sequence += (uint)from;
            if (!isLast)
                tcp.Flags &= ~(TcpFlags.Fin | TcpFlags.Psh);
            if (number > 0)
                tcp.Flags &= ~TcpFlags.Cwr;
        }
        else
        {
            var udp = new UdpHeader(transport);
            udp.Length = (ushort)transport.Length;
        }
    }

    /// <summary>The header of one segment, and the checksum, which covers the addresses.</summary>
    private static void FinishNetwork(Span<byte> segment, int transportOffset, byte protocol, bool isIpv6, int number)
    {
        segment[..VirtioHeader.Size].Clear();
        Span<byte> network = segment[Packet.NetworkOffset..];
        if (isIpv6)
        {
            var header = new Ipv6Header(network) { PayloadLength = (ushort)(network.Length - Ipv6Header.Size) };
            TransportChecksum.Complete(segment[transportOffset..], header.Source, header.Destination, protocol);
        }
        else
        {
            var header = new Ipv4Header(network);
            header.SetSegment((ushort)network.Length, (ushort)(header.Identification + number));
            TransportChecksum.Complete(segment[transportOffset..], header.Source, header.Destination, protocol);
        }
    }
}
