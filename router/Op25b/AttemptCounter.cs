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

    private readonly Place[] _places;
    private readonly KeyedHash _hash;
    private readonly int _ipv6PrefixLength;
    private long[,,,] _counts;

    public AttemptCounter(Op25bPolicy policy, KeyedHash hash, int ipv6PrefixLength = Subscriber.DefaultPrefixLength, int fraction = 1)
    {
        _ipv6PrefixLength = ipv6PrefixLength;
        _hash = hash;
        _places = new Place[Sets / fraction * Ways];
        _counts = CountsFor(policy);
    }

    /// <summary>Counts the packet's outcome. True where it begins a new attempt.</summary>
    public bool Count(in Packet packet, int phase, uint now)
    {
        IpAddress source = Subscriber.Of(packet.Source, _ipv6PrefixLength);
        var key = new FlowKey(source, packet.SourcePort, packet.Destination, packet.DestinationPort, packet.Protocol, (byte)packet.Op25b);
        ulong print = (ulong)_hash.Of(key) << 32 | _hash.Of(key.Rest ^ key.Source.Low ^ key.Source.High, key.Destination.Low ^ key.Destination.High);
        Span<Place> set = _places.AsSpan((int)(print % (uint)(_places.Length / Ways)) * Ways, Ways);
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

    /// <summary>Counts under another policy; what was counted of a group and a phase stays with their names.</summary>
    public void Carry(Op25bPolicy before, Op25bPolicy after)
    {
        long[,,,] counts = CountsFor(after);
        for (int group = 0; group < after.Groups.Count; group++)
            for (int phase = Op25bPolicy.NoPhase; phase < after.Phases.Count; phase++)
                if (before.FindGroup(after.Groups[group].Name) is >= 0 and var oldGroup && (phase == Op25bPolicy.NoPhase ? phase : before.FindPhase(after.Phases[phase].Name)) is var oldPhase
                    && (oldPhase != Op25bPolicy.NoPhase || phase == Op25bPolicy.NoPhase))
                    for (int family = 0; family < Families; family++)
                        for (int outcome = 0; outcome < Outcomes; outcome++)
                            counts[family, group, phase + 1, outcome] = _counts[family, oldGroup, oldPhase + 1, outcome];
        _counts = counts;
    }

    /// <summary>Phase numbers begin at NoPhase = -1.</summary>
    private static long[,,,] CountsFor(Op25bPolicy policy) => new long[Families, policy.Groups.Count, policy.Phases.Count + 1, Outcomes];

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
