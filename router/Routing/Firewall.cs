using Router.Packets;
using Router.Wire;

namespace Router.Routing;

/// <summary>
/// Who may open a session: Lan to anywhere, Servers to Wan. From Wan to inside, and from Servers to Lan, only what the NAT (a port forward, or a mapping by its
/// filtering) or an inbound rule lets in; over IPv6 also what RFC 4890 and RFC 6092 want let in, or everything where the firewall is transparent.
/// What belongs to a session is not asked.
/// </summary>
internal sealed class Firewall(IEnumerable<(byte Protocol, IpAddress To, ushort Port)> inbound, bool isTransparentForIpv6 = false)
{
    private const byte Esp = 50, Sctp = 132, SctpInit = 1;

    private const int SctpHeaderSize = 12;

    private const ushort InternetKeyExchange = 500;

    private const TcpFlags Opening = TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst | TcpFlags.Fin;

    private HashSet<(byte, IpAddress, ushort)> _inbound = [.. inbound];
    private bool _isTransparentForIpv6 = isTransparentForIpv6;

    public Verdict Check(in Packet packet)
    {
        if (packet.Session >= 0)
            return Verdict.Continue;
        if (packet.IsIpv6 && (packet.Ingress.Role == Role.Wan || packet.Egress!.Role == Role.Wan) && (IsNotGlobal(packet.Source) || IsNotGlobal(packet.Destination)))
            return DropReason.AddressNotGlobal;
        return packet.Ingress.Role switch
        {
            Role.Lan => Verdict.Continue,
            Role.Servers when packet.Egress!.Role != Role.Lan || IsLetIn(packet) => Verdict.Continue,
            Role.Servers => DropReason.ServersToLan,
            Role.Wan when packet.Egress!.IsInside && IsLetIn(packet) => Verdict.Continue,
            // RFC 6092 REC-34, REC-39: who opens a connection is told, once it can be no simultaneous open any more.
            Role.Wan => packet.IsIpv6 && OpensConnection(packet) ? DropReason.UnsolicitedInboundSyn : DropReason.UnsolicitedInbound,
        };
    }

    /// <summary>One with the rules of this moment.</summary>
    public Firewall Copy() => new([], _isTransparentForIpv6) { _inbound = _inbound };

    /// <summary>Whether a rule lets strangers open a session to the endpoint.</summary>
    public bool LetsIn(byte protocol, in IpAddress to, ushort port) => !to.IsIpv4 && _isTransparentForIpv6 || _inbound.Contains((protocol, to, port));

    /// <summary>Takes the other one's rules, and leaves it its own.</summary>
    public void Exchange(Firewall other) =>
        (_inbound, _isTransparentForIpv6, other._inbound, other._isTransparentForIpv6) = (other._inbound, other._isTransparentForIpv6, _inbound, _isTransparentForIpv6);

    private bool IsLetIn(in Packet packet) =>
        packet.IsLetInByNat || LetsIn(packet.Protocol, packet.RealDestination, packet.RealDestinationPort) || packet.IsIpv6 && IsLetInByNature(packet);

    /// <summary>
    /// What IPv6 lets in without a rule: echo requests (RFC 4890 section 4.3.1), and what protects itself: IPsec, IKE and HIP (RFC 6092 REC-21 to REC-26).
    /// </summary>
    private static bool IsLetInByNature(in Packet packet) => packet.Protocol switch
    {
        Icmpv6.Protocol => packet.Transport[0] == Icmpv6.EchoRequest,
        _ => LetsInByNature(packet.Protocol, packet.DestinationPort) || packet.IsAuthenticated,
    };

    /// <summary>The same of a session, whose protocol is all that is known: ICMP has sessions for echo alone.</summary>
    public static bool LetsInByNature(byte protocol, ushort destinationPort) =>
        protocol is Icmpv6.Protocol or Esp || protocol == Ipv4Header.Udp && destinationPort == InternetKeyExchange;

    private static bool OpensConnection(in Packet packet) =>
        packet.IsTcp ? (packet.TcpFlags & Opening) == TcpFlags.Syn : packet.Protocol == Sctp && packet.TransportLength > SctpHeaderSize && packet.Transport[SctpHeaderSize] == SctpInit;

    /// <summary>Unique local, site-local and ORCHID addresses (RFC 6092 REC-3, REC-7). Documentation prefixes are not among them: laboratories use those.</summary>
    private static bool IsNotGlobal(in IpAddress address) => address.High >> 57 == 0xFC >> 1 || address.High >> 54 == 0xFEC0 >> 6 || address.High >> 36 == 0x2001_001;
}
