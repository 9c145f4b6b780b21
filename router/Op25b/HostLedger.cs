using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Op25b;

/// <summary>
/// What each subscriber tried on port 25, for the report and the alerts. A fixed number of records in sets of eight places: where a set is full, the place of one that has
/// been idle for a day is taken, else that of the one with the fewest attempts; an infected host keeps its place, while one that strangers' replies made triangular does not. So a flood of sources neither makes it grow nor makes it forget those who try a lot (F20).
/// </summary>
internal sealed class HostLedger
{
    private const int Ways = 8;

    private readonly HostRecord[] _records;
    private readonly KeyedHash _hash;
    private readonly int _ipv6PrefixLength;
    private IReadOnlySet<IpAddress> _mailReceivers;
    private readonly uint _sets;

    /// <param name="hosts">Records, rounded up to a multiple of eight.</param>
    /// <param name="mailReceivers">Inside hosts that the configuration leads port 25 to.</param>
    public HostLedger(int hosts, IReadOnlySet<IpAddress> mailReceivers, KeyedHash hash, int ipv6PrefixLength = Subscriber.DefaultPrefixLength)
    {
        _sets = (uint)(hosts + Ways - 1) / Ways;
        _records = new HostRecord[_sets * Ways];
        _mailReceivers = mailReceivers;
        _hash = hash;
        _ipv6PrefixLength = ipv6PrefixLength;
    }

    public Span<HostRecord> Records => _records;

    /// <summary>One new attempt of an inside host.</summary>
    public void Attempt(in Packet packet, long now) =>
        RecordOf(packet.Source, packet.Group, now).Attempt(packet.Destination, _hash.Of(packet.Destination.High, packet.Destination.Low), packet.Op25b, now);

    /// <summary>A reply from port 25 for an inside host, which belongs to no session.</summary>
    public void UnaskedReply(in Packet packet, long now) =>
        RecordOf(packet.RealDestination, packet.Group, now).UnaskedReply(_hash.Of(packet.Source.High, packet.Source.Low), now);

    /// <summary>Goes by another policy: hosts are of its groups now. What they tried stays.</summary>
    public void Regroup(Op25bPolicy before, Op25bPolicy after, IReadOnlySet<IpAddress> mailReceivers)
    {
        _mailReceivers = mailReceivers;
        foreach (ref HostRecord record in _records.AsSpan())
        {
            if (record.IsFree)
                continue;
            // A prefix of IPv6 may be in another group than the addresses in it.
            int kept = record.Host.IsIpv4 ? -1 : after.FindGroup(before.Groups[record.Group].Name);
            record.Group = kept >= 0 ? kept : after.GroupOf(record.Host);
            record.ReceivesMail |= mailReceivers.Contains(record.Host);
        }
    }

    /// <summary>The subscriber as an operator writes it.</summary>
    public string NameOf(in HostRecord record) => record.Host.IsIpv4 || _ipv6PrefixLength == 128 ? record.Host.ToString() : new IpPrefix(record.Host, _ipv6PrefixLength).ToString();

    /// <summary>The number of the subscriber's record; negative where there is none.</summary>
    public int Find(in IpAddress host)
    {
        IpAddress subscriber = Subscriber.Of(host, _ipv6PrefixLength);
        int first = FirstOf(subscriber);
        for (int number = first; number < first + Ways; number++)
            if (_records[number].Host == subscriber)
                return number;
        return -1;
    }

    private ref HostRecord RecordOf(in IpAddress host, int group, long now)
    {
        IpAddress subscriber = Subscriber.Of(host, _ipv6PrefixLength);
        Span<HostRecord> set = _records.AsSpan(FirstOf(subscriber), Ways);
        ref HostRecord victim = ref set[0];
        foreach (ref HostRecord record in set)
        {
            if (record.Host == subscriber)
                return ref record;
            if (Worth(record, now) < Worth(victim, now))
                victim = ref record;
        }

        victim = new HostRecord { Host = subscriber, Group = group, ReceivesMail = _mailReceivers.Contains(host) };
        return ref victim;
    }

    private static long Worth(in HostRecord record, long now) =>
        record.IsFree ? -2 : record.Alert == AlertKind.Infected ? long.MaxValue : record.IsIdle(now) ? -1 : (long)record.Attempts + record.Unasked;

    private int FirstOf(in IpAddress subscriber) => (int)(_hash.Of(subscriber.High, subscriber.Low) % _sets) * Ways;
}
