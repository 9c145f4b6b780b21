using Router.Packets;
using Router.Sessions;

namespace Router.Nat;

/// <summary>
/// SYNs from outside that nobody inside is there for. Each is answered six seconds later, with port unreachable, or in IPv6 that it is prohibited, unless an inside host has sent its own SYN by then:
/// the two are a simultaneous open, and an answer would have broken it (RFC 5382 REQ-4, RFC 6092 REC-34). All wait equally long, so they wait in a ring; one that finds it full, or
/// is larger than any bare SYN, is never answered.
/// </summary>
internal sealed class UnsolicitedSyns(IReadOnlyList<Interface> interfaces, SessionTable sessions, ErrorReplies replies)
{
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(6);

    public const int Places = 256;

    private const int LargestFrame = 256;

    private readonly byte[] _bytes = new byte[Places * LargestFrame];
    private readonly Place[] _places = new Place[Places];
    private int _first;

    public int Count { get; private set; }

    public void Add(in Packet packet, long now)
    {
        if (Count == Places || packet.Bytes.Length > LargestFrame)
            return;
        int place = (_first + Count++) % Places;
        _places[place] = new Place(now + (long)Wait.TotalMilliseconds, packet.Ingress.Index, packet.Bytes.Length);
        packet.Bytes.CopyTo(_bytes.AsSpan(place * LargestFrame));
    }

    /// <summary>Answers those that have waited long enough.</summary>
    public void Sweep(long now)
    {
        for (; Count > 0 && _places[_first].Due <= now; _first = (_first + 1) % Places, Count--)
        {
            Place place = _places[_first];
            var packet = new Packet(interfaces[place.Ingress], _bytes.AsSpan(_first * LargestFrame, place.Length), frame: null);
            PacketParser.Parse(ref packet);
            if (sessions.Find(FlowKey.Of(packet), (uint)now, out _) < 0)
                replies.SendIcmp(packet, packet.IsIpv6 ? Answer.ProhibitedLater : Answer.PortUnreachableLater, now);
        }
    }

    private readonly record struct Place(long Due, int Ingress, int Length);
}
