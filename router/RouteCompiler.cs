using Router.Configuration;
using Router.Packets;
using Router.Routing;
using Router.Wire;

namespace Router;

/// <summary>The addresses and routes that a configuration means, over interfaces that are there already.</summary>
internal static class RouteCompiler
{
    public static RouteTable Compile(RouterConfiguration configuration, IReadOnlyList<Interface> interfaces)
    {
        // The addresses are the configuration's: the interfaces may still have those of the one before.
        (Interface Interface, (IpAddress Address, int PrefixLength)[] Addresses)[] addressed =
            [.. interfaces.Select((entry, index) => (entry, AddressesOf(configuration.Interfaces[index], entry.Mac).ToArray()))];
        return new RouteTable(
        [
            .. RouteTable.Connected(addressed.Select(entry => (entry.Interface, (IReadOnlyList<(IpAddress, int)>)entry.Addresses))),
            .. NatRoutes(configuration),
            .. StaticRoutes(configuration),
        ]);

        IEnumerable<Route> NatRoutes(RouterConfiguration routed)
        {
            Interface? wan = interfaces.FirstOrDefault(entry => entry.Role == Role.Wan);
            if (routed.Nat is null || wan is null)
                yield break;
            foreach (IpAddress address in routed.Nat.Addresses.Select(IpAddress.From))
                yield return new Route(IpPrefix.Host(address), RouteKind.Local, InterfaceOn(address) ?? wan, address);
        }

        IEnumerable<Route> StaticRoutes(RouterConfiguration routed)
        {
            foreach (RouteConfiguration route in routed.Routes)
            {
                IpAddress nextHop = IpAddress.From(route.Via);
                Interface egress = interfaces.FirstOrDefault(entry => entry.Name == route.Interface) ?? InterfaceOn(nextHop)
                    ?? throw new ApplianceException($"Routes: {route.Via} is on no interface's network; give \"Interface\".");
                yield return new Route(IpPrefix.From(route.Destination), RouteKind.Static, egress, nextHop) { Priority = route.Priority };
            }
        }

        Interface? InterfaceOn(IpAddress address) => addressed.FirstOrDefault(entry =>
            entry.Addresses.Any(own => IpPrefix.Containing(own.Address, own.PrefixLength).Contains(address))).Interface;
    }

    /// <summary>RFC 4291 section 2.8: where there is IPv6 there is a link-local address too.</summary>
    public static IEnumerable<(IpAddress Address, int PrefixLength)> AddressesOf(InterfaceConfiguration entry, MacAddress mac)
    {
        (IpAddress Address, int)[] addresses = [.. entry.Addresses.Select(address => (IpAddress.From(address.Address), address.PrefixLength))];
        bool needsLinkLocal = addresses.Any(address => !address.Address.IsIpv4) && !addresses.Any(address => address.Address.IsLinkLocal);
        return needsLinkLocal ? [.. addresses, (mac.LinkLocal, 64)] : addresses;
    }
}
