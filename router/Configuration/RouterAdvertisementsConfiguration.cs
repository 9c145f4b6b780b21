using System.Net;

namespace Router.Configuration;

/// <summary>What an interface advertises to hosts (RFC 4861 section 6.2.1, RFC 8106). The interface advertises where this is given, and only there.</summary>
internal sealed record RouterAdvertisementsConfiguration
{
    public bool Enabled { get; init; } = true;

    /// <summary>Null: every /64 that the interface has an address in.</summary>
    public IReadOnlyList<IPNetwork>? Prefixes { get; init; }

    public int MaxIntervalSeconds { get; init; } = 600;

    /// <summary>Null: three times the interval. Zero: this is no default router.</summary>
    public int? RouterLifetimeSeconds { get; init; }

    public int PreferredLifetimeSeconds { get; init; } = 604800;

    public int ValidLifetimeSeconds { get; init; } = 2592000;

    /// <summary>Null: the interface's. Zero: none is advertised.</summary>
    public int? Mtu { get; init; }

    /// <summary>M: hosts get addresses by DHCPv6.</summary>
    public bool ManagedConfiguration { get; init; }

    /// <summary>O: hosts get other configuration by DHCPv6.</summary>
    public bool OtherConfiguration { get; init; }

    public IReadOnlyList<IPAddress> RecursiveDnsServers { get; init; } = [];

    public IReadOnlyList<string> DnsSearchList { get; init; } = [];
}
