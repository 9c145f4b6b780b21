using Router.Sessions;
using Router.Wire;

namespace Router.Nat;

/// <summary>
/// Who may reach a mapping's outside endpoint without having been spoken to from there (RFC 4787 section 5).
/// </summary>
internal enum Filtering : byte
{
    /// <summary>Everybody.</summary>
    EndpointIndependent,

    /// <summary>Hosts that a session under the mapping leads to.</summary>
    AddressDependent,

    /// <summary>Nobody: there is a session, or there is none.</summary>
    AddressAndPortDependent,
}

/// <summary>Decides about a packet from outside that has a mapping but no session. For address-dependent filtering it counts the sessions of each mapping with each remote address.</summary>
internal sealed class AddressFilter(Filtering filtering, int capacity, KeyedHash hash)
{
    // A session counts at both of its ends where it is a hairpin.
    private FixedMap? _sessions = filtering == Filtering.AddressDependent ? new FixedMap(capacity * 2, hash) : null;

    public Filtering Filtering { get; private set; } = filtering;

    /// <summary>Whether it has to hear of every session: <see cref="Opened"/>, <see cref="Ended"/>.</summary>
    public bool Counts => _sessions is not null;

    /// <summary>Decides as the other one from now on. One that counts has to hear of the sessions that are open.</summary>
    public void Adopt(AddressFilter other) => (Filtering, _sessions) = (other.Filtering, other._sessions);

    public bool Passes(int mapping, in IpAddress remote) => Filtering switch
    {
        Filtering.EndpointIndependent => true,
        Filtering.AddressDependent => _sessions!.Contains(KeyOf(mapping, remote)),
        Filtering.AddressAndPortDependent => false,
    };

    public void Opened(int mapping, in IpAddress remote)
    {
        if (_sessions is not null)
            _sessions.GetOrAdd(KeyOf(mapping, remote))++;
    }

    public void Ended(int mapping, in IpAddress remote)
    {
        if (_sessions is not null && --_sessions.GetOrAdd(KeyOf(mapping, remote)) == 0)
            _sessions.Remove(KeyOf(mapping, remote));
    }

    private static ulong KeyOf(int mapping, in IpAddress remote) => (ulong)(uint)mapping << 32 | remote.Ipv4;
}
