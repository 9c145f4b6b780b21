using Router.Packets;
using Router.Wire;

namespace Router.Routing;

internal enum RouteKind : byte
{
    /// <summary>The router's own address.</summary>
    Local,

    /// <summary>The network's own or its directed broadcast address, or 255.255.255.255.</summary>
    Broadcast,

    /// <summary>The destination is its own next hop.</summary>
    Connected,

    /// <summary>Through a next hop.</summary>
    Static,
}

/// <summary>One way out.</summary>
internal sealed record Route(IpPrefix Prefix, RouteKind Kind, Interface Interface, IpAddress NextHop)
{
    public bool IsDefault => Prefix.Length == 0;

    public override string ToString() => Kind == RouteKind.Static ? $"{Prefix} via {NextHop} ({Interface})" : $"{Prefix} {Kind} ({Interface})";
}

/// <summary>Where a packet goes, and which interface an address lives behind. Made whole from the configuration, then only read.</summary>
internal sealed class RouteTable
{
    private readonly Route[] _routes;
    private readonly PrefixTable _table;

    public RouteTable(IEnumerable<Route> routes)
    {
        _routes = [.. routes];
        _table = new PrefixTable(_routes.Select((route, index) => (route.Prefix, index)));
    }

    /// <summary>The routes that the interfaces' own addresses make; own addresses come first, as they win over what else has the same prefix.</summary>
    public static IEnumerable<Route> Connected(IReadOnlyList<Interface> interfaces)
    {
        foreach (Interface entry in interfaces)
            foreach ((IpAddress address, int length) in entry.Addresses)
            {
                yield return new Route(IpPrefix.Host(address), RouteKind.Local, entry, address);
                IpPrefix network = IpPrefix.Containing(address, length);
                if (address.IsIpv4 && length < 31)
                {
                    // RFC 3021: a /31 has neither.
                    yield return new Route(IpPrefix.Host(network.Address), RouteKind.Broadcast, entry, network.Address);
                    yield return new Route(IpPrefix.Host(network.Ipv4Broadcast), RouteKind.Broadcast, entry, network.Ipv4Broadcast);
                }

                yield return new Route(network, RouteKind.Connected, entry, default);
            }

        if (interfaces.Count > 0)
            yield return new Route(IpPrefix.Host(IpAddress.FromIpv4(uint.MaxValue)), RouteKind.Broadcast, interfaces[0], default);
    }

    /// <summary>The longest match, or null.</summary>
    public Route? Lookup(in IpAddress destination)
    {
        int index = _table.Lookup(destination);
        return index < 0 ? null : _routes[index];
    }
}
