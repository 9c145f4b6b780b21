using System.Net;
using System.Net.Sockets;
using Router.Configuration;
using Router.Wire;

namespace Router.Control;

/// <summary>One segment that was sent through the compiled policy, and whether it fared as the configuration says. <see cref="Group"/> is empty where it has no say.</summary>
internal sealed record PolicyProbe(string Phase, string Interface, string Group, string Segment, IPEndPoint Source, IPEndPoint Destination, string Expected, string Seen)
{
    public bool IsAsExpected => Expected == Seen;

    public override string ToString() =>
        $"phase {Phase}, {Interface}{(Group.Length == 0 ? "" : $", group {Group}")}: {Segment} {Source} to {Destination} {Seen}{(IsAsExpected ? "" : $", expected {Expected}")}";
}

/// <summary>
/// Proves the compiled policy (F10). In each phase, in each family, from each inside interface, for each group and for a source in none, these go through the real
/// forwarder: a SYN to port 25, 587 and 465 of the outside and to 25 of each destination set and own mail server, and the segments of F1, F5 and F6 that try to get
/// round it. What is expected is worked out here from the configuration, in another way.
/// </summary>
internal static class PolicyProbes
{
    private const string Blocked = "blocked", Limited = "limited", Passes = "passes", NoSession = "no session", Spoofed = "spoofed", NotBlocked = "not blocked";
    private const int FirstSourcePort = 40000, ProbesPerRouter = 200, MostSessionsPerMinute = 1000;

    private static readonly int[] OtherMailPorts = [587, 465];

    public static IReadOnlyList<PolicyProbe> Run(RouterConfiguration configuration, TimeProvider time)
    {
        RouterConfiguration roomy = WithoutLimits(configuration);
        Plan[] plans = [.. PlansOf(configuration, AddressFamily.InterNetwork), .. PlansOf(configuration, AddressFamily.InterNetworkV6)];
        return [.. configuration.Op25b.Phases.SelectMany(phase => plans.Chunk(ProbesPerRouter).SelectMany(some => Run(roomy, time, phase, some)))];
    }

    /// <summary>All probes of a host are together more than it may be allowed.</summary>
    private static RouterConfiguration WithoutLimits(RouterConfiguration configuration) => configuration with
    {
        Sessions = configuration.Sessions with { PerSubscriber = new() { Ipv6PrefixLength = configuration.Sessions.PerSubscriber.Ipv6PrefixLength } },
        Op25b = configuration.Op25b with { Phases = [.. configuration.Op25b.Phases.Select(phase => phase with { SessionsPerMinute = MostSessionsPerMinute })] },
    };

    private static IEnumerable<Plan> PlansOf(RouterConfiguration configuration, AddressFamily family)
    {
        var hosts = new ProbeHosts(configuration, family);
        if (hosts.Outside().Take(2).ToArray() is not [var outside, ..] strangers)
            yield break;
        foreach (InterfaceConfiguration entry in configuration.Interfaces.Where(entry => entry.Role != InterfaceRole.Wan))
        {
            (GroupConfiguration? Group, IPAddress Address)[] sources = [.. hosts.SourcesOf(entry)];
            foreach ((GroupConfiguration? group, IPAddress address) in sources)
                foreach (Plan plan in PlansOf(configuration, hosts, entry, group, address, outside.Address))
                    yield return plan;

            if (sources.Length == 0)
                continue;
            yield return new Plan(entry.Name, "", TcpFlags.Syn, strangers[^1].Address, null, new(outside.Address, 25), _ => Spoofed);
            IPAddress answered = entry.Role == InterfaceRole.Lan && family == AddressFamily.InterNetwork && configuration.Nat is { } nat ? nat.Addresses[0] : sources[0].Address;
            GroupConfiguration? asked = hosts.GroupOf(answered);
            yield return new Plan(outside.Interface.Name, "", TcpFlags.Syn | TcpFlags.Ack, outside.Address, 25, new(answered, FirstSourcePort),
                phase => phase.Mode is PhaseMode.Limit or PhaseMode.Block && IsAbout(configuration, phase, asked, outside.Address) ? Blocked : NotBlocked);
        }
    }

