namespace Router.Configuration;

/// <summary>What a change of the configuration means, a line for each thing: <c>group fixed-ip gains 192.168.25.200</c>. What only looks different is no change.</summary>
internal static class ConfigurationDiff
{
    public static IReadOnlyList<string> Of(RouterConfiguration before, RouterConfiguration after) =>
    [
        .. Policy(before.Op25b, after.Op25b),
        .. Access(before, after),
        .. Each("interface", before.Interfaces, after.Interfaces, entry => entry.Name, OfInterface),
        .. Tables(before, after),
    ];

    /// <summary>What changes of an interface's router advertisements.</summary>
    public static IEnumerable<string> OfAdvertisements(InterfaceConfiguration before, InterfaceConfiguration after)
    {
        RouterAdvertisementsConfiguration? was = Advertised(before), @is = Advertised(after);
        if (was is null != @is is null) return [$"interface {after.Name} {(@is is null ? "advertises itself no more" : "advertises itself as a router")}"];
        if (was is null || @is is null) return [];
        var name = $"interface {after.Name}:";
        return
        [
            .. Value($"{name} advertised prefixes", was.Prefixes is { } old ? Texts(old) : "its own", @is.Prefixes is { } @new ? Texts(@new) : "its own"),
            .. Value($"{name} MaxIntervalSeconds", was.MaxIntervalSeconds, @is.MaxIntervalSeconds),
            .. Value($"{name} RouterLifetimeSeconds", was.RouterLifetimeSeconds, @is.RouterLifetimeSeconds),
            .. Value($"{name} PreferredLifetimeSeconds", was.PreferredLifetimeSeconds, @is.PreferredLifetimeSeconds),
            .. Value($"{name} ValidLifetimeSeconds", was.ValidLifetimeSeconds, @is.ValidLifetimeSeconds),
            .. Value($"{name} advertised MTU", was.Mtu, @is.Mtu),
            .. Value($"{name} ManagedConfiguration", was.ManagedConfiguration, @is.ManagedConfiguration),
            .. Value($"{name} OtherConfiguration", was.OtherConfiguration, @is.OtherConfiguration),
            .. Value($"{name} advertised resolvers", Texts(was.RecursiveDnsServers), Texts(@is.RecursiveDnsServers)),
            .. Value($"{name} advertised search list", Texts(was.DnsSearchList), Texts(@is.DnsSearchList)),
        ];
    }

    private static IEnumerable<string> Policy(Op25bConfiguration before, Op25bConfiguration after) =>
    [
        .. Each("group", before.Groups, after.Groups, group => group.Name, (was, @is) =>
        [
            .. Set($"group {@is.Name}", was.Sources, @is.Sources),
            .. was.Exempt == @is.Exempt ? [] : new[] { $"group {@is.Name} is {(@is.Exempt ? "exempt" : "not exempt any more")}" },
            .. Value($"group {@is.Name}: Reason", was.Reason, @is.Reason),
        ], group => $" with {Texts(group.Sources)}{(group.Exempt ? ", exempt" : "")}"),
        .. Set("own mail servers", before.OwnMailServers.Addresses, after.OwnMailServers.Addresses),
        .. Set("own mail servers by name", before.OwnMailServers.Hosts, after.OwnMailServers.Hosts),
        .. Set("trusted resolvers", before.OwnMailServers.TrustedResolvers, after.OwnMailServers.TrustedResolvers),
        .. Each("destination set", before.DestinationSets, after.DestinationSets, set => set.Key, (was, @is) => Set($"destination set {@is.Key}", was.Value, @is.Value), set => $" with {Texts(set.Value)}"),
        .. Each("phase", before.Phases, after.Phases, phase => phase.Name, OfPhase, phase => $": {phase.Mode} from {Text(phase.From)}"),
        .. Value("tunnels", before.Tunnels, after.Tunnels),
        .. Value("alerts: QuietMinutes", before.Alerts.QuietMinutes, after.Alerts.QuietMinutes),
        .. Value("alerts: Quarantine", before.Alerts.Quarantine, after.Alerts.Quarantine),
        .. Value("alerts: Command", Texts(before.Alerts.Command ?? []), Texts(after.Alerts.Command ?? [])),
        .. Value("alerts: CommandsPerMinute", before.Alerts.CommandsPerMinute, after.Alerts.CommandsPerMinute),
        .. before.SmtpReply.Lines.SequenceEqual(after.SmtpReply.Lines, StringComparer.Ordinal) ? [] : new[] { "the reply of SmtpReply has another text" },
    ];

