using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Nat;

/// <summary>What one inside host may take (RFC 6888 REQ-4, REQ-5). <see cref="CreationsPerSecond"/> zero: any number.</summary>
internal readonly record struct Quotas(int Ports, int Sessions, int CreationsPerSecond, int Ipv6PrefixLength = Subscriber.DefaultPrefixLength);

/// <summary>What one subscriber has at a moment.</summary>
internal readonly record struct SubscriberState(int Sessions, int Ports, Packets.TokenBucket Creations);

/// <summary>
/// What each subscriber, a host behind a Lan interface, has: outside ports and sessions. In IPv6 a subscriber is a prefix, a /64 by default, for a host has as many addresses as it likes. A host is here while it has one of either. Nothing is taken away from a
/// host that is over a quota: it gets no more (RFC 6888 REQ-11).
/// </summary>
internal sealed class SubscriberTable
{
    private const int None = -1;

    private Quotas _quotas;
    private readonly Subscriber[] _records;
    private readonly FixedMap _byHost;
    private readonly KeyedHash _hash;
    private int _free = None, _used;

    public SubscriberTable(Quotas quotas, int capacity, KeyedHash hash)
    {
        _quotas = quotas;
        _records = GC.AllocateArray<Subscriber>(capacity, pinned: true);
        _byHost = new FixedMap(capacity, hash);
        _hash = hash;
    }

    public int Count => _byHost.Count;

    /// <summary>Whether two more hosts have a place.</summary>
    public bool HasRoomForTwo => _byHost.Count + 2 <= _byHost.Capacity;

    /// <summary>Grants more or less from now on; what a subscriber is stays as it is.</summary>
    public void Grant(Quotas quotas) => _quotas = quotas with { Ipv6PrefixLength = _quotas.Ipv6PrefixLength };

    public int SessionsOf(in IpAddress host) => _byHost.TryFind(KeyOf(host), out int number) ? _records[number].Sessions : 0;

    public int PortsOf(in IpAddress host) => _byHost.TryFind(KeyOf(host), out int number) ? _records[number].Ports : 0;

    /// <summary>
    /// Whether the host may have one more session, at the loop's milliseconds. What others open to it takes half of its sessions at most, and none of its
    /// creations, so that strangers cannot use up what it opens with.
    /// </summary>
    public Verdict Check(in IpAddress host, bool isOpenedByHost, long now)
    {
        if (!_byHost.TryFind(KeyOf(host), out int number))
            return _byHost.Count < _byHost.Capacity ? Verdict.Continue : DropReason.SessionTableFull;
        ref Subscriber subscriber = ref _records[number];
        if (subscriber.Sessions >= MostSessions(isOpenedByHost))
            return DropReason.SessionQuotaExceeded;
        return !isOpenedByHost || _quotas.CreationsPerSecond == 0 || subscriber.Creations.TryTake(_quotas.CreationsPerSecond, _quotas.CreationsPerSecond, now)
            ? Verdict.Continue
            : DropReason.CreationRateExceeded;
    }

    /// <summary>How many sessions a host may have when it opens another one, or when others do.</summary>
    public int MostSessions(bool isOpenedByHost) => isOpenedByHost ? _quotas.Sessions : (_quotas.Sessions + 1) / 2;

    /// <summary>What the host has; null: nothing.</summary>
    public SubscriberState? Peek(in IpAddress host) =>
        _byHost.TryFind(KeyOf(host), out int number) ? new SubscriberState(_records[number].Sessions, _records[number].Ports, _records[number].Creations) : null;

    /// <summary>The host has what it has in another table.</summary>
    public void Assume(in IpAddress host, SubscriberState state, long now)
    {
        if (!_byHost.TryFind(KeyOf(host), out int number))
            number = Add(host, now);
        ref Subscriber subscriber = ref _records[number];
        (subscriber.Sessions, subscriber.Ports, subscriber.Creations) = (state.Sessions, state.Ports, state.Creations);
    }

    public Quotas Quotas => _quotas;

    public bool MayTakePort(in IpAddress host) => PortsOf(host) < _quotas.Ports;

    public void SessionOpened(in IpAddress host, long now)
    {
        if (!_byHost.TryFind(KeyOf(host), out int number))
            number = Add(host, now);
        _records[number].Sessions++;
    }

    public void SessionEnded(in IpAddress host) => Change(host, sessions: -1, ports: 0);

    /// <summary>A host that has a session took an outside port.</summary>
    public void PortTaken(in IpAddress host) => Change(host, sessions: 0, ports: 1);

    public void PortReturned(in IpAddress host) => Change(host, sessions: 0, ports: -1);

    private void Change(in IpAddress host, int sessions, int ports)
    {
        if (!_byHost.TryFind(KeyOf(host), out int number))
            return;
        ref Subscriber subscriber = ref _records[number];
        subscriber.Sessions += sessions;
        subscriber.Ports += ports;
        if (subscriber.Sessions + subscriber.Ports > 0)
            return;
        _byHost.Remove(KeyOf(host));
        subscriber.NextFree = _free;
        _free = number;
    }

    private int Add(in IpAddress host, long now)
    {
        int number = _free;
        if (number == None)
            number = _used++;
        else
            _free = _records[number].NextFree;
        _records[number] = new Subscriber { Creations = TokenBucket.Full(_quotas.CreationsPerSecond - 1, now) };
        _byHost.GetOrAdd(KeyOf(host)) = number;
        return number;
    }

    /// <summary>An IPv4 address, or a print of an IPv6 prefix: nobody can choose one that is another subscriber's.</summary>
    private ulong KeyOf(in IpAddress host)
    {
        if (host.IsIpv4)
            return host.Ipv4;
        IpAddress prefix = Wire.Subscriber.Of(host, _quotas.Ipv6PrefixLength);
        return (ulong)_hash.Of(prefix.High, prefix.Low) << 32 | _hash.Of(prefix.Low, ~prefix.High);
    }

    private struct Subscriber
    {
        public int Sessions, Ports;
        public TokenBucket Creations;
        public int NextFree;
    }
}
