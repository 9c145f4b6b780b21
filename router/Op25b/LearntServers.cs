using Router.Sessions;
using Router.Wire;

namespace Router.Op25b;

/// <summary>One learnt address, for those who look from outside. <see cref="EndsAt"/> is in the loop's milliseconds.</summary>
internal readonly record struct LearntServer(string Name, int Host, IpAddress Address, long EndsAt);

/// <summary>
/// Addresses of own mail servers that DNS answers taught, each for its time. What is over is remembered for another day for the sake of sessions that are open,
/// and lets nothing new begin.
/// <para>Theory of operation. Sets of eight places by a keyed hash of the address: a look-up reads one set, nothing is ever moved, and the memory is taken at the
/// start. Where a set is full the one that ends first gives way among those whom nobody has used: a subscriber who asks for every name of the provider does not
/// push out the servers that mail goes to.</para>
/// </summary>
internal sealed class LearntServers
{
    public const int Capacity = Sets * Ways;

    /// <summary>The shortest time, since a client needs a while from the answer to the connection whatever the TTL, and the longest, in milliseconds.</summary>
    public const long Floor = 60_000, Ceiling = 86_400_000;

    private const int Sets = 256, Ways = 8;
    private const long RememberedFor = 86_400_000;

    private readonly KeyedHash _hash;
    private readonly Place[] _places;
    private readonly byte[] _names;
    private readonly uint _mask;
    private long _sweptSecond = long.MinValue;

    /// <summary>Without wildcards it takes no memory, and learns nothing. It has one of <paramref name="fraction"/> parts of its places.</summary>
    public LearntServers(KeyedHash hash, bool isNeeded, int fraction = 1)
    {
        _hash = hash;
        _places = new Place[isNeeded ? Capacity / fraction : 0];
        _mask = (uint)(Sets / fraction) - 1;
        _names = new byte[_places.Length * DnsName.MaximumSize];
    }

    /// <summary>Addresses whose time is not over.</summary>
    public int Count { get; private set; }

    public bool Contains(in IpAddress address, bool isOpen)
    {
        if (_places.Length == 0)
            return false;
        foreach (ref Place place in _places.AsSpan(FirstOf(address), Ways))
            if (place.IsTaken && place.Address == address && (place.IsLive || isOpen))
            {
                place.IsUsed = true;
                return true;
            }

        return false;
    }

    /// <summary>Takes the address for so many milliseconds, in the bounds. False where it has to give way itself.</summary>
    public bool TryLearn(in IpAddress address, ReadOnlySpan<byte> name, int host, long milliseconds, long now)
    {
        if (_places.Length == 0)
            return false;
        int first = FirstOf(address), chosen = -1;
        for (int i = first; i < first + Ways; i++)
        {
            ref readonly Place place = ref _places[i];
            if (place.IsTaken && place.Address == address && NameOf(i).SequenceEqual(name))
            {
                chosen = i;
                break;
            }

            if (MayGiveWay(place) && (chosen < 0 || GivesWayBefore(place, _places[chosen])))
                chosen = i;
        }

        if (chosen < 0)
            return false;
        Take(chosen, address, name, host, now + Math.Clamp(milliseconds, Floor, Ceiling));
        return true;
    }

    /// <summary>Lets go what is over: once a second, since nothing is precise about a TTL.</summary>
    public void Sweep(long now)
    {
        if (now / 1000 == _sweptSecond)
            return;
        _sweptSecond = now / 1000;
        foreach (ref Place place in _places.AsSpan())
        {
            if (place.IsLive && now >= place.EndsAt)
            {
                place.IsLive = place.IsUsed = false;
                Count--;
            }

            if (place.IsTaken && now >= place.EndsAt + RememberedFor)
                place = default;
        }
    }

    /// <summary>Keeps what is under one of these wildcards: removing one really removes what it taught.</summary>
    public void Keep(HostPatterns patterns)
    {
        for (int i = 0; i < _places.Length; i++)
        {
            ref Place place = ref _places[i];
            if (!place.IsTaken)
                continue;
            place.Host = patterns.FindWildcard(NameOf(i));
            if (place.Host != HostPatterns.None)
                continue;
            Count -= place.IsLive ? 1 : 0;
            place = default;
        }
    }

    public IEnumerable<LearntServer> All()
    {
        for (int i = 0; i < _places.Length; i++)
            if (_places[i] is { IsLive: true } place)
                yield return new LearntServer(DnsName.ToText(NameOf(i)), place.Host, place.Address, place.EndsAt);
    }

    /// <summary>What is known of the address, whether its time is over or not, and without using it; null: nothing.</summary>
    public LearntServer? Peek(in IpAddress address)
    {
        if (_places.Length == 0)
            return null;
        int first = FirstOf(address);
        LearntServer? found = null;
        for (int i = first; i < first + Ways; i++)
            if (_places[i] is { IsTaken: true } place && place.Address == address && (found is null || place.EndsAt > found.Value.EndsAt))
                found = new LearntServer(DnsName.ToText(NameOf(i)), place.Host, place.Address, place.EndsAt);
        return found;
    }

    private void Take(int number, in IpAddress address, ReadOnlySpan<byte> name, int host, long endsAt)
    {
        ref Place place = ref _places[number];
        if (!place.IsLive)
            Count++;
        bool isSame = place.IsTaken && place.Address == address;
        place = new Place { Address = address, Host = host, IsTaken = true, IsLive = true, IsUsed = isSame && place.IsUsed, EndsAt = isSame ? Math.Max(place.EndsAt, endsAt) : endsAt, NameLength = (byte)name.Length };
        name.CopyTo(_names.AsSpan(number * DnsName.MaximumSize));
    }

    private static bool MayGiveWay(in Place place) => !place.IsLive || !place.IsUsed;

    /// <summary>Free ones first, then those that are over, then those that end first.</summary>
    private static bool GivesWayBefore(in Place left, in Place right) => left.IsTaken != right.IsTaken ? !left.IsTaken : left.EndsAt < right.EndsAt;

    private ReadOnlySpan<byte> NameOf(int number) => _names.AsSpan(number * DnsName.MaximumSize, _places[number].NameLength);

    private int FirstOf(in IpAddress address) => (int)(_hash.Of(address.High, address.Low) & _mask) * Ways;

    private struct Place
    {
        public IpAddress Address;
        public long EndsAt;
        public int Host;
        public byte NameLength;
        public bool IsTaken, IsLive, IsUsed;
    }
}
