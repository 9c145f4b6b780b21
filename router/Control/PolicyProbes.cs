using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Router.Configuration;

namespace Router.Control;

/// <summary>One packet that was sent through the compiled policy, and whether it fared as the configuration says.</summary>
internal sealed record PolicyProbe(string Phase, string Interface, string Group, IPEndPoint Source, IPEndPoint Destination, string Expected, string Seen)
{
    public bool IsAsExpected => Expected == Seen;

    public override string ToString() =>
        $"phase {Phase}, {Interface}, group {Group}: {Source} to {Destination} {Seen}{(IsAsExpected ? "" : $", expected {Expected}")}";
}

/// <summary>
/// Proves the compiled policy (OP25B.md F10): from each inside interface, for each group and for a source in none, in each phase, a SYN to port 25 of the outside
/// and of each own mail server, and to 587 and 465, goes through the real forwarder. What is expected is worked out here from the configuration, in another way.
/// </summary>
internal static class PolicyProbes
{
    private const string Blocked = "blocked", Passes = "passes";
    private const int SourcePort = 40000, HostsTried = 64;

    private static readonly int[] MailPorts = [25, 587, 465];

    public static IReadOnlyList<PolicyProbe> Run(RouterConfiguration configuration, TimeProvider time) =>
        [.. Run(configuration, time, AddressFamily.InterNetwork), .. Run(configuration, time, AddressFamily.InterNetworkV6)];

    private static IEnumerable<PolicyProbe> Run(RouterConfiguration configuration, TimeProvider time, AddressFamily family)
    {
        if (FindOutsideHost(configuration, family) is not { } outside)
            return [];
        IPAddress[] own = [.. configuration.Op25b.OwnMailServers.Addresses.Where(address => address.AddressFamily == family)];
        return from phase in configuration.Op25b.Phases
               from entry in configuration.Interfaces
               where entry.Role != InterfaceRole.Wan
               from source in SourcesOf(configuration, entry, family)
               from destination in MailPorts.Select(port => new IPEndPoint(outside, port)).Concat(OnlyHosts(configuration, phase, family)).Concat(own.Where(address => !address.Equals(source.Address)).Select(address => new IPEndPoint(address, 25)))
               where !IsBehind(entry, destination.Address)
               select Probe(configuration, time, phase, entry, source.Group, source.Address, destination);
    }

    private static PolicyProbe Probe(RouterConfiguration configuration, TimeProvider time, PhaseConfiguration phase, InterfaceConfiguration entry,
        GroupConfiguration? group, IPAddress address, IPEndPoint destination)
    {
        var source = new IPEndPoint(address, SourcePort);
        IReadOnlyList<IPAddress> own = configuration.Op25b.OwnMailServers.Addresses;
        bool isBlocked = destination.Port == 25 && phase.Mode == PhaseMode.Block && IsAbout(configuration, phase, group, destination.Address) && group is not { Exempt: true } && !own.Contains(address) && !own.Contains(destination.Address);
        Explanation seen = Explainer.Explain(configuration,
            new ExplainRequest { Protocol = ExplainProtocol.Tcp, Source = source, Destination = destination, In = entry.Name, At = phase.From }, time);
        return new PolicyProbe(phase.Name, entry.Name, group?.Name ?? "ungrouped", source, destination, isBlocked ? Blocked : Passes, Describe(seen));
    }

    private static bool IsAbout(RouterConfiguration configuration, PhaseConfiguration phase, GroupConfiguration? group, IPAddress destination) =>
        (phase.Groups is not { } groups || groups.Contains(group?.Name ?? "ungrouped"))
        && (phase.Only is not { } only || only.SelectMany(name => configuration.Op25b.DestinationSets[name]).Any(prefix => prefix.Contains(destination)));

    /// <summary>A host of each destination set of the phase, as far as a route leads there.</summary>
    private static IEnumerable<IPEndPoint> OnlyHosts(RouterConfiguration configuration, PhaseConfiguration phase, AddressFamily family) =>
        (phase.Only ?? []).Select(name => configuration.Op25b.DestinationSets[name].Where(prefix => prefix.BaseAddress.AddressFamily == family)
                .SelectMany(prefix => Hosts(prefix).Where(host => !IsReserved(host, prefix)))
                .FirstOrDefault(host => !IsRouters(configuration, host) && !configuration.Op25b.OwnMailServers.Addresses.Contains(host)
                    && configuration.Routes.Any(route => route.Destination.Contains(host))))
            .OfType<IPAddress>().Select(host => new IPEndPoint(host, 25));

