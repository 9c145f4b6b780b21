using Router.Packets;
using Router.Wire;

namespace Router.Routing;

/// <summary>
/// Who may open a session: Lan to anywhere, Servers to Wan. From Wan to inside, and from Servers to Lan, only what the NAT (a port forward, or a mapping by its
/// filtering) or an inbound rule lets in.
/// What belongs to a session is not asked.
/// </summary>
internal sealed class Firewall(IEnumerable<(byte Protocol, IpAddress To, ushort Port)> inbound)
{
    private readonly HashSet<(byte, IpAddress, ushort)> _inbound = [.. inbound];

    public Verdict Check(in Packet packet)
    {
        if (packet.Session >= 0)
            return Verdict.Continue;
        return packet.Ingress.Role switch
        {
            Role.Lan => Verdict.Continue,
            Role.Servers when packet.Egress!.Role != Role.Lan || packet.IsLetInByNat || IsLetIn(packet) => Verdict.Continue,
            Role.Servers => DropReason.ServersToLan,
            Role.Wan when packet.Egress!.IsInside && (packet.IsLetInByNat || IsLetIn(packet)) => Verdict.Continue,
            Role.Wan => DropReason.UnsolicitedInbound,
        };
    }

    private bool IsLetIn(in Packet packet) => _inbound.Contains((packet.Protocol, packet.RealDestination, packet.RealDestinationPort));
}
