using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router.Op25b;

/// <summary>The provider's own mail servers as their names lead to them. It belongs to the loop's thread.</summary>
/// <param name="fraction">What is learnt has one of so many parts of its places.</param>
internal sealed class OwnNames(IReadOnlyList<string> hosts, KeyedHash hash, RouteTable routes, int fraction = 1)
{
    public HostPatterns Patterns { get; private set; } = new(hosts);

    /// <summary>Of wildcards.</summary>
    public LearntServers Learnt { get; private set; } = new(hash, hosts.Any(HostPatterns.IsWildcard), fraction);

    /// <summary>Of whole names.</summary>
    public ResolvedServers Resolved { get; private set; } = new(hosts.Count);

    /// <summary>Whether a name leads to the destination, or, for a session that is open, has led there.</summary>
    public bool IsServer(in IpAddress destination, bool isOpen) => Resolved.Contains(destination) || Learnt.Contains(destination, isOpen);

    /// <summary>
    /// Whether a source may deliver to the world: only one that the router itself asked for. Under a wildcard subscribers have names too, and some choose what
    /// they lead to.
    /// </summary>
    public bool IsSender(in IpAddress source) => Resolved.Contains(source);

    /// <summary>Goes by the other one's names, which have led nowhere yet; what was known of those that are in both stays, and all else is forgotten.</summary>
    public void Adopt(OwnNames made)
    {
        for (int host = 0; host < made.Patterns.Hosts.Count; host++)
            if (Patterns.Find(made.Patterns.Hosts[host]) is >= 0 and var before && Resolved[before] is { } known)
                made.Resolved.Replace(host, known);
        if (Patterns.HasWildcards && made.Patterns.HasWildcards)
            Learnt.Keep(made.Patterns);
        else
            Learnt = made.Learnt;
        (Patterns, Resolved) = (made.Patterns, made.Resolved);
    }

    /// <summary>The loop's milliseconds when it was last swept.</summary>
    public long Now { get; private set; }

    public void Sweep(long now)
    {
        Now = now;
        Learnt.Sweep(now);
    }

    /// <summary>What a wildcard taught about the address is known from now on, as it is known elsewhere: where its time is over, for sessions that are open alone.</summary>
    public void Assume(in LearntServer known, long now)
    {
        long left = known.EndsAt - now;
        Learnt.TryLearn(known.Address, DnsName.Of(known.Name), known.Host, left, left > 0 ? now : now - LearntServers.Floor);
    }

    /// <summary>
    /// Learns that a name under a wildcard leads to the address, whoever says so: an answer, or what an earlier run kept. False where it may not be learnt, or has to give way.
    /// </summary>
    public bool TryLearn(in IpAddress address, ReadOnlySpan<byte> name, int wildcard, long milliseconds, long now) =>
        MayBeLearnt(address) && Learnt.TryLearn(address, name, wildcard, milliseconds, now);

    /// <summary>It is one host's, and neither the router's own nor a subscriber's.</summary>
    private bool MayBeLearnt(in IpAddress address) =>
        IsUnicast(address)
        && (routes.Lookup(address) is not { } route || route.IsDefault
            || route.Kind is RouteKind.Connected or RouteKind.Static && route.Interface.Role != Packets.Role.Lan);

    private static bool IsUnicast(in IpAddress address) => address.IsIpv4
        ? address.Ipv4 >> 24 is not (0 or 127) && address.Ipv4 >> 28 < 0xE && address.Ipv4 >> 16 != 0xA9FE
        : address.High >> 61 == 1 || address.High >> 57 == 0x7E;
}
