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

    /// <summary>Among the next hops of one destination the lowest comes first.</summary>
    public int Priority { get; init; }

    /// <summary>The interfaces of the destination's other next hops.</summary>
    public IReadOnlyList<Interface> Others { get; init; } = [];

    /// <summary>Whether the destination is behind the interface, through this next hop or another one.</summary>
    public bool IsThrough(Interface entry) => Interface == entry || Others.Count > 0 && Others.Contains(entry);

    public override string ToString() => Kind == RouteKind.Static ? $"{Prefix} via {NextHop} ({Interface})" : $"{Prefix} {Kind} ({Interface})";
}

/// <summary>
/// Where a packet goes, and which interface an address lives behind. Made whole from the configuration, and replaced whole; only which of a destination's next hops is in use changes by itself.
/// </summary>
internal sealed class RouteTable
{
    private Route[][] _destinations;
    private Route[] _inUse;
    private PrefixTable _table;

    public RouteTable(IEnumerable<Route> routes)
    {
        // Static routes to one destination are its next hops; of anything else the first one counts.
        _destinations = [.. routes
            .Select((route, index) => (Route: route, Key: route.Kind == RouteKind.Static ? -1 : index))
            .GroupBy(entry => (entry.Key, entry.Route.Prefix), entry => entry.Route)
            .Select(group => WithOthers([.. group.OrderBy(route => route.Priority)]))];
        _inUse = [.. _destinations.Select(nextHops => nextHops[0])];
        _table = new PrefixTable(_inUse.Select((route, index) => (route.Prefix, index)));
    }

    private RouteTable(Route[][] destinations, Route[] inUse, PrefixTable table) => (_destinations, _inUse, _table) = (destinations, inUse, table);

    /// <summary>The same routes over interfaces of the same order, with the next hops that are in use now. What never changes is shared.</summary>
    public RouteTable Over(IReadOnlyList<Interface> interfaces)
    {
        if (_inUse.Length == 0 || interfaces[_inUse[0].Interface.Index] == _inUse[0].Interface)
            return new RouteTable(_destinations, [.. _inUse], _table);
        Route[][] destinations = [.. _destinations.Select(nextHops => nextHops.Select(Move).ToArray())];
        return new RouteTable(destinations, [.. _inUse.Select((route, index) => destinations[index][Array.IndexOf(_destinations[index], route)])], _table);

        Route Move(Route route) => route with { Interface = interfaces[route.Interface.Index], Others = [.. route.Others.Select(other => interfaces[other.Index])] };
    }

    /// <summary>Every destination, with its next hops by priority.</summary>
    public IReadOnlyList<IReadOnlyList<Route>> Destinations => _destinations;

    /// <summary>The next hop that is in use, of a destination by its place in <see cref="Destinations"/>.</summary>
    public Route InUse(int destination) => _inUse[destination];

    /// <summary>Sends what goes to the destination through another of its next hops from now on.</summary>
    public void Use(int destination, Route route) => _inUse[destination] = route;

    /// <summary>Takes over what the other table leads to. Whoever remembers a destination's place or a next hop asks anew.</summary>
    public void Replace(RouteTable made) => (_destinations, _inUse, _table) = (made._destinations, made._inUse, made._table);

    /// <summary>The routes that the interfaces' own addresses make; own addresses come first, as they win over what else has the same prefix.</summary>
    public static IEnumerable<Route> Connected(IEnumerable<Interface> interfaces) => Connected(interfaces.Select(entry => (entry, entry.Addresses)));

    /// <summary>The same for addresses that the interfaces do not have yet.</summary>
    public static IEnumerable<Route> Connected(IEnumerable<(Interface Interface, IReadOnlyList<(IpAddress Address, int PrefixLength)> Addresses)> interfaces)
    {
        Interface? first = null;
        foreach ((Interface entry, IReadOnlyList<(IpAddress Address, int PrefixLength)> addresses) in interfaces)
        {
            first ??= entry;
            foreach ((IpAddress address, int length) in addresses)
            {
                // The same on every link: who speaks of it means his own (IsLocal).
                if (address.IsLinkLocal)
                    continue;
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
        }

        if (first is not null)
            yield return new Route(IpPrefix.Host(IpAddress.FromIpv4(uint.MaxValue)), RouteKind.Broadcast, first, default);
    }

    /// <summary>The longest match, or null.</summary>
    public Route? Lookup(in IpAddress destination)
    {
        int index = _table.Lookup(destination);
        return index < 0 ? null : _inUse[index];
    }

    /// <summary>Of the interface that a host is behind; null where no route leads there.</summary>
    public Role? RoleToward(in IpAddress host) => Lookup(host) is { Kind: RouteKind.Connected or RouteKind.Static } route ? route.Interface.Role : null;

    /// <summary>Whether it is the router's own address. A link-local one is that of the link.</summary>
    public bool IsLocal(in IpAddress destination, Interface ingress) =>
        destination.IsLinkLocal ? ingress.Owns(destination) : Lookup(destination) is { Kind: RouteKind.Local };

    /// <summary>Of an own IPv6 address: whether it is known to be nobody else's.</summary>
    public bool IsInUse(in IpAddress own, Interface ingress) => (own.IsLinkLocal ? ingress : Lookup(own)?.Interface)?.Uses(own) == true;

    private static Route[] WithOthers(Route[] nextHops) => nextHops.Length == 1
        ? nextHops
        : [.. nextHops.Select(route => route with { Others = [.. nextHops.Where(other => other != route).Select(other => other.Interface).Distinct()] })];
}
