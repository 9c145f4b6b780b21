using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>The last stage: what of the packet is the router's to choose, the rewrite, and the egress's queue, whole or in pieces.</summary>
internal sealed class Departure(Identifications identifications)
{
    /// <summary>Whether a SYN's segment size is lowered to what the links carry.</summary>
    public required bool ClampsSegments { get; set; }

    /// <summary>Before translation, so that an answer quotes the packet as its sender knows it (RFC 4787 REQ-13). Without DF it is fragmented instead.</summary>
    public static Verdict CheckMtu(in Packet packet) =>
        packet.LargestPacket > packet.Egress!.Mtu && packet.DontFragment ? DropReason.PacketTooBig : Verdict.Continue;

    public Verdict Send(ref Packet packet, MacAddress nextHop)
    {
        Verdict verdict = CheckEgress(packet);
        return verdict.IsFinal ? verdict : Enqueue(packet, Rewrite(ref packet, nextHop));
    }

    /// <summary>Whether the egress takes a frame now. Continues where it does.</summary>
    public static Verdict CheckEgress(in Packet packet)
    {
        FrameDevice device = packet.Egress!.Device;
        if (device.State != DeviceState.Up)
            return device.State == DeviceState.Down ? DropReason.InterfaceDown : DropReason.InterfaceLost;
        return device.Output.Room == 0 ? DropReason.EgressQueueFull : Verdict.Continue;
    }

    /// <summary>Gives the packet the form that it leaves in. True where it leaves in pieces.</summary>
    public bool Rewrite(ref Packet packet, MacAddress nextHop)
    {
        Interface egress = packet.Egress!;
        bool isTooLarge = !packet.IsPlain && Prepare(ref packet);
        PacketRewriter.Rewrite(ref packet, egress.Mac, nextHop);
        return isTooLarge || Offloading.MustSegment(packet, egress.Offloads);
    }

    public static Verdict Enqueue(in Packet packet, bool inPieces)
    {
        Interface egress = packet.Egress!;
        bool isQueued = inPieces
            ? SendPieces(packet, egress)
            : packet.Frame is { } frame ? egress.Device.Output.TrySend(frame) : LocalSender.TryCopy(egress.Device.Output, packet.Bytes, packet.Ingress.Index);
        return isQueued ? Verdict.Forwarded : DropReason.EgressQueueFull;
    }

    /// <summary>Decides what matters to packets that are not plain. True where it has to be fragmented.</summary>
    private bool Prepare(ref Packet packet)
    {
        if (!packet.IsIpv6 && packet.IsTranslated && packet is { IsAtomic: false, FragmentUnits: 0 })
            packet.RealIdentification = identifications.Take(packet.RealSource, packet.RealDestination, packet.Protocol, packet.Segments);
        // What is authenticated nobody on the way may change.
        if (ClampsSegments && (packet.TcpFlags & TcpFlags.Syn) != 0 && !packet.IsAuthenticated)
            packet.SegmentLimit = SegmentSize.Fitting(Math.Min(packet.Ingress.Mtu, packet.Egress!.Mtu), packet.IsIpv6);
        return packet.LargestPacket > packet.Egress!.Mtu;
    }

    private static bool SendPieces(in Packet packet, Interface egress) => packet.NeedsChecksum
        ? Segmenter.TrySend(packet.Bytes, egress.Device.Output, packet.Ingress.Index, egress.Mtu)
        : Fragmenter.TrySend(packet.Bytes, egress.Device.Output, packet.Ingress.Index, egress.Mtu);
}