    private static IEnumerable<string> OfPhase(PhaseConfiguration was, PhaseConfiguration @is)
    {
        var name = $"phase {@is.Name}:";
        return
        [
            .. Value($"{name} From", was.From.UtcDateTime == @is.From.UtcDateTime ? Text(@is.From) : Text(was.From), Text(@is.From)),
            .. Value($"{name} Mode", was.Mode, @is.Mode),
            .. Value($"{name} Action", was.Action, @is.Action),
            .. Value($"{name} Only", was.Only is { } only ? Texts(only) : "every destination", @is.Only is { } onlyNow ? Texts(onlyNow) : "every destination"),
            .. Value($"{name} Groups", was.Groups is { } groups ? Texts(groups) : "every one", @is.Groups is { } groupsNow ? Texts(groupsNow) : "every one"),
            .. Value($"{name} SessionsPerMinute", was.SessionsPerMinute, @is.SessionsPerMinute),
            .. Value($"{name} OpenSessions", was.OpenSessions, @is.OpenSessions),
            .. Value($"{name} DrainSeconds", was.DrainSeconds, @is.DrainSeconds),
        ];
    }

    private static IEnumerable<string> Access(RouterConfiguration before, RouterConfiguration after) =>
    [
        .. Set("inbound rules", Rules(before), Rules(after)),
        .. Value("the IPv6 firewall is transparent:", before.Firewall.TransparentIpv6, after.Firewall.TransparentIpv6),
        .. Translation(before.Nat, after.Nat),
        .. Set("outside addresses", before.Nat?.Addresses ?? [], after.Nat?.Addresses ?? []),
        .. Set("port forwards", Forwards(before), Forwards(after)),
        .. Set("destinations without translation", before.Nat?.ExemptDestinations ?? [], after.Nat?.ExemptDestinations ?? []),
        .. Set("routes", before.Routes.Select(Text), after.Routes.Select(Text)),
        .. Value("MssClamping", before.MssClamping, after.MssClamping),
    ];

    private static IEnumerable<string> Translation(NatConfiguration? was, NatConfiguration? @is) => (was, @is) switch
    {
        (null, not null) => ["what leaves a Lan for a Wan is translated from now on"],
        (not null, null) => ["nothing is translated any more"],
        (not null, not null) => [.. Value("Nat:Filtering", was.Filtering, @is.Filtering), .. Value("Nat:PortRestSeconds", was.PortRestSeconds, @is.PortRestSeconds)],
        _ => [],
    };

    /// <summary>What only a restart changes, beside the advertisements.</summary>
    private static IEnumerable<string> OfInterface(InterfaceConfiguration was, InterfaceConfiguration @is) =>
    [
        .. Set($"interface {@is.Name}", was.Addresses, @is.Addresses),
        .. RestartRules.Differing(was, @is).Select(key => $"interface {@is.Name}: another {key}"),
        .. OfAdvertisements(was, @is),
    ];

    private static IEnumerable<string> Tables(RouterConfiguration before, RouterConfiguration after)
    {
        var (was, @is) = (before.Sessions, after.Sessions);
        return
        [
            .. RestartRules.Others(before, after).Select(key => $"another {key}"),
            .. Value("privacy", before.Privacy, after.Privacy),
            .. Value("control socket", before.Control.Socket, after.Control.Socket),
            .. Value("control socket's group", before.Control.Group ?? "the router's own", after.Control.Group ?? "the router's own"),
            .. Value("what is kept over a restart: directory", before.State.Directory, after.State.Directory),
            .. Value("the router's own log: format", before.Log.Format, after.Log.Format),
            .. OfMappingLog(before.MappingLog, after.MappingLog),
            .. Value("metrics on", before.Metrics?.Listen, after.Metrics?.Listen),
            .. Value("ports of a subscriber", was.PerSubscriber.Ports, @is.PerSubscriber.Ports),
            .. Value("sessions of a subscriber", was.PerSubscriber.Sessions, @is.PerSubscriber.Sessions),
            .. Value("new sessions of a subscriber a second", was.PerSubscriber.CreationsPerSecond, @is.PerSubscriber.CreationsPerSecond),
            .. Value("time-out Udp", was.Timeouts.Udp, @is.Timeouts.Udp),
            .. Value("time-out UdpDns", was.Timeouts.UdpDns, @is.Timeouts.UdpDns),
            .. Value("time-out Icmp", was.Timeouts.Icmp, @is.Timeouts.Icmp),
            .. Value("time-out Other", was.Timeouts.Other, @is.Timeouts.Other),
            .. Value("time-out TcpEstablished", was.Timeouts.TcpEstablished, @is.Timeouts.TcpEstablished),
            .. Value("time-out TcpOpening", was.Timeouts.TcpOpening, @is.Timeouts.TcpOpening),
            .. Value("time-out TcpClosing", was.Timeouts.TcpClosing, @is.Timeouts.TcpClosing),
        ];
    }

