using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>
/// Cuts an IPv4 packet that may be fragmented into fragments that fit a link (RFC 791 section 3.2, RFC 1812 section 5.2.6), in order. A fragment is cut up like
/// a whole datagram.
/// </summary>
internal static class Fragmenter
{
    private const int UnitBytes = 8;

    /// <summary>How many packets leave for one of the length.</summary>
    public static int Count(int networkLength, int headerLength, int mtu) =>
        networkLength <= mtu ? 1 : (networkLength - headerLength + Size(headerLength, mtu) - 1) / Size(headerLength, mtu);

    /// <summary>Queues the fragments. False, and nothing is queued, where they do not all have room. The last one carries the tag.</summary>
    public static bool TrySend(Span<byte> frame, FrameWriter output, int tag, int mtu)
    {
        var header = new Ipv4Header(frame[Packet.NetworkOffset..]);
        return output.RoomToGenerate >= Count(header.TotalLength, header.HeaderLength, mtu) && Queue(frame, output, tag, mtu);
    }

    /// <summary>Queues the fragments, or the packet as it is where it fits, without asking whether there is room for all.</summary>
    public static bool Queue(Span<byte> frame, FrameWriter output, int tag, int mtu)
    {
        var whole = new Ipv4Header(frame[Packet.NetworkOffset..]);
        if (whole.TotalLength <= mtu)
            return LocalSender.TryCopy(output, frame[..(Packet.NetworkOffset + whole.TotalLength)], tag);
        ReadOnlySpan<byte> payload = frame[(Packet.NetworkOffset + whole.HeaderLength)..(Packet.NetworkOffset + whole.TotalLength)];
        Span<byte> later = stackalloc byte[Ipv4Header.MaximumSize];
        later = later[..whole.CopyForLaterFragments(later)];
        int size = Size(whole.HeaderLength, mtu);
        for (int from = 0; from < payload.Length; from += size)
        {
            ReadOnlySpan<byte> part = payload.Slice(from, Math.Min(size, payload.Length - from));
            ReadOnlySpan<byte> header = from == 0 ? frame.Slice(Packet.NetworkOffset, whole.HeaderLength) : later;
            bool isLast = from + part.Length == payload.Length;
            int length = Packet.NetworkOffset + header.Length + part.Length;
            Span<byte> fragment = output.GetSpan(length)[..length];
            fragment[..VirtioHeader.Size].Clear();
            frame[VirtioHeader.Size..Packet.NetworkOffset].CopyTo(fragment[VirtioHeader.Size..]);
            header.CopyTo(fragment[Packet.NetworkOffset..]);
            part.CopyTo(fragment[(Packet.NetworkOffset + header.Length)..]);
            new Ipv4Header(fragment[Packet.NetworkOffset..]).SetFragment((ushort)(header.Length + part.Length), whole.FragmentUnits + from / UnitBytes,
                whole.MoreFragments || !isLast);
            if (!LocalSender.TryAdvance(output, length, isLast ? tag : WriteAccounts.Piece))
                return false;
        }

        return true;
    }

    private static int Size(int headerLength, int mtu) => (mtu - headerLength) / UnitBytes * UnitBytes;
}