    private static string Describe(Explanation seen) => seen switch
    {
        { Verdict: "forwarded" } => Passes,
        { Reason: "Op25bBlocked" } => Blocked,
        _ => $"{seen.Verdict} ({seen.Reason})",
    };

    /// <summary>One source behind the interface for each group that has any there, and one that is in none.</summary>
    private static IEnumerable<(GroupConfiguration? Group, IPAddress Address)> SourcesOf(RouterConfiguration configuration, InterfaceConfiguration entry, AddressFamily family)
    {
        IPAddress[] hosts = [.. NetworksOf(entry, family).SelectMany(network => HostsOf(network, configuration))];
        return hosts.Select(host => (Group: GroupOf(configuration, host), Address: host)).DistinctBy(source => source.Group?.Name);
    }

    /// <summary>Some hosts of the network: its first ones, and the first ones of each group's prefixes in it.</summary>
    private static IEnumerable<IPAddress> HostsOf(IPNetwork network, RouterConfiguration configuration)
    {
        IEnumerable<IPNetwork> inside = configuration.Op25b.Groups.SelectMany(group => group.Sources)
            .Where(source => source.PrefixLength >= network.PrefixLength && network.Contains(source.BaseAddress));
        return inside.Append(network).SelectMany(Hosts).Where(host => network.Contains(host) && !IsReserved(host, network) && !IsRouters(configuration, host));
    }

    private static IEnumerable<IPAddress> Hosts(IPNetwork network)
    {
        UInt128 first = ToNumber(network.BaseAddress);
        int bits = BitsOf(network.BaseAddress) - network.PrefixLength, count = bits > 6 ? HostsTried : 1 << bits;
        for (int i = 0; i < count; i++)
            yield return ToAddress(first + (UInt128)i, network.BaseAddress.AddressFamily);
    }

    private static GroupConfiguration? GroupOf(RouterConfiguration configuration, IPAddress host) =>
        configuration.Op25b.Groups
            .SelectMany(group => group.Sources.Select(source => (group, source)))
            .Where(entry => entry.source.Contains(host))
            .OrderByDescending(entry => entry.source.PrefixLength)
            .Select(entry => entry.group)
            .FirstOrDefault();

    private static IPAddress? FindOutsideHost(RouterConfiguration configuration, AddressFamily family) =>
        configuration.Interfaces.Where(entry => entry.Role == InterfaceRole.Wan)
            .SelectMany(entry => NetworksOf(entry, family))
            .SelectMany(network => Hosts(network).Where(host => !IsReserved(host, network)))
            .FirstOrDefault(host => !IsRouters(configuration, host) && !configuration.Op25b.OwnMailServers.Addresses.Contains(host));

    private static bool IsRouters(RouterConfiguration configuration, IPAddress host) =>
        configuration.Interfaces.SelectMany(entry => entry.Addresses).Any(own => own.Address.Equals(host))
        || configuration.Nat is { } nat && nat.Addresses.Contains(host);

    /// <summary>A network's own address (in IPv6 that of any of its routers, RFC 4291 section 2.6.1), and IPv4's broadcast.</summary>
    private static bool IsReserved(IPAddress host, IPNetwork network) =>
        network.PrefixLength < BitsOf(host) - 1 && host.Equals(network.BaseAddress) || AddressSyntax.IsNetworkOrBroadcast(network, host);

    private static bool IsBehind(InterfaceConfiguration entry, IPAddress address) => NetworksOf(entry, address.AddressFamily).Any(network => network.Contains(address));

    private static IEnumerable<IPNetwork> NetworksOf(InterfaceConfiguration entry, AddressFamily family) => entry.Addresses
        .Where(own => own.Address.AddressFamily == family && !own.Address.IsIPv6LinkLocal)
        .Select(own => AddressSyntax.PrefixOf(own.Address, own.PrefixLength));

    private static int BitsOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    private static UInt128 ToNumber(IPAddress address) => BinaryPrimitives.ReadUInt128BigEndian(address.MapToIPv6().GetAddressBytes());

    private static IPAddress ToAddress(UInt128 number, AddressFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return family == AddressFamily.InterNetwork ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }
}