    private static IEnumerable<string> OfMappingLog(MappingLogConfiguration? was, MappingLogConfiguration? @is) => (was, @is) switch
    {
        (null, not null) => [$"who had which outside port is logged from now on: {@is.Records} to {@is.Receivers}"],
        (not null, null) => [$"who had which outside port is logged no more: the log to {was.Receivers} is closed"],
        (not null, not null) =>
        [
            .. Value("mapping log: Records", was.Records, @is.Records),
            .. Value("mapping log: directory", was.File?.Directory, @is.File?.Directory),
            .. Value("mapping log: collector", was.Ipfix?.Collector, @is.Ipfix?.Collector),
            .. Value("mapping log: ObservationDomain", was.Ipfix?.ObservationDomain, @is.Ipfix?.ObservationDomain),
            .. Value("mapping log: TemplateSeconds", was.Ipfix?.TemplateSeconds, @is.Ipfix?.TemplateSeconds),
            .. Value("mapping log: RotateMebibytes", was.File?.RotateMebibytes, @is.File?.RotateMebibytes),
            .. Value("mapping log: RotateMinutes", was.File?.RotateMinutes, @is.File?.RotateMinutes),
            .. Value("mapping log: KeepDays", was.File?.KeepDays, @is.File?.KeepDays),
            .. Value("mapping log: KeepMebibytes", was.File?.KeepMebibytes, @is.File?.KeepMebibytes),
        ],
        _ => [],
    };

    private static IEnumerable<string> Rules(RouterConfiguration configuration) =>
        configuration.Firewall.Inbound.SelectMany(rule => rule.Ports.Select(port => $"{rule.Protocol} to {rule.To} port {port}"));

    private static IEnumerable<string> Forwards(RouterConfiguration configuration) =>
        (configuration.Nat?.PortForwards ?? []).Select(forward =>
            $"{forward.Protocol} port {forward.Port}{(forward.LastPort is { } last ? $"-{last}" : "")}{(forward.Address is { } address ? $" of {address}" : "")} to {forward.To}");

    private static string Text(RouteConfiguration route) =>
        $"{route.Destination} via {route.Via}{(route.Interface is { } name ? $" ({name})" : "")}{(route.Priority != 0 ? $", priority {route.Priority}" : "")}";

    private static string Text(DateTimeOffset time) => $"{time:yyyy-MM-dd'T'HH:mm:ssK}";

    private static string Texts<T>(IEnumerable<T> values) => string.Join(", ", values);

    /// <summary>Things with names: new ones, those that are gone, and what changed of the others.</summary>
    private static IEnumerable<string> Each<T>(
        string kind, IEnumerable<T> before, IEnumerable<T> after, Func<T, string> nameOf, Func<T, T, IEnumerable<string>> compare, Func<T, string>? describe = null)
    {
        var old = before.ToDictionary(nameOf, StringComparer.Ordinal);
        foreach (var item in after)
            if (!old.Remove(nameOf(item), out var was)) yield return $"{kind} {nameOf(item)} is new{describe?.Invoke(item)}";
            else
                foreach (var line in compare(was, item)) yield return line;
        foreach (var gone in old.Keys) yield return $"{kind} {gone} is gone";
    }

    /// <summary>Of one thing, or of many as the name's kind says.</summary>
    private static IEnumerable<string> Set<T>(string name, IEnumerable<T> before, IEnumerable<T> after)
    {
        string[] was = [.. before.Select(value => $"{value}").Distinct(StringComparer.OrdinalIgnoreCase)], @is = [.. after.Select(value => $"{value}").Distinct(StringComparer.OrdinalIgnoreCase)];
        var verb = name.StartsWith("group ", StringComparison.Ordinal) || name.StartsWith("interface ", StringComparison.Ordinal) || name.StartsWith("destination set ", StringComparison.Ordinal) ? "s" : "";
        string[] gained = [.. @is.Except(was, StringComparer.OrdinalIgnoreCase)], lost = [.. was.Except(@is, StringComparer.OrdinalIgnoreCase)];
        if (gained.Length > 0) yield return $"{name} gain{verb} {Texts(gained.Select(Short))}";
        if (lost.Length > 0) yield return $"{name} lose{verb} {Texts(lost.Select(Short))}";
    }

    /// <summary>A single address is written without its length.</summary>
    private static string Short(string value) =>
        value.EndsWith("/32", StringComparison.Ordinal) && !value.Contains(':', StringComparison.Ordinal) ? value[..^3]
        : value.EndsWith("/128", StringComparison.Ordinal) ? value[..^4]
        : value;

    private static IEnumerable<string> Value<T>(string name, T before, T after) =>
        Equals(before, after) ? [] : [$"{name} {Shown(before)} becomes {Shown(after)}"];

    private static string Shown<T>(T value) => value switch { null or "" => "nothing", true => "true", false => "false", _ => $"{value}" };

    private static RouterAdvertisementsConfiguration? Advertised(InterfaceConfiguration entry) => entry.RouterAdvertisements is { Enabled: true } advertised ? advertised : null;
}
