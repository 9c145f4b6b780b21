using Router.Sessions;
using Router.Wire;

namespace Router.Op25b;

/// <summary>
/// Subscribers whose port 25 is shut, toward own servers too, each until a moment: they are released by themselves. A fixed number of places, probed in a line from the hash; one that
/// finds them half full is not taken in.
/// </summary>
internal sealed class Quarantine(KeyedHash hash, int ipv6PrefixLength = Subscriber.DefaultPrefixLength)
{
    public const int Most = Places / 2;

    private const int Places = 1024;

    private readonly Place[] _places = new Place[Places];

    public int Count { get; private set; }

    public bool Contains(in IpAddress host) => Count > 0 && _places[Find(Subscriber.Of(host, ipv6PrefixLength))].Host != default;

    /// <summary>Until when the host is held, in the loop's milliseconds; null: it is not.</summary>
    public long? UntilOf(in IpAddress host) => Contains(host) ? _places[Find(Subscriber.Of(host, ipv6PrefixLength))].Until : null;

    /// <summary>Takes the host in, or keeps it longer. True where it was not there before.</summary>
    public bool Hold(in IpAddress host, long until)
    {
        IpAddress subscriber = Subscriber.Of(host, ipv6PrefixLength);
        ref Place place = ref _places[Find(subscriber)];
        bool isNew = place.Host == default;
        if (isNew && Count >= Most)
            return false;
        place = new Place { Host = subscriber, Until = until };
        Count += isNew ? 1 : 0;
        return isNew;
    }

    /// <summary>Lets those go whose time is over. Returns how many.</summary>
    public int Release(long now)
    {
        int released = 0;
        for (int number = 0; Count > 0 && number < Places;)
        {
            if (_places[number].Host == default || _places[number].Until > now)
            {
                number++;
                continue;
            }

            Remove(number);
            released++;
        }

        return released;
    }

    private int Find(in IpAddress subscriber)
    {
        int number = HomeOf(subscriber);
        while (_places[number].Host != default && _places[number].Host != subscriber)
            number = (number + 1) % Places;
        return number;
    }

    private int HomeOf(in IpAddress subscriber) => (int)(hash.Of(subscriber.High, subscriber.Low) % Places);

    /// <summary>What would no longer be found across the hole moves back (Knuth, volume 3, 6.4 algorithm R).</summary>
    private void Remove(int hole)
    {
        for (int number = (hole + 1) % Places; _places[number].Host != default; number = (number + 1) % Places)
        {
            int home = HomeOf(_places[number].Host);
            if ((number - home + Places) % Places < (number - hole + Places) % Places)
                continue;
            _places[hole] = _places[number];
            hole = number;
        }

        _places[hole] = default;
        Count--;
    }

    private struct Place
    {
        public IpAddress Host;
        public long Until;
    }
}
