using Router.Packets;
using Router.Wire;

namespace Router.Sessions;

/// <summary>
/// Follows the fragments of each datagram, so that all of them go where their first one goes, or nowhere.
/// <para>Theory of operation. Only the first fragment has ports: it makes the whole journey, and its verdict is the datagram's. Later ones take the ports that it
/// showed and find the same session; those that come before it wait, as copies. Each datagram has a map of the 8-byte units that have come: a unit that comes
/// twice, an impossible length, or a fragment that cuts into the transport header poisons it, and nothing more of it passes (RFC 1858, RFC 3128, and RFC 5722's
/// rule for IPv6). A record goes when its datagram is complete, or after <see cref="Lifetime"/>.</para>
/// <para>Bounds. The inside and the outside have budgets of their own, and each host a part of those. Datagrams whose first fragment passed, which takes a session,
/// have other budgets than those that wait for one: a flood of later fragments takes nothing from whoever sends in order.</para>
/// </summary>
internal sealed class FragmentTracker
{
    /// <summary>As long as Linux waits for the rest of a datagram; RFC 1122 section 3.3.2 has 60 s as the least for the end that puts it together.</summary>
    public const long Lifetime = 30_000;

    public const int FollowedPerHost = 128, WaitingPerHost = 32;

    /// <summary>How many datagrams it has room for.</summary>
    public const int Capacity = Sides * (FollowedPerSide + WaitingPerSide);

    private const int Sides = 2, FollowedPerSide = 768, WaitingPerSide = 256, None = -1, UnitBytes = 8,
        WordsPerMap = 8192 / 64;

    private readonly Datagram[] _datagrams;
    private readonly ulong[] _maps;
    private readonly Dictionary<FragmentKey, int> _numbers;
    private readonly HostBudget[] _followed, _waiting;

    private readonly HeldFragments _held;
    private readonly KeyedHash _hash;
    private int _free = None, _used, _oldest = None, _newest = None;

    /// <summary>With one of <paramref name="fraction"/> parts of the places.</summary>
    public FragmentTracker(KeyedHash hash, int fraction = 1)
    {
        int followed = FollowedPerSide / fraction, waiting = WaitingPerSide / fraction;
        _datagrams = new Datagram[Sides * (followed + waiting)];
        _maps = GC.AllocateUninitializedArray<ulong>(_datagrams.Length * WordsPerMap);
        _followed = [new(followed, FollowedPerHost), new(followed, FollowedPerHost)];
        _waiting = [new(waiting, WaitingPerHost), new(waiting, WaitingPerHost)];
        _held = new HeldFragments(fraction);
        _hash = hash;
        _numbers = new Dictionary<FragmentKey, int>(_datagrams.Length, new FragmentKeyComparer(hash));
    }

    /// <summary>How many datagrams have a record.</summary>
    public int Count => _numbers.Count;

    /// <summary>Lets whole packets and good first fragments go on, and later ones with the ports of their first; holds or drops the others.</summary>
    public Verdict Check(ref Packet packet, long now) => packet.IsPlain || !packet.IsFragment ? Verdict.Continue : Follow(ref packet, now);

    /// <summary>Keeps a copy of a fragment that <see cref="Check"/> holds. Where there is no room its datagram is lost as a whole.</summary>
    public bool TryHold(in Packet packet)
    {
        ref Datagram datagram = ref _datagrams[packet.Datagram - 1];
        int place = _held.TryAdd(datagram.Side, datagram.Group, packet.Ingress.Index, packet.Bytes);
        if (place < 0)
        {
            Refuse(ref datagram, DropReason.FragmentQueueFull);
            return false;
        }

        if (datagram.FirstHeld == None)
            datagram.FirstHeld = place;
        else
            _held.Next(datagram.LastHeld) = place;
        datagram.LastHeld = place;
        return true;
    }

