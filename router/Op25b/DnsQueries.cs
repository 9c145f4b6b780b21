using System.Buffers.Binary;
using Router.Sessions;
using Router.Wire;

namespace Router.Op25b;

/// <summary>A query that waits for its answer: who asks whom, by which port and identification, and for what; the name is a keyed print of it.</summary>
internal readonly record struct DnsQuery(IpAddress Host, IpAddress Resolver, ushort Port, ushort Id, ushort Type, ulong Name);

/// <summary>
/// The queries that wait, in sets of eight places; the oldest of a set gives way. A subscriber's queries fall into eight sets: one that asks without end pushes out
/// its own, and few of another's.
/// </summary>
internal sealed class DnsQueries
{
    private const int Sets = 512, Ways = 8, SetsOfHost = 8;
    private const long Patience = 10_000;

    private readonly KeyedHash _hash;
    private readonly int _ipv6PrefixLength;
    private readonly (DnsQuery Query, long Asked, bool Waits)[] _places;

    public DnsQueries(KeyedHash hash, bool isNeeded, int ipv6PrefixLength = Subscriber.DefaultPrefixLength, int fraction = 1)
    {
        _hash = hash;
        _ipv6PrefixLength = ipv6PrefixLength;
        _places = new (DnsQuery, long, bool)[isNeeded ? Sets / fraction * Ways : 0];
    }

    public void Add(in DnsQuery query, long now)
    {
        Span<(DnsQuery Query, long Asked, bool Waits)> set = _places.AsSpan(FirstOf(query), Ways);
        ref (DnsQuery Query, long Asked, bool Waits) oldest = ref set[0];
        foreach (ref (DnsQuery Query, long Asked, bool Waits) place in set)
        {
            if (place.Waits && place.Query == query)
            {
                place.Asked = now;
                return;
            }

            if (oldest.Waits && (!place.Waits || place.Asked < oldest.Asked))
                oldest = ref place;
        }

        oldest = (query, now, true);
    }

    /// <summary>True where the query waits: from now on it does not.</summary>
    public bool TryTake(in DnsQuery query, long now)
    {
        foreach (ref (DnsQuery Query, long Asked, bool Waits) place in _places.AsSpan(FirstOf(query), Ways))
            if (place.Waits && place.Query == query)
            {
                place.Waits = false;
                return now - place.Asked <= Patience;
            }

        return false;
    }

    /// <summary>A name's print: two keyed sums of 32 bits, which nobody can aim at who does not know the key.</summary>
    public ulong PrintOf(ReadOnlySpan<byte> name)
    {
        ulong print = (ulong)name.Length;
        for (; name.Length >= sizeof(ulong); name = name[sizeof(ulong)..])
            print = Mix(print, BinaryPrimitives.ReadUInt64LittleEndian(name));
        Span<byte> rest = stackalloc byte[sizeof(ulong)];
        rest.Clear();
        name.CopyTo(rest);
        return Mix(print, BinaryPrimitives.ReadUInt64LittleEndian(rest));
    }

    private ulong Mix(ulong print, ulong word) => (ulong)_hash.Of(print, word) << 32 | _hash.Of(word, ~print);

    private int FirstOf(in DnsQuery query)
    {
        IpAddress host = Subscriber.Of(query.Host, _ipv6PrefixLength);
        return (int)(_hash.Of(host.High ^ host.Low, (uint)(query.Id % SetsOfHost)) % (uint)(_places.Length / Ways)) * Ways;
    }
}
