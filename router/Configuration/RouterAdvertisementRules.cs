using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Router.Configuration;

/// <summary>What an advertisement says must be true of its interface, and RFC 4861 section 6.2.1 bounds its lifetimes.</summary>
internal sealed class RouterAdvertisementRules(Draft draft, LayeredConfiguration layers, Problems problems)
{
    private const int HeadersAndFixedOptions = 40 + 16 + 8 + 8, PrefixOption = 32, DnsHeader = 8, AddressSize = 16;

    public void Check()
    {
        foreach (var (path, entry) in draft.Interfaces)
            if (entry.RouterAdvertisements is { Enabled: true } advertised)
                Check($"{path}:RouterAdvertisements", path, entry, advertised);
    }

    private void Check(string path, string interfacePath, InterfaceConfiguration entry, RouterAdvertisementsConfiguration advertised)
    {
        if (entry.Role == InterfaceRole.Wan && !problems.HasUnder($"{interfacePath}:Role"))
        {
            Report(path, $"'{entry.Name}' is outside: its hosts are not this router's to configure", "take the section out, or give the interface another role");
            return;
        }

        CheckLifetimes(path, advertised);
        if (advertised.Mtu is { } mtu and not 0 && !problems.HasUnder($"{path}:Mtu") && !problems.HasUnder($"{interfacePath}:Mtu") && (mtu < 1280 || mtu > entry.Mtu))
            Report($"{path}:Mtu", $"{mtu} is not an MTU that the interface carries", $"use 1280 to {entry.Mtu}, or 0 to advertise none");
        foreach (var (serverPath, server) in AddressesUnder(path))
            if (server.AddressFamily != AddressFamily.InterNetworkV6 || !AddressSyntax.IsUnicast(server))
                Report(serverPath, $"{server} is not an IPv6 host's address", "use a resolver's IPv6 address, or take it out");
        if (problems.HasUnder($"{interfacePath}:Addresses"))
            return;
        CheckPrefixes(path, entry, advertised);
        CheckSize(path, entry, advertised);
    }

    private void CheckLifetimes(string path, RouterAdvertisementsConfiguration advertised)
    {
        if (advertised.RouterLifetimeSeconds is { } lifetime and not 0 && lifetime < advertised.MaxIntervalSeconds
            && !problems.HasUnder($"{path}:RouterLifetimeSeconds") && !problems.HasUnder($"{path}:MaxIntervalSeconds"))
            Report($"{path}:RouterLifetimeSeconds", $"{lifetime} is shorter than the interval of {advertised.MaxIntervalSeconds}: hosts would lose their router", $"use {advertised.MaxIntervalSeconds} to 9000, or 0 where it is no default router");
        if (advertised.PreferredLifetimeSeconds > advertised.ValidLifetimeSeconds
            && !problems.HasUnder($"{path}:PreferredLifetimeSeconds") && !problems.HasUnder($"{path}:ValidLifetimeSeconds"))
            Report($"{path}:PreferredLifetimeSeconds", $"{advertised.PreferredLifetimeSeconds} is longer than ValidLifetimeSeconds, {advertised.ValidLifetimeSeconds}", "lower it, or raise ValidLifetimeSeconds");
    }

    private void CheckPrefixes(string path, InterfaceConfiguration entry, RouterAdvertisementsConfiguration advertised)
    {
        IPNetwork[] own = [.. draft.Connected
            .Where(connected => ReferenceEquals(connected.Interface, entry) && connected.Own.Address.AddressFamily == AddressFamily.InterNetworkV6 && !connected.IsLinkLocal)
            .Select(connected => connected.Prefix)
            .Distinct()];
        if (own.Length == 0)
        {
            Report(path, $"'{entry.Name}' has no global IPv6 address", "add one to \"Addresses\", as 2001:db8:25:1::1/64");
            return;
        }

        if (advertised.Prefixes is null && !advertised.ManagedConfiguration && !own.Any(prefix => prefix.PrefixLength == 64))
            problems.Warn(layers.PlaceOf(path), path, new("hosts make no addresses of it: the interface has no /64", "give the interface an address with /64, or hosts addresses by DHCPv6 and set \"ManagedConfiguration\""));
        foreach (var (prefixPath, text) in TextsUnder($"{path}:Prefixes"))
            if (AddressSyntax.TryPrefix(text, out var address, out var length) && !own.Contains(new IPNetwork(address, length)))
                Report(prefixPath, $"{text} is not a prefix of '{entry.Name}'", $"use {Wording.OneOf([.. own.Select(prefix => $"{prefix}")])}");
    }

    /// <summary>One advertisement has it all, and is never a fragment (RFC 6980).</summary>
    private void CheckSize(string path, InterfaceConfiguration entry, RouterAdvertisementsConfiguration advertised)
    {
        var prefixes = advertised.Prefixes?.Count ?? draft.Connected.Count(connected => ReferenceEquals(connected.Interface, entry) && connected.Own.PrefixLength == 64);
        var names = advertised.DnsSearchList.Sum(name => Encoding.ASCII.GetByteCount(name) + 2);
        var size = HeadersAndFixedOptions + (prefixes * PrefixOption)
            + (advertised.RecursiveDnsServers.Count == 0 ? 0 : DnsHeader + (advertised.RecursiveDnsServers.Count * AddressSize))
            + (names == 0 ? 0 : DnsHeader + ((names + 7) / 8 * 8));
        if (size > entry.Mtu && !problems.HasUnder($"{path}") && !problems.HasUnder($"{path}:Mtu"))
            Report(path, $"the advertisement would have {size} bytes, and the interface's MTU is {entry.Mtu}", "list fewer prefixes, servers or names");
    }

    private IEnumerable<(string Path, IPAddress Address)> AddressesUnder(string path) =>
        TextsUnder($"{path}:RecursiveDnsServers").Select(item => (item.Path, AddressSyntax.TryAddress(item.Text, out var address) ? address : IPAddress.IPv6None));

    private IEnumerable<(string Path, string Text)> TextsUnder(string path) => layers.KeysUnder(path)
        .Select(key => $"{path}:{key}")
        .Where(item => !problems.IsSpoilt(item))
        .Select(item => (item, layers.Value(item) ?? ""));

    private void Report(string path, string message, string mend) => problems.Report(layers.PlaceOf(path), path, new(message, mend));
}
