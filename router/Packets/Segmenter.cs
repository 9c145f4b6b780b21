using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>
/// Software segmentation, for an interface whose peer takes no super-frames: cuts one into the segments that a network card would make of it (TCP: RFC 9293, the
/// flags as Linux sets them: FIN and PSH on the last, CWR on the first). Also completes a checksum that was left to the offload.
/// </summary>
internal static class Segmenter
{
    /// <summary>The longest headers of a segment: both of them have room for 40 bytes of options.</summary>
    private const int LongestHeaders = Packet.NetworkOffset + 60 + 60;

    /// <summary>
    /// Queues the segments, or the one frame with its checksum complete; where they are larger than the link's MTU, their fragments. False, and nothing is queued,
    /// where they do not all have room. The last one carries the tag. The frame's bytes are used up.
    /// </summary>
    public static bool TrySend(Span<byte> frame, FrameWriter output, int tag, int mtu)
    {
        var header = new Ipv4Header(frame[Packet.NetworkOffset..]);
        int transportOffset = Packet.NetworkOffset + header.HeaderLength;
        bool isTcp = header.Protocol == Ipv4Header.Tcp;
        int headers = transportOffset + (isTcp ? new TcpHeader(frame[transportOffset..]).HeaderLength : UdpHeader.Size);
        int networkLength = Math.Min(frame.Length - Packet.NetworkOffset, header.TotalLength);
        int payload = Packet.NetworkOffset + networkLength - headers;
        int size = VirtioHeader.GsoType(frame) == VirtioHeader.GsoNone ? Math.Max(payload, 1) : VirtioHeader.GsoSize(frame);
        int segments = Math.Max(1, (payload + size - 1) / size);
        int pieces = Fragmenter.Count(Math.Min(size, payload) + headers - Packet.NetworkOffset, header.HeaderLength, mtu);
        if (output.RoomToGenerate < segments * pieces)
            return false;
        Span<byte> template = stackalloc byte[LongestHeaders];
        template = template[..headers];
        frame[..headers].CopyTo(template);
        for (int i = 0; i < segments; i++)
        {
            // Each segment is made where its payload is, over the end of the one before, which has left by then.
            int from = i * size;
            Span<byte> segment = frame.Slice(from, headers + Math.Min(size, payload - from));
            template.CopyTo(segment);
            Finish(segment, transportOffset, isTcp, i, from, isLast: i == segments - 1);
            if (!Fragmenter.Queue(segment, output, i == segments - 1 ? tag : WriteAccounts.Generated, mtu))
                return false;
        }

        return true;
    }

    private static void Finish(Span<byte> segment, int transportOffset, bool isTcp, int number, int from, bool isLast)
    {
        segment[..VirtioHeader.Size].Clear();
        var header = new Ipv4Header(segment[Packet.NetworkOffset..]);
        header.SetSegment((ushort)(segment.Length - Packet.NetworkOffset), (ushort)(header.Identification + number));
        Span<byte> transport = segment[transportOffset..];
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

        TransportChecksum.Complete(transport, header.Source, header.Destination, header.Protocol);
    }
}
