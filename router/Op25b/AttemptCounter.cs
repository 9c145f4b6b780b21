using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Op25b;

/// <summary>
/// Counts attempts, not packets (F19): the same source (in IPv6 the subscriber's prefix, for a host has as many addresses as it likes), source port, destination and outcome is one attempt until 120 seconds after its last segment. What was
/// seen lately is remembered in sets of four places, the oldest of a set giving way: a flood cannot make it grow (F20).
/// </summary>
internal sealed class AttemptCounter
{
    private const int Sets = 4096, Ways = 4, Families = 2;
    private const uint Window = 120_000;

    private static readonly int Outcomes = Enum.GetValues<Op25bOutcome>().Length;

    private readonly Place[] _places = new Place[Sets * Ways];
    private readonly KeyedHash _hash;
    private readonly int _ipv6PrefixLength;
    private readonly long[,,,] _counts;

    public AttemptCounter(Op25bPolicy policy, KeyedHash hash, int ipv6PrefixLength = Subscriber.DefaultPrefixLength)
    {
        _ipv6PrefixLength = ipv6PrefixLength;
        _hash = hash;
        // Phase numbers begin at NoPhase = -1.
        _counts = new long[Families, policy.Groups.Count, policy.Phases.Count + 1, Outcomes];
    }

    /// <summary>Counts the packet's outcome. True where it begins a new attempt.</summary>
    public bool Count(in Packet packet, int phase, uint now)
    {
        IpAddress source = Subscriber.Of(packet.Source, _ipv6PrefixLength);
        var key = new FlowKey(source, packet.SourcePort, packet.Destination, packet.DestinationPort, packet.Protocol, (byte)packet.Op25b);
        ulong print = (ulong)_hash.Of(key) << 32 | _hash.Of(key.Rest ^ key.Source.Low ^ key.Source.High, key.Destination.Low ^ key.Destination.High);
        Span<Place> set = _places.AsSpan((int)(print % Sets) * Ways, Ways);
        ref Place oldest = ref set[0];
        foreach (ref Place place in set)
        {
            if (place.Print == print)
            {
                bool isOver = now - place.LastSeen >= Window;
                place.LastSeen = now;
                return isOver && Add(packet, phase);
            }

            if (now - place.LastSeen > now - oldest.LastSeen || place.Print == 0 && oldest.Print != 0)
                oldest = ref place;
        }

        oldest = new Place { Print = print, LastSeen = now };
        return Add(packet, phase);
    }

    public long this[int group, int phase, Op25bOutcome outcome, bool isIpv6 = false] => _counts[isIpv6 ? 1 : 0, group, phase + 1, (int)outcome];

    private bool Add(in Packet packet, int phase)
    {
        _counts[packet.IsIpv6 ? 1 : 0, packet.Group, phase + 1, (int)packet.Op25b]++;
        return true;
    }

    private struct Place
    {
        public ulong Print;
        public uint LastSeen;
    }
}
