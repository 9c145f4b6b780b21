using Router.Op25b;
using Router.Wire;

namespace Router.Telemetry;

/// <summary>Copies what is known of names, and the counters of DNS answers and tunnels, on the loop's thread.</summary>
internal static class OwnNamesTaker
{
    public static OwnNamesSnapshot Take(OwnNames names, DnsWitness dns)
    {
        IReadOnlyList<string> hosts = names.Patterns.Hosts;
        return new OwnNamesSnapshot
        {
            Addresses = [.. Resolved(names), .. names.Learnt.All().Select(entry => new OwnNameAddress(
                hosts[entry.Host], entry.Name, entry.Address.ToString(), "learnt", Math.Max(0, (entry.EndsAt - names.Now) / 1000), Seen: null))],
            Resolved = [.. hosts.Select((host, index) => (host, index)).Where(entry => !HostPatterns.IsWildcard(entry.host))
                .Select(entry => new ResolvedName(entry.host, names.Resolved[entry.index]?.LastAnswer, names.Resolved[entry.index]?.Failure))],
            Answers = names.Patterns.HasWildcards ? [.. Enum.GetValues<DnsOutcome>().Select(outcome => new DnsAnswerCount(outcome.ToString().ToLowerInvariant(), dns[outcome]))] : [],
        };
    }

    public static IReadOnlyList<TunnelCount> Take(TunnelWatch tunnels) => [.. Enum.GetValues<Tunnel>().Select(kind => new TunnelCount(LabelOf(kind), tunnels[kind]))];

    private static IEnumerable<OwnNameAddress> Resolved(OwnNames names)
    {
        for (int host = 0; host < names.Patterns.Hosts.Count; host++)
            if (names.Resolved[host] is { } resolved)
                foreach (IpAddress address in resolved.Addresses)
                    yield return new OwnNameAddress(names.Patterns.Hosts[host], names.Patterns.Hosts[host], address.ToString(), "resolved", SecondsLeft: null, resolved.LastAnswer);
    }

    private static string LabelOf(Tunnel kind) => kind switch
    {
        Tunnel.Ipv6InIp => "ipv6_in_ip",
        Tunnel.Ipv4InIp => "ipv4_in_ip",
        Tunnel.Gre => "gre",
        Tunnel.Teredo => "teredo",
    };
}
