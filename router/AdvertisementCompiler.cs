using Router.Configuration;
using Router.Neighbors;
using Router.Packets;
using Router.Wire;

namespace Router;

/// <summary>What a configuration advertises to hosts.</summary>
internal static class AdvertisementCompiler
{
    private const int StatelessPrefixLength = 64;

    public static IEnumerable<Advertisement> Compile(RouterConfiguration configuration, IReadOnlyList<Interface> interfaces)
    {
        for (int i = 0; i < interfaces.Count; i++)
            if (configuration.Interfaces[i].RouterAdvertisements is { Enabled: true } advertised)
                yield return Compile(advertised, interfaces[i], configuration.Interfaces[i]);
    }

    /// <summary>The addresses are the configuration's: the interface may still have those of the one before.</summary>
    private static Advertisement Compile(RouterAdvertisementsConfiguration configuration, Interface entry, InterfaceConfiguration addressed) => new()
    {
        Interface = entry,
        MaxInterval = configuration.MaxIntervalSeconds,
        Lifetime = (ushort)(configuration.RouterLifetimeSeconds ?? 3 * configuration.MaxIntervalSeconds),
        Mtu = (uint)(configuration.Mtu ?? entry.Mtu),
        Flags = (configuration.ManagedConfiguration ? RouterFlags.ManagedConfiguration : RouterFlags.None)
            | (configuration.OtherConfiguration ? RouterFlags.OtherConfiguration : RouterFlags.None),
        Prefixes = [.. PrefixesOf(configuration, RouteCompiler.AddressesOf(addressed, entry.Mac)).Select(prefix => new NdPrefix(prefix, FlagsOf(prefix), (uint)configuration.ValidLifetimeSeconds, (uint)configuration.PreferredLifetimeSeconds))],
        RecursiveDnsServers = [.. configuration.RecursiveDnsServers.Select(IpAddress.From)],
        DnsSearchList = [.. configuration.DnsSearchList.SelectMany(DomainName.Encode)],
    };

    private static IEnumerable<IpPrefix> PrefixesOf(RouterAdvertisementsConfiguration configuration, IEnumerable<(IpAddress Address, int PrefixLength)> addresses) => configuration.Prefixes?.Select(IpPrefix.From)
        ?? addresses
            .Where(own => own is { PrefixLength: StatelessPrefixLength, Address: { IsIpv4: false, IsLinkLocal: false } })
            .Select(own => IpPrefix.Containing(own.Address, own.PrefixLength))
            .Distinct();

    /// <summary>RFC 4862 section 5.5.3 (d): an interface identifier has 64 bits on Ethernet, so another prefix is not for stateless configuration.</summary>
    private static NdPrefixFlags FlagsOf(IpPrefix prefix) => prefix.Length == StatelessPrefixLength ? NdPrefixFlags.OnLink | NdPrefixFlags.Autonomous : NdPrefixFlags.OnLink;
}