    /// <summary>What became of a fragment: a first one's verdict is the datagram's.</summary>
    public void Learn(in Packet packet, Verdict verdict)
    {
        if (packet.Datagram == 0 || packet.FragmentUnits != 0)
            return;
        ref Datagram datagram = ref _datagrams[packet.Datagram - 1];
        if (datagram.IsPoisoned)
            return;
        if (verdict.Outcome == Outcome.Dropped)
        {
            Refuse(ref datagram, verdict.Reason);
            return;
        }

        datagram.IsFirstKnown = true;
        datagram.MayComeBack |= verdict.Outcome == Outcome.Held;
        (datagram.SourcePort, datagram.DestinationPort) = (packet.SourcePort, packet.DestinationPort);
        datagram.RealIdentification = packet.RealIdentification;
        datagram.Protocol = packet.Protocol;
        if (!datagram.IsFollowed && _followed[datagram.Side].TryTake(datagram.Group))
        {
            _waiting[datagram.Side].GiveBack(datagram.Group);
            datagram.IsFollowed = true;
        }
    }

    /// <summary>Takes out the fragment that has waited longest, where the datagram's fate is known. Its bytes stay good until the next <see cref="TryHold"/>.</summary>
    public bool TryTake(int number, out int ingress, out Span<byte> bytes)
    {
        ref Datagram datagram = ref _datagrams[number];
        int place = datagram.FirstHeld;
        if (place == None || !datagram.IsFirstKnown && datagram.Reason == DropReason.None)
        {
            ingress = 0;
            bytes = default;
            return false;
        }

        datagram.FirstHeld = _held.Next(place);
        bytes = _held.Take(place, out ingress);
        return true;
    }

    /// <summary>Forgets a datagram that is complete: the identification may be used again.</summary>
    public void Finish(int number)
    {
        ref Datagram datagram = ref _datagrams[number];
        bool isSettled = datagram.IsFirstKnown || datagram.Reason != DropReason.None;
        if (datagram.IsUnwanted || isSettled && datagram is { IsComplete: true, MayComeBack: false })
            Remove(number);
    }

    /// <summary>The oldest datagram, where its time is over: what it holds is to be taken out, then it is to be <see cref="Remove">removed</see>.</summary>
    public bool TryExpire(long now, out int number)
    {
        number = _oldest;
        if (number == None || now - _datagrams[number].Began < Lifetime)
            return false;
        if (_datagrams[number].Reason == DropReason.None)
            _datagrams[number].Reason = DropReason.FragmentTimedOut;
        return true;
    }

    public void Remove(int number)
    {
        ref Datagram datagram = ref _datagrams[number];
        _numbers.Remove(datagram.Key);
        if (!datagram.IsUnwanted)
            (datagram.IsFollowed ? _followed : _waiting)[datagram.Side].GiveBack(datagram.Group);
        (datagram.Older == None ? ref _oldest : ref _datagrams[datagram.Older].Newer) = datagram.Newer;
        (datagram.Newer == None ? ref _newest : ref _datagrams[datagram.Newer].Older) = datagram.Older;
        datagram.Older = _free;
        _free = number;
    }

    private Verdict Follow(ref Packet packet, long now)
    {
        FragmentKey key = FragmentKey.Of(packet);
        if (!_numbers.TryGetValue(key, out int number))
        {
            if (packet.HasWaited)
                return packet.FragmentUnits == 0 ? Verdict.Continue : DropReason.FragmentTimedOut;
            if (!TryBegin(key, packet, now, out number))
                return DropReason.FragmentTableFull;
        }

        packet.Datagram = number + 1;
        ref Datagram datagram = ref _datagrams[number];
        if (!packet.HasWaited && !datagram.IsPoisoned && Cover(number, packet) is var fault && fault != DropReason.None)
        {
            Refuse(ref datagram, fault);
            datagram.IsPoisoned = true;
        }

        if (datagram.Reason != DropReason.None)
            return datagram.Reason;
        if (packet.FragmentUnits == 0)
            return Verdict.Continue;
        if (!datagram.IsFirstKnown)
            return Verdict.Held;
        packet.SourcePort = packet.RealSourcePort = datagram.SourcePort;
        packet.DestinationPort = packet.RealDestinationPort = datagram.DestinationPort;
        packet.RealIdentification = datagram.RealIdentification;
        packet.Protocol = datagram.Protocol;
        return Verdict.Continue;
    }

