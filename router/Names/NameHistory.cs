using System.Net;
using Router.Op25b;
using Router.Wire;

namespace Router.Names;

/// <summary>
/// What is known of one name over time: the union of its recent answers. An address that is in no answer any more goes once it was not there for the hold time;
/// a resolver that fails takes nothing away.
/// </summary>
internal sealed class NameHistory
{
    /// <summary>The shortest time from one question to the next, whatever the TTL, and the longest.</summary>
    public static readonly TimeSpan Floor = TimeSpan.FromSeconds(60), Ceiling = TimeSpan.FromHours(1);

    /// <summary>How long an address stays that answers no longer give: clients go on with what they have cached.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromHours(1);

    public static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(30);

    private const int MostAddresses = 64;

    private readonly Dictionary<IPAddress, DateTimeOffset> _lastSeen = [];
    private DateTimeOffset? _lastAnswer;
    private string? _failure;

    /// <summary>When to ask again.</summary>
    public TimeSpan Wait { get; private set; }

    public bool HasFailed => _failure is not null;

    public ResolvedHost Known => new()
    {
        Addresses = [.. _lastSeen.OrderByDescending(entry => entry.Value).Take(MostAddresses).Select(entry => IpAddress.From(entry.Key))],
        LastAnswer = _lastAnswer,
        Failure = _failure,
    };

    /// <summary>Goes on from what an earlier run knew.</summary>
    public void Restore(IPAddress address, DateTimeOffset lastSeen)
    {
        _lastSeen[address] = lastSeen;
        if (_lastAnswer is null || _lastAnswer < lastSeen) _lastAnswer = lastSeen;
    }

    /// <summary>Takes what was asked for both families at once.</summary>
    public void Take(NameAnswer ipv4, NameAnswer ipv6, DateTimeOffset now)
    {
        _failure = ipv4.Failure ?? ipv6.Failure;
        foreach (var address in ipv4.Addresses.Concat(ipv6.Addresses)) _lastSeen[address] = now;
        // An answer of one family says nothing about the other one, which may have failed.
        Forget(ipv4, isIpv6: false, now);
        Forget(ipv6, isIpv6: true, now);
        if (ipv4.Failure is null || ipv6.Failure is null) _lastAnswer = now;
        Wait = _failure is not null ? RetryAfterFailure : Bound(Shortest(ipv4, ipv6));
    }

    private void Forget(NameAnswer answer, bool isIpv6, DateTimeOffset now)
    {
        if (answer.Failure is not null) return;
        foreach (var (address, seen) in _lastSeen.ToArray())
            if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 == isIpv6 && now - seen >= Hold) _lastSeen.Remove(address);
    }

    private static TimeSpan Shortest(NameAnswer ipv4, NameAnswer ipv6) => new[] { ipv4, ipv6 }
        .Where(answer => answer.Addresses.Count > 0).Select(answer => answer.Ttl).DefaultIfEmpty(TimeSpan.Zero).Min();

    private static TimeSpan Bound(TimeSpan ttl) => ttl < Floor ? Floor : ttl > Ceiling ? Ceiling : ttl;
}