    private static IEnumerable<Plan> PlansOf(
        RouterConfiguration configuration, ProbeHosts hosts, InterfaceConfiguration entry, GroupConfiguration? group, IPAddress address, IPAddress outside)
    {
        bool isFree = group is { Exempt: true } || hosts.OwnMailServers.Contains(address);
        Plan To(IPAddress destination, TcpFlags flags, string elsewhere) => new(entry.Name, group?.Name ?? "ungrouped", flags, address, null, new(destination, 25), phase =>
            isFree || hosts.OwnMailServers.Contains(destination) || !IsAbout(configuration, phase, group, destination) ? elsewhere
            : phase.Mode == PhaseMode.Block ? Blocked
            : phase.Mode == PhaseMode.Limit && flags != TcpFlags.Syn ? Limited // only a SYN can begin what a limit lets pass
            : elsewhere);

        yield return To(outside, TcpFlags.Syn, Passes);
        foreach (int port in OtherMailPorts)
            yield return new Plan(entry.Name, group?.Name ?? "ungrouped", TcpFlags.Syn, address, null, new(outside, port), _ => Passes);
        yield return To(outside, TcpFlags.Ack, NoSession);
        yield return To(outside, TcpFlags.Syn | TcpFlags.Ack, NoSession);
        foreach (IPAddress destination in hosts.OfDestinationSets().Concat(hosts.OwnMailServers))
            if (!destination.Equals(address) && !hosts.IsBehind(entry, destination))
                yield return To(destination, TcpFlags.Syn, Passes);
    }

    private static bool IsAbout(RouterConfiguration configuration, PhaseConfiguration phase, GroupConfiguration? group, IPAddress destination) =>
        (phase.Groups is not { } groups || groups.Contains(group?.Name ?? "ungrouped"))
        && (phase.Only is not { } only || only.SelectMany(name => configuration.Op25b.DestinationSets[name]).Any(prefix => prefix.Contains(destination)));

    private static IEnumerable<PolicyProbe> Run(RouterConfiguration configuration, TimeProvider time, PhaseConfiguration phase, IReadOnlyList<Plan> plans)
    {
        using var explainer = new Explainer(configuration, time, phase.From);
        for (int i = 0; i < plans.Count; i++)
        {
            Plan plan = plans[i];
            var source = new IPEndPoint(plan.Source, plan.SourcePort ?? FirstSourcePort + i);
            // What nobody asked for must not meet what an earlier probe left open.
            using Explainer? apart = plan.SourcePort is null ? null : new Explainer(configuration, time, phase.From);
            Explanation seen = (apart ?? explainer).Explain(new ExplainRequest { Protocol = ExplainProtocol.Tcp, Source = source, Destination = plan.Destination, In = plan.Interface, Flags = plan.Flags });
            yield return new PolicyProbe(phase.Name, plan.Interface, plan.Group, NameOf(plan.Flags), source, plan.Destination, plan.Expected(phase), Describe(seen, plan));
        }
    }

    private static string Describe(Explanation seen, Plan plan) => seen switch
    {
        { Reason: "Op25bBlocked" or "Op25bFromPort25" } => Blocked,
        { Reason: "Op25bLimited" } => Limited,
        _ when plan.SourcePort is not null => NotBlocked,
        { Verdict: "forwarded" } => Passes,
        { Reason: "TcpWithoutSession" } => NoSession,
        { Reason: "SpoofedInsideSource" } => Spoofed,
        _ => $"{seen.Verdict} ({seen.Reason})",
    };

    private static string NameOf(TcpFlags flags) => flags switch
    {
        TcpFlags.Syn => "SYN",
        TcpFlags.Ack => "ACK",
        _ => "SYN+ACK",
    };

    /// <summary>One row of the table. <see cref="SourcePort"/> is null where any will do; what is expected depends on the phase.</summary>
    private sealed record Plan(string Interface, string Group, TcpFlags Flags, IPAddress Source, int? SourcePort, IPEndPoint Destination, Func<PhaseConfiguration, string> Expected);
}
