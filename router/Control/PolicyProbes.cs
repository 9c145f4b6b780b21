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

    public static IReadOnlyList<PolicyProbe> Run(RouterConfiguration configuration, TimeProvider time)
    {
        if (FindOutsideHost(configuration) is not { } outside)
            return [];
        IPAddress[] own = [.. configuration.Op25b.OwnMailServers.Addresses.Where(IsIpv4)];
        return
        [
            .. from phase in configuration.Op25b.Phases
               from entry in configuration.Interfaces
               where entry.Role != InterfaceRole.Wan
               from source in SourcesOf(configuration, entry)
               from destination in MailPorts.Select(port => new IPEndPoint(outside, port)).Concat(own.Where(address => !address.Equals(source.Address)).Select(address => new IPEndPoint(address, 25)))
               where !IsBehind(entry, destination.Address)
               select Probe(configuration, time, phase, entry, source.Group, source.Address, destination),
        ];
    }

    private static PolicyProbe Probe(RouterConfiguration configuration, TimeProvider time, PhaseConfiguration phase, InterfaceConfiguration entry,
        GroupConfiguration? group, IPAddress address, IPEndPoint destination)
    {
        var source = new IPEndPoint(address, SourcePort);
        IReadOnlyList<IPAddress> own = configuration.Op25b.OwnMailServers.Addresses;
        bool isBlocked = destination.Port == 25 && phase.Mode == PhaseMode.Block && group is not { Exempt: true } && !own.Contains(address) && !own.Contains(destination.Address);
        Explanation seen = Explainer.Explain(configuration,
            new ExplainRequest { Protocol = ExplainProtocol.Tcp, Source = source, Destination = destination, In = entry.Name, At = phase.From }, time);
        return new PolicyProbe(phase.Name, entry.Name, group?.Name ?? "ungrouped", source, destination, isBlocked ? Blocked : Passes, Describe(seen));
    }

    private static string Describe(Explanation seen) => seen switch
    {
        { Verdict: "forwarded" } => Passes,
        { Reason: "Op25bBlocked" } => Blocked,
        _ => $"{seen.Verdict} ({seen.Reason})",
    };

    /// <summary>One source behind the interface for each group that has any there, and one that is in none.</summary>
    private static IEnumerable<(GroupConfiguration? Group, IPAddress Address)> SourcesOf(RouterConfiguration configuration, InterfaceConfiguration entry)
    {
        IPAddress[] hosts = [.. entry.Addresses.Where(own => IsIpv4(own.Address)).SelectMany(own => HostsOf(own, configuration))];
        return hosts.Select(host => (Group: GroupOf(configuration, host), Address: host)).DistinctBy(source => source.Group?.Name);
    }

    /// <summary>Some hosts of the network: its first ones, and the first ones of each group's prefixes in it.</summary>
    private static IEnumerable<IPAddress> HostsOf(InterfaceAddress own, RouterConfiguration configuration)
    {
        var network = new IPNetwork(Mask(own), own.PrefixLength);
        IEnumerable<IPNetwork> inside = configuration.Op25b.Groups.SelectMany(group => group.Sources)
            .Where(source => IsIpv4(source.BaseAddress) && source.PrefixLength >= own.PrefixLength && network.Contains(source.BaseAddress));
        return inside.Append(network).SelectMany(Hosts).Where(host => network.Contains(host) && !IsReserved(host, network) && !IsRouters(configuration, host));
    }

    private static IEnumerable<IPAddress> Hosts(IPNetwork network)
    {
        uint first = ToNumber(network.BaseAddress);
        uint count = network.PrefixLength == 0 ? uint.MaxValue : (uint)(1UL << (32 - network.PrefixLength));
        for (uint i = 0; i < Math.Min(count, HostsTried); i++)
            yield return ToAddress(first + i);
    }

    private static GroupConfiguration? GroupOf(RouterConfiguration configuration, IPAddress host) =>
        configuration.Op25b.Groups
            .SelectMany(group => group.Sources.Select(source => (group, source)))
            .Where(entry => entry.source.Contains(host))
            .OrderByDescending(entry => entry.source.PrefixLength)
            .Select(entry => entry.group)
            .FirstOrDefault();

    private static IPAddress? FindOutsideHost(RouterConfiguration configuration) =>
        configuration.Interfaces.Where(entry => entry.Role == InterfaceRole.Wan)
            .SelectMany(entry => entry.Addresses)
            .Where(own => IsIpv4(own.Address))
            .Select(own => new IPNetwork(Mask(own), own.PrefixLength))
            .SelectMany(network => Hosts(network).Where(host => !IsReserved(host, network)))
            .FirstOrDefault(host => !IsRouters(configuration, host) && !configuration.Op25b.OwnMailServers.Addresses.Contains(host));

    private static bool IsRouters(RouterConfiguration configuration, IPAddress host) =>
        configuration.Interfaces.SelectMany(entry => entry.Addresses).Any(own => own.Address.Equals(host))
        || configuration.Nat is { } nat && nat.Addresses.Contains(host);

    private static bool IsReserved(IPAddress host, IPNetwork network)
    {
        uint offset = ToNumber(host) - ToNumber(network.BaseAddress);
        return network.PrefixLength < 31 && (offset == 0 || offset == (uint)(1UL << (32 - network.PrefixLength)) - 1);
    }

    private static bool IsBehind(InterfaceConfiguration entry, IPAddress address) =>
        entry.Addresses.Any(own => IsIpv4(own.Address) && new IPNetwork(Mask(own), own.PrefixLength).Contains(address));

    private static IPAddress Mask(InterfaceAddress own) => ToAddress(own.PrefixLength == 0 ? 0 : ToNumber(own.Address) & uint.MaxValue << (32 - own.PrefixLength));

    private static bool IsIpv4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;

    private static uint ToNumber(IPAddress address) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private static IPAddress ToAddress(uint number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
