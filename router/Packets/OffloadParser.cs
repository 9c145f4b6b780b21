using System.Runtime.CompilerServices;
using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>
/// Holds the virtio header against the packet. It is written by whoever has the other end of the device, and the kernel would act on it when the frame leaves:
/// so nothing passes that the packet itself does not bear out, and the length of the headers is computed here.
/// </summary>
internal static class OffloadParser
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Verdict Parse(ref Packet packet)
    {
        byte flags = VirtioHeader.Flags(packet.Bytes);
        packet.NeedsChecksum = (flags & VirtioHeader.NeedsChecksum) != 0;
        if (packet.GsoType != VirtioHeader.GsoNone || packet.NeedsChecksum)
            return ParseOffload(ref packet);

        // The rest has no meaning then, but the kernel still refuses a frame whose headers are said to be longer than itself.
        VirtioHeader.Clear(packet.Bytes);
        return Verdict.Continue;
    }

    private static Verdict ParseOffload(ref Packet packet)
    {
        if (packet.IsFragment)
            return packet.GsoType == VirtioHeader.GsoNone ? DropReason.InvalidOffloadHeader : DropReason.OffloadedFragment;
        int checksumOffset = packet.Protocol switch
        {
            Ipv4Header.Tcp => TcpHeader.ChecksumOffset,
            Ipv4Header.Udp => UdpHeader.ChecksumOffset,
            _ => -1,
        };
        if (!packet.NeedsChecksum
            || VirtioHeader.ChecksumStart(packet.Bytes) != packet.TransportOffset - VirtioHeader.Size
            || VirtioHeader.ChecksumOffset(packet.Bytes) != checksumOffset)
            return DropReason.InvalidOffloadHeader;
        if (packet.GsoType != VirtioHeader.GsoNone && !SegmentsMakeSense(ref packet))
            return DropReason.InvalidOffloadHeader;
        VirtioHeader.SetHeaderLength(packet.Bytes, (ushort)(packet.TransportOffset - VirtioHeader.Size + packet.TransportHeaderLength));
        return Verdict.Continue;
    }

    private static bool SegmentsMakeSense(ref Packet packet)
    {
        byte type = (byte)(packet.GsoType & ~VirtioHeader.GsoEcn);
        packet.GsoSize = VirtioHeader.GsoSize(packet.Bytes);
        return packet.GsoSize > 0
            && packet.Bytes.Length == Packet.NetworkOffset + packet.NetworkLength
            && packet.TransportLength > packet.TransportHeaderLength
            && (packet.Protocol == Ipv4Header.Tcp ? type == (packet.IsIpv6 ? VirtioHeader.GsoTcp6 : VirtioHeader.GsoTcp4) : packet.GsoType == VirtioHeader.GsoUdpL4);
    }
}
