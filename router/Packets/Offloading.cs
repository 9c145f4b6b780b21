using TapDev;

namespace Router.Packets;

/// <summary>Which frames an egress takes as they are.</summary>
internal static class Offloading
{
    /// <summary>Whether a super-frame, or a checksum that is not complete, has to be finished in software first.</summary>
    public static bool MustSegment(in Packet packet, Offloads offloads)
    {
        if (!packet.NeedsChecksum)
            return false;
        Offloads needed = Offloads.Checksum | packet.GsoType switch
        {
            VirtioHeader.GsoNone => Offloads.None,
            VirtioHeader.GsoUdpL4 => packet.IsIpv6 ? Offloads.Uso6 : Offloads.Uso4,
            _ => packet.IsIpv6 ? Offloads.Tso6 : Offloads.Tso4,
        };
        return (offloads & needed) != needed;
    }
}
