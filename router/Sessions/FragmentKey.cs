using Router.Packets;
using Router.Wire;

namespace Router.Sessions;

/// <summary>
/// What the fragments of one datagram have in common, of either family. IPv4: addresses, protocol and a 16-bit identification (RFC 791 section 3.2). IPv6:
/// addresses and a 32-bit identification, and protocol 0, since only the first fragment knows it (RFC 8200 section 4.5). The interface is in it, so that nobody
/// joins in from another side.
/// </summary>
internal readonly record struct FragmentKey(IpAddress Source, IpAddress Destination, ulong Rest)
{
    private const int IdentificationShift = 32, ProtocolShift = 8;

    public FragmentKey(IpAddress source, IpAddress destination, uint identification, byte protocol, int ingress)
        : this(source, destination, (ulong)identification << IdentificationShift | (ulong)protocol << ProtocolShift | (byte)ingress)
    {
    }

    public static FragmentKey Of(in Packet packet) => new(packet.Source, packet.Destination, packet.Identification, packet.IsIpv6 ? (byte)0 : packet.Protocol, packet.Ingress.Index);
}

/// <summary>Keyed, so that a stranger cannot choose datagrams that fall into one place.</summary>
internal sealed class FragmentKeyComparer(KeyedHash hash) : IEqualityComparer<FragmentKey>
{
    public bool Equals(FragmentKey x, FragmentKey y) => x == y;

    public int GetHashCode(FragmentKey obj) => (int)hash.Of(new FlowKey(obj.Source, obj.Destination, obj.Rest));
}