    /// <summary>Enters the fragment into the map; or says what is wrong with it.</summary>
    private DropReason Cover(int number, in Packet packet)
    {
        int from = packet.FragmentUnits, length = packet.FragmentLength, end = from + (length + UnitBytes - 1) / UnitBytes;
        if (packet.IsTinyFragment || from == 1 && packet.IsTcp)
            return packet.IsIpv6 ? DropReason.IncompleteHeaderChain : DropReason.TinyFragment;
        if (length == 0 || packet.MoreFragments && length % UnitBytes != 0 || packet.NetworkLength - UncountedBytes(packet) + from * UnitBytes > ushort.MaxValue)
            return DropReason.InvalidFragment;
        ref Datagram datagram = ref _datagrams[number];
        bool isBeyond = packet.MoreFragments ? datagram.End != 0 && end > datagram.End : datagram.End != 0 || datagram.Highest > end;
        if (isBeyond || !TryMark(_maps.AsSpan(number * WordsPerMap, WordsPerMap), from, end))
            return DropReason.OverlappingFragment;
        if (!packet.MoreFragments)
            datagram.End = (ushort)end;
        datagram.Highest = Math.Max(datagram.Highest, (ushort)end);
        datagram.Covered += (ushort)(end - from);
        return DropReason.None;
    }

    /// <summary>The length of an IPv6 datagram does not count its header (RFC 8200 section 3), and the fragment header is not in what is put together.</summary>
    private static int UncountedBytes(in Packet packet) => packet.IsIpv6 ? Ipv6Header.Size + UnitBytes : 0;

    /// <summary>False where one of the units was marked before.</summary>
    private static bool TryMark(Span<ulong> map, int from, int end)
    {
        for (int unit = from; unit < end;)
        {
            int bit = unit % 64, bits = Math.Min(64 - bit, end - unit);
            ulong mask = ulong.MaxValue >> (64 - bits) << bit;
            ref ulong word = ref map[unit / 64];
            if ((word & mask) != 0)
                return false;
            word |= mask;
            unit += bits;
        }

        return true;
    }

    private bool TryBegin(in FragmentKey key, in Packet packet, long now, out int number)
    {
        int side = packet.Ingress.IsInside ? 0 : 1, group = (int)(_hash.Of(packet.Source.High, packet.Source.Low) % HostBudget.Groups);
        bool isFollowed = packet.FragmentUnits == 0;
        number = None;
        // Records that are in no budget any more (IsUnwanted) take places too, until they are finished.
        if (_free == None && _used == _datagrams.Length)
            return false;
        if (!(isFollowed ? _followed : _waiting)[side].TryTake(group))
            return false;
        number = _free;
        if (number == None)
            number = _used++;
        else
            _free = _datagrams[number].Older;
        _datagrams[number] = new Datagram
        {
            Key = key, Began = now, Older = _newest, Newer = None, FirstHeld = None, LastHeld = None, Group = (ushort)group, Side = (byte)side, IsFollowed = isFollowed,
        };
        (_newest == None ? ref _oldest : ref _datagrams[_newest].Newer) = number;
        _newest = number;
        _maps.AsSpan(number * WordsPerMap, WordsPerMap).Clear();
        _numbers.Add(key, number);
        return true;
    }

    private void Refuse(ref Datagram datagram, DropReason reason)
    {
        datagram.Reason = reason;
        if (!datagram.IsFollowed || datagram.IsUnwanted)
            return;
        _followed[datagram.Side].GiveBack(datagram.Group);
        datagram.IsFollowed = false;
        datagram.IsUnwanted = !_waiting[datagram.Side].TryTake(datagram.Group);
    }
}
