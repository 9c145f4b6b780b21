using Router.Packets;
using Router.Wire;

namespace Router.Op25b;

/// <summary>What may carry TCP to port 25 past the filter (F11).</summary>
internal enum Tunnel : byte
{
    /// <summary>Protocol 41 (RFC 4213).</summary>
    Ipv6InIp,

    /// <summary>Protocol 4 (RFC 2003).</summary>
    Ipv4InIp,

    /// <summary>Protocol 47 (RFC 2784).</summary>
    Gre,

    /// <summary>UDP to port 3544 (RFC 4380).</summary>
    Teredo,
}

/// <summary>
/// Counts what enters by an inside interface for a tunnel, and blocks it where that is asked for, but for exempt groups. What is in it is not looked at. AH, ESP and IKE
/// are no business of its (RFC 6092 REC-21 to REC-25).
/// </summary>
internal sealed class TunnelWatch(Op25bPolicy policy, bool blocks)
{
    private const byte Ipv4InIpProtocol = 4, Ipv6InIpProtocol = 41, GreProtocol = 47;
    private const ushort TeredoPort = 3544;

    private Op25bPolicy _policy = policy;
    private bool _blocks = blocks;

    private readonly long[] _frames = new long[Enum.GetValues<Tunnel>().Length];

    /// <summary>Frames that entered by an inside interface, the blocked ones too.</summary>
    public long this[Tunnel kind] => _frames[(int)kind];

    public bool Blocks => _blocks;

    /// <summary>Goes by another policy from now on.</summary>
    public void Adopt(Op25bPolicy other, bool blocksTunnels) => (_policy, _blocks) = (other, blocksTunnels);

    /// <summary>Checks a packet that is not TCP.</summary>
    public Verdict Check(in Packet packet)
    {
        switch (packet.Protocol)
        {
            case Ipv4Header.Udp when packet.DestinationPort == TeredoPort:
                return Check(packet, Tunnel.Teredo);
            case Ipv6InIpProtocol:
                return Check(packet, Tunnel.Ipv6InIp);
            case Ipv4InIpProtocol:
                return Check(packet, Tunnel.Ipv4InIp);
            case GreProtocol:
                return Check(packet, Tunnel.Gre);
            default:
                return Verdict.Continue;
        }
    }

    private Verdict Check(in Packet packet, Tunnel kind)
    {
        if (!packet.Ingress.IsInside)
            return Verdict.Continue;
        _frames[(int)kind]++;
        return _blocks && !_policy.Groups[_policy.GroupOf(packet.Source)].IsExempt ? DropReason.TunnelBlocked : Verdict.Continue;
    }
}
