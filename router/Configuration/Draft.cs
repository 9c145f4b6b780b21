using System.Net;

namespace Router.Configuration;

/// <summary>
/// The configuration while it is judged: records beside their key paths. Values that are spoilt are left out of lists, or replaced by something
/// harmless; <see cref="Problems"/> knows which.
/// </summary>
internal sealed class Draft
{
    public required IReadOnlyList<Located<InterfaceConfiguration>> Interfaces { get; init; }

    /// <summary>Every address of every interface.</summary>
    public required IReadOnlyList<ConnectedAddress> Connected { get; init; }

    public required bool MssClamping { get; init; }

    public required int BusyPollMicroseconds { get; init; }

    public required IReadOnlyList<Located<RouteConfiguration>> Routes { get; init; }

    /// <summary>Null: nothing is translated.</summary>
    public required NatDraft? Nat { get; init; }

    public required bool TransparentIpv6 { get; init; }

    public required IReadOnlyList<Located<InboundRuleConfiguration>> Inbound { get; init; }

    public required SessionsConfiguration Sessions { get; init; }

    public required IReadOnlyList<Located<GroupConfiguration>> Groups { get; init; }

    /// <summary>Every prefix of every group.</summary>
    public required IReadOnlyList<GroupSource> Sources { get; init; }

    public required IReadOnlyList<Located<IPAddress>> OwnMailServers { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyList<IPNetwork>> DestinationSets { get; init; }

    public required IReadOnlyList<Located<string>> Hosts { get; init; }

    public required IReadOnlyList<Located<IPAddress>> TrustedResolvers { get; init; }

    public required TunnelHandling Tunnels { get; init; }

    public required IReadOnlyList<Located<PhaseConfiguration>> Phases { get; init; }

    public required AttemptsConfiguration Attempts { get; init; }

    public required AlertsConfiguration Alerts { get; init; }

    public required SmtpReplyConfiguration SmtpReply { get; init; }

    public required MetricsConfiguration? Metrics { get; init; }

    public required ControlConfiguration Control { get; init; }

    public required StateConfiguration State { get; init; }

    public required PrivacyPreset Privacy { get; init; }

    /// <summary>Null: no mapping is logged.</summary>
    public required MappingLogConfiguration? MappingLog { get; init; }

    public required LogConfiguration Log { get; init; }

    /// <summary>The prefixes that lie behind inside interfaces: connected ones, and those of static routes through them.</summary>
    public IEnumerable<IPNetwork> InsidePrefixes => Connected
        .Where(connected => connected.IsInside)
        .Select(connected => connected.Prefix)
        .Concat(Routes.Where(route => ConnectedTo(route.Value.Via) is { IsInside: true }).Select(route => route.Value.Destination))
        .Where(prefix => prefix.PrefixLength > 0);

    public ConnectedAddress? ConnectedTo(IPAddress address) => Connected.FirstOrDefault(connected => connected.Prefix.Contains(address));

    /// <summary>The role of the interface that the address is behind: its network's, or that of the longest static route; outside where neither is.</summary>
    public InterfaceRole RoleBehind(IPAddress address)
    {
        if (ConnectedTo(address) is { } connected) return connected.Interface.Role;
        var route = Routes.Where(route => route.Value.Destination.Contains(address) && route.Value.Destination.PrefixLength > 0).MaxBy(route => route.Value.Destination.PrefixLength);
        return route is not null && EgressOf(route.Value) is { } egress ? egress.Role : InterfaceRole.Wan;
    }

    /// <summary>The interface that the route leads by: the one it names, as for a link-local next hop, or the next hop's.</summary>
    public InterfaceConfiguration? EgressOf(RouteConfiguration route) => route.Interface is { } name
        ? Interfaces.FirstOrDefault(entry => string.Equals(entry.Value.Name, name, StringComparison.Ordinal))?.Value
        : ConnectedTo(route.Via)?.Interface;

    public ConnectedAddress? OwnerOf(IPAddress address) => Connected.FirstOrDefault(connected => connected.Own.Address.Equals(address));

    public RouterConfiguration ToConfiguration() => new()
    {
        Interfaces = Values(Interfaces),
        Routes = Values(Routes),
        Nat = Nat is null ? null : Nat.Settings with
        {
            Addresses = Values(Nat.Addresses),
            ExemptDestinations = Values(Nat.ExemptDestinations),
            PortForwards = Values(Nat.PortForwards),
        },
        Firewall = new() { TransparentIpv6 = TransparentIpv6, Inbound = Values(Inbound) },
        Sessions = Sessions,
        MssClamping = MssClamping,
        BusyPollMicroseconds = BusyPollMicroseconds,
        Op25b = new()
        {
            Groups = Values(Groups),
            OwnMailServers = new() { Addresses = Values(OwnMailServers), Hosts = Values(Hosts), TrustedResolvers = Values(TrustedResolvers) },
            DestinationSets = DestinationSets,
            Phases = Values(Phases),
            Tunnels = Tunnels,
            Attempts = Attempts,
            Alerts = Alerts,
            SmtpReply = SmtpReply,
        },
        Metrics = Metrics,
        Control = Control,
        State = State,
        Privacy = Privacy,
        MappingLog = MappingLog,
        Log = Log,
    };

    private static T[] Values<T>(IReadOnlyList<Located<T>> located) => [.. located.Select(item => item.Value)];
}

/// <summary>One address of an interface, and the subnet that it connects.</summary>
internal sealed record ConnectedAddress(string Path, InterfaceConfiguration Interface, InterfaceAddress Own)
{
    public IPNetwork Prefix { get; } = AddressSyntax.PrefixOf(Own.Address, Own.PrefixLength);

    public bool IsInside => Interface.Role is InterfaceRole.Lan or InterfaceRole.Servers;

    /// <summary>Every link has the link-local prefix: it never collides.</summary>
    public bool IsLinkLocal => Own.Address.IsIPv6LinkLocal;
}

/// <summary>One prefix of a group.</summary>
internal sealed record GroupSource(string Path, string Group, IPNetwork Prefix);

/// <summary>Translation: its plain values, and its lists beside their key paths.</summary>
internal sealed record NatDraft(
    NatConfiguration Settings,
    IReadOnlyList<Located<IPAddress>> Addresses,
    IReadOnlyList<Located<IPNetwork>> ExemptDestinations,
    IReadOnlyList<Located<PortForwardConfiguration>> PortForwards);
