using Router.Wire;

namespace Router.Packets;

/// <summary>What each answer is in ICMP (RFC 792, RFC 1812) and in ICMPv6 (RFC 4443): type, code, and the field behind the checksum.</summary>
internal static class ErrorMessages
{
    /// <summary>False where the family has no such message.</summary>
    public static bool TryFind(in Packet packet, Answer answer, out byte type, out byte code, out uint field)
    {
        (type, code) = packet.IsIpv6 ? Icmpv6Of(answer) : IcmpOf(answer);
        field = answer switch
        {
            Answer.FragmentationNeeded => (uint)packet.Egress!.Mtu,
            _ when packet.IsIpv6 && type == Icmpv6.ParameterProblem => (uint)packet.Pointer,
            _ => 0,
        };
        return type != 0;
    }

    private static (byte Type, byte Code) IcmpOf(Answer answer) => answer switch
    {
        Answer.NetUnreachable => (IcmpMessage.Unreachable, IcmpMessage.NetUnreachable),
        Answer.HostUnreachable => (IcmpMessage.Unreachable, IcmpMessage.HostUnreachable),
        Answer.ProtocolUnreachable => (IcmpMessage.Unreachable, IcmpMessage.ProtocolUnreachable),
        Answer.PortUnreachable or Answer.PortUnreachableLater => (IcmpMessage.Unreachable, IcmpMessage.PortUnreachable),
        Answer.FragmentationNeeded => (IcmpMessage.Unreachable, IcmpMessage.FragmentationNeeded),
        Answer.AdministrativelyProhibited => (IcmpMessage.Unreachable, IcmpMessage.AdministrativelyProhibited),
        Answer.TimeExceeded => (IcmpMessage.TimeExceeded, 0),
        _ => default,
    };

    private static (byte Type, byte Code) Icmpv6Of(Answer answer) => answer switch
    {
        Answer.NetUnreachable => (Icmpv6.Unreachable, Icmpv6.NoRoute),
        Answer.HostUnreachable => (Icmpv6.Unreachable, Icmpv6.AddressUnreachable),
        Answer.ProtocolUnreachable or Answer.UnrecognizedNextHeader => (Icmpv6.ParameterProblem, Icmpv6.UnrecognizedNextHeader),
        Answer.PortUnreachable => (Icmpv6.Unreachable, Icmpv6.PortUnreachable),
        Answer.FragmentationNeeded => (Icmpv6.PacketTooBig, 0),
        Answer.AdministrativelyProhibited or Answer.ProhibitedLater => (Icmpv6.Unreachable, Icmpv6.AdministrativelyProhibited),
        Answer.TimeExceeded => (Icmpv6.TimeExceeded, 0),
        Answer.ScopeExceeded => (Icmpv6.Unreachable, Icmpv6.BeyondScope),
        Answer.ErroneousHeader => (Icmpv6.ParameterProblem, Icmpv6.ErroneousHeader),
        _ => default,
    };
}
