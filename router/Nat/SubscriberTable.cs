using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Nat;

/// <summary>What one inside host may take (RFC 6888 REQ-4, REQ-5). <see cref="CreationsPerSecond"/> zero: any number.</summary>
internal readonly record struct Quotas(int Ports, int Sessions, int CreationsPerSecond);

/// <summary>
/// What each subscriber, a host behind a Lan interface, has: outside ports and sessions. A host is here while it has one of either. Nothing is taken away from a
/// host that is over a quota: it gets no more (RFC 6888 REQ-11).
/// </summary>
internal sealed class SubscriberTable
{
    private const int None = -1;

    private readonly Quotas _quotas;
    private readonly Subscriber[] _records;
    private readonly FixedMap _byAddress;
    private int _free = None, _used;

    public SubscriberTable(Quotas quotas, int capacity, KeyedHash hash)
    {
        _quotas = quotas;
        _records = GC.AllocateArray<Subscriber>(capacity, pinned: true);
        _byAddress = new FixedMap(capacity, hash);
    }

    public int Count => _byAddress.Count;

    public int SessionsOf(in IpAddress host) => _byAddress.TryFind(host.Ipv4, out int number) ? _records[number].Sessions : 0;

    public int PortsOf(in IpAddress host) => _byAddress.TryFind(host.Ipv4, out int number) ? _records[number].Ports : 0;

    /// <summary>
    /// Whether the host may have one more session, at the loop's milliseconds. What others open to it takes half of its sessions at most, and none of its
    /// creations, so that strangers cannot use up what it opens with.
    /// </summary>
    public Verdict Check(in IpAddress host, bool isOpenedByHost, long now)
    {
        if (!_byAddress.TryFind(host.Ipv4, out int number))
            return _byAddress.Count < _byAddress.Capacity ? Verdict.Continue : DropReason.SessionTableFull;
        ref Subscriber subscriber = ref _records[number];
        if (subscriber.Sessions >= (isOpenedByHost ? _quotas.Sessions : (_quotas.Sessions + 1) / 2))
            return DropReason.SessionQuotaExceeded;
        return !isOpenedByHost || _quotas.CreationsPerSecond == 0 || subscriber.Creations.TryTake(_quotas.CreationsPerSecond, _quotas.CreationsPerSecond, now)
            ? Verdict.Continue
            : DropReason.CreationRateExceeded;
    }

    public bool MayTakePort(in IpAddress host) => PortsOf(host) < _quotas.Ports;

    public void SessionOpened(in IpAddress host, long now)
    {
        if (!_byAddress.TryFind(host.Ipv4, out int number))
            number = Add(host, now);
        _records[number].Sessions++;
    }

    public void SessionEnded(in IpAddress host) => Change(host, sessions: -1, ports: 0);

    /// <summary>A host that has a session took an outside port.</summary>
    public void PortTaken(in IpAddress host) => Change(host, sessions: 0, ports: 1);

    public void PortReturned(in IpAddress host) => Change(host, sessions: 0, ports: -1);

    private void Change(in IpAddress host, int sessions, int ports)
    {
        if (!_byAddress.TryFind(host.Ipv4, out int number))
            return;
        ref Subscriber subscriber = ref _records[number];
        subscriber.Sessions += sessions;
        subscriber.Ports += ports;
        if (subscriber.Sessions + subscriber.Ports > 0)
            return;
        _byAddress.Remove(host.Ipv4);
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
        _byAddress.GetOrAdd(host.Ipv4) = number;
        return number;
    }

    private struct Subscriber
    {
        public int Sessions, Ports;
        public TokenBucket Creations;
        public int NextFree;
    }
}
