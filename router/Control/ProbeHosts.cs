using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Router.Configuration;

namespace Router.Control;

/// <summary>Hosts of one family to send probes from and to, found in the configuration: some that the groups and destination sets are about, and some that nobody is.</summary>
internal sealed class ProbeHosts(RouterConfiguration configuration, AddressFamily family)
{
    private const int HostsTried = 64;

    /// <summary>Prefixes for documentation (RFC 5737, RFC 3849, RFC 9637): they stand for the world behind a default route.</summary>
    private static readonly IPNetwork[] World =
        [.. new[] { "203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "2001:db8::/32", "3fff::/20" }.Select(text => IPNetwork.Parse(text))];

    public IReadOnlyList<IPAddress> OwnMailServers { get; } = [.. configuration.Op25b.OwnMailServers.Addresses.Where(address => address.AddressFamily == family)];

    /// <summary>Neighbours outside; where there is no network of the family but a link-local one, hosts behind the routes that lead out.</summary>
    public IEnumerable<(InterfaceConfiguration Interface, IPAddress Address)> Outside() =>
        configuration.Interfaces.Where(entry => entry.Role == InterfaceRole.Wan)
            .SelectMany(entry => NetworksOf(entry).Select(network => (Interface: entry, Network: network)).Concat(NetworksBehind(entry)))
            .SelectMany(near => Unreserved(near.Network).Select(host => (near.Interface, Address: host)))
            .Where(near => !IsRouters(near.Address) && !OwnMailServers.Contains(near.Address) && IsReachedBy(near.Interface, near.Address));

    /// <summary>One source behind the interface for each group that has any there, and one that is in none.</summary>
    public IEnumerable<(GroupConfiguration? Group, IPAddress Address)> SourcesOf(InterfaceConfiguration entry) =>
        NetworksOf(entry).SelectMany(HostsOf).Select(host => (Group: GroupOf(host), Address: host)).DistinctBy(source => source.Group?.Name);

    /// <summary>A host of each destination set that a phase is about, as far as a route leads there.</summary>
    public IEnumerable<IPAddress> OfDestinationSets() =>
        configuration.Op25b.Phases.SelectMany(phase => phase.Only ?? []).Distinct(StringComparer.Ordinal)
            .Select(name => configuration.Op25b.DestinationSets[name].Where(prefix => prefix.BaseAddress.AddressFamily == family).SelectMany(Unreserved)
                .FirstOrDefault(host => !IsRouters(host) && !OwnMailServers.Contains(host) && configuration.Routes.Any(route => route.Destination.Contains(host))))
            .OfType<IPAddress>();

    /// <summary>Null: it is in none.</summary>
    public GroupConfiguration? GroupOf(IPAddress host) => configuration.Op25b.Groups
        .SelectMany(group => group.Sources.Select(source => (group, source)))
        .Where(entry => entry.source.Contains(host))
        .OrderByDescending(entry => entry.source.PrefixLength)
        .Select(entry => entry.group)
        .FirstOrDefault();

    public bool IsBehind(InterfaceConfiguration entry, IPAddress address) => NetworksOf(entry).Any(network => network.Contains(address));

    /// <summary>Some hosts of the network: its first ones, and the first ones of each group's prefixes in it.</summary>
    private IEnumerable<IPAddress> HostsOf(IPNetwork network)
    {
        IEnumerable<IPNetwork> inside = configuration.Op25b.Groups.SelectMany(group => group.Sources)
            .Where(source => source.PrefixLength >= network.PrefixLength && network.Contains(source.BaseAddress));
        return inside.Append(network).SelectMany(Hosts).Where(host => network.Contains(host) && !IsReserved(host, network) && !IsRouters(host));
    }

    private IEnumerable<(InterfaceConfiguration Interface, IPNetwork Network)> NetworksBehind(InterfaceConfiguration entry) =>
        configuration.Routes.Where(route => route.Destination.BaseAddress.AddressFamily == family && LeadsBy(route, entry))
            .SelectMany(route => route.Destination.PrefixLength > 0 ? [route.Destination] : World.Where(network => network.BaseAddress.AddressFamily == family))
            .Select(network => (entry, network));

    private bool LeadsBy(RouteConfiguration route, InterfaceConfiguration entry) =>
        route.Interface is { } name ? string.Equals(name, entry.Name, StringComparison.Ordinal) : IsBehind(entry, route.Via);

    /// <summary>Whether no network, and no longer route, is another interface's.</summary>
    private bool IsReachedBy(InterfaceConfiguration entry, IPAddress host)
    {
        if (IsBehind(entry, host)) return true;
        if (configuration.Interfaces.Any(other => IsBehind(other, host))) return false;
        RouteConfiguration[] routes = [.. configuration.Routes.Where(route => route.Destination.Contains(host))];
        return routes.Where(route => route.Destination.PrefixLength == routes.Max(other => other.Destination.PrefixLength)).All(route => LeadsBy(route, entry));
    }

    private bool IsRouters(IPAddress host) =>
        configuration.Interfaces.SelectMany(entry => entry.Addresses).Any(own => own.Address.Equals(host))
        || configuration.Nat is { } nat && nat.Addresses.Contains(host);

    private IEnumerable<IPNetwork> NetworksOf(InterfaceConfiguration entry) => entry.Addresses
        .Where(own => own.Address.AddressFamily == family && !own.Address.IsIPv6LinkLocal)
        .Select(own => AddressSyntax.PrefixOf(own.Address, own.PrefixLength));

    private static IEnumerable<IPAddress> Unreserved(IPNetwork network) => Hosts(network).Where(host => !IsReserved(host, network));

    private static IEnumerable<IPAddress> Hosts(IPNetwork network)
    {
        UInt128 first = BinaryPrimitives.ReadUInt128BigEndian(network.BaseAddress.MapToIPv6().GetAddressBytes());
        int bits = BitsOf(network.BaseAddress) - network.PrefixLength, count = bits > 6 ? HostsTried : 1 << bits;
        for (int i = 0; i < count; i++)
            yield return ToAddress(first + (UInt128)i, network.BaseAddress.AddressFamily);
    }

    /// <summary>A network's own address (in IPv6 that of any of its routers, RFC 4291 section 2.6.1), and IPv4's broadcast.</summary>
    private static bool IsReserved(IPAddress host, IPNetwork network) =>
        network.PrefixLength < BitsOf(host) - 1 && host.Equals(network.BaseAddress) || AddressSyntax.IsNetworkOrBroadcast(network, host);

    private static int BitsOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    private static IPAddress ToAddress(UInt128 number, AddressFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return family == AddressFamily.InterNetwork ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }
}
