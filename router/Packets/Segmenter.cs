using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>
/// Software segmentation, for an interface whose peer takes no super-frames: cuts one into the segments that a network card would make of it (TCP: RFC 9293, the
/// flags as Linux sets them: FIN and PSH on the last, CWR on the first). Also completes a checksum that was left to the offload.
/// </summary>
internal static class Segmenter
{
    /// <summary>Queues the segments, or the one frame with its checksum complete. False, and nothing is queued, where they do not all have room. The last one carries the tag.</summary>
    public static bool TrySend(Span<byte> frame, FrameWriter output, int tag)
    {
        int networkLength = frame.Length - Packet.NetworkOffset;
        var header = new Ipv4Header(frame[Packet.NetworkOffset..]);
        int transportOffset = Packet.NetworkOffset + header.HeaderLength;
        bool isTcp = header.Protocol == Ipv4Header.Tcp;
        int headers = transportOffset + (isTcp ? new TcpHeader(frame[transportOffset..]).HeaderLength : UdpHeader.Size);
        networkLength = Math.Min(networkLength, header.TotalLength);
        int payload = Packet.NetworkOffset + networkLength - headers;
        int size = VirtioHeader.GsoType(frame) == VirtioHeader.GsoNone ? Math.Max(payload, 1) : VirtioHeader.GsoSize(frame);
        int segments = Math.Max(1, (payload + size - 1) / size);
        if (output.RoomToGenerate < segments)
            return false;
        for (int i = 0; i < segments; i++)
        {
            int from = i * size, length = Math.Min(size, payload - from);
            Span<byte> segment = output.GetSpan(headers + length)[..(headers + length)];
            frame[..headers].CopyTo(segment);
            frame.Slice(headers + from, length).CopyTo(segment[headers..]);
            Finish(segment, transportOffset, isTcp, i, from, isLast: i == segments - 1);
            output.GeneratedTag = i == segments - 1 ? tag : WriteAccounts.Generated;
            bool isQueued = output.TryAdvance(segment.Length);
            output.GeneratedTag = WriteAccounts.Generated;
            if (!isQueued)
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
