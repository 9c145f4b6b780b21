using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Neighbors;

/// <summary>
/// The Ethernet addresses of next hops (RFC 826, RFC 4861), with the states of RFC 4861 section 7.3.2.
/// <para>Theory of operation. A record keeps its number for life, so that a session can remember it; when a record that sessions may remember is given to another
/// address, the <see cref="Epoch"/> moves on and they look it up anew. A frame that is held, and the sweep, have requests sent; the sweep gives up; a look-up reads. What nobody answered for is
/// given up after three seconds. No more than a quarter of the records are for addresses that have not answered yet, and a new one takes the place of one that has waited longer:
/// a scan of a network (RFC 6583) takes nothing from those who are known, and little from a newcomer, who answers at once.</para>
/// </summary>
internal sealed class NeighborCache
{
    public const int None = -1;

    public const int RequestsBeforeFailure = 3;

    private const int RecordsPerSweep = 512;
    private const long RequestInterval = 1000, ReachableTime = 30_000, WatchInterval = 3_000, DelayBeforeProbe = 5_000, FailurePenalty = 3_000, ForgetAfter = 600_000;

    private readonly Neighbor[] _records;
    private readonly Dictionary<(int Interface, IpAddress Address), int> _index;
    private readonly Stack<int> _free = new();
    private readonly int _mostIncomplete;
    private int _used, _cursor, _displaced, _incomplete;

    public NeighborCache(int capacity)
    {
        _records = new Neighbor[Math.Min(capacity, ushort.MaxValue)];
        _index = new Dictionary<(int, IpAddress), int>(_records.Length);
        _free.EnsureCapacity(_records.Length);
        _mostIncomplete = _records.Length / 4;
    }

    /// <summary>Moves on when a number may mean another address than before.</summary>
    public ushort Epoch { get; private set; } = 1;

    /// <summary>Every epoch that a session remembers has to be forgotten: they begin anew.</summary>
    public Action? EpochsWrapped { get; set; }

    public ref Neighbor this[int number] => ref _records[number];

    public int Count => _index.Count;

    public int Capacity => _records.Length;

    /// <summary>Tells each record's interface and state.</summary>
    public void Visit(Action<Interface, NeighborState> tell)
    {
        foreach (ref readonly Neighbor neighbor in _records.AsSpan(0, _used))
            if (neighbor.State != NeighborState.Free)
                tell(neighbor.Interface, neighbor.State);
    }

    /// <summary>The record, made where there is none; <see cref="None"/> where the table is full of neighbours in use.</summary>
    public int FindOrAdd(Interface egress, in IpAddress address, long now)
    {
        if (_index.TryGetValue((egress.Index, address), out int number))
            return number;
        if (_incomplete >= _mostIncomplete && !TryDisplace())
            return None;
        number = TakeRecord();
        if (number == None)
            return None;
        _incomplete++;
        _records[number] = new Neighbor { Address = address, Interface = egress, State = NeighborState.Incomplete, Since = now - RequestInterval };
        _index.Add((egress.Index, address), number);
        return number;
    }

    /// <summary>The record; <see cref="None"/> where there is none.</summary>
    public int Find(Interface egress, in IpAddress address) => _index.TryGetValue((egress.Index, address), out int number) ? number : None;

    /// <summary>The record, watched from now on.</summary>
    public int Watch(Interface egress, in IpAddress address, long now)
    {
        int number = FindOrAdd(egress, address, now);
        if (number != None)
            _records[number].IsWatched = true;
        return number;
    }

    /// <summary>What is known of the address; <see cref="NeighborState.Free"/>: nothing.</summary>
    public NeighborState StateOf(Interface egress, in IpAddress address) =>
        _index.TryGetValue((egress.Index, address), out int number) ? _records[number].State : NeighborState.Free;

    /// <summary>Somebody says that the address is at <paramref name="mac"/>. Unasked it changes what is known, but adds nothing.</summary>
    public int Learn(Interface ingress, in IpAddress address, MacAddress mac, long now, bool add)
    {
        if (!_index.TryGetValue((ingress.Index, address), out int number))
        {
            if (!add)
                return None;
            number = FindOrAdd(ingress, address, now);
            if (number == None)
                return None;
        }

        Enter(ref _records[number], mac, NeighborState.Reachable, now);
        return number;
    }

    /// <summary>A solicitation shows where its sender is (RFC 4861 section 7.2.3). That he can be reached it does not show.</summary>
    public int Suggest(Interface ingress, in IpAddress address, MacAddress mac, long now)
    {
        int number = FindOrAdd(ingress, address, now);
        if (number != None && (_records[number].State is NeighborState.Incomplete or NeighborState.Failed || _records[number].Mac != mac))
            Enter(ref _records[number], mac, NeighborState.Stale, now);
        return number;
    }

    /// <summary>A neighbour advertisement (RFC 4861 section 7.2.5). <see cref="None"/> where it is about nobody who was asked for.</summary>
    public int Advertise(Interface ingress, in IpAddress address, MacAddress? mac, NeighborFlags flags, long now)
    {
        if (!_index.TryGetValue((ingress.Index, address), out int number))
            return None;
        ref Neighbor neighbor = ref _records[number];
        bool isSolicited = (flags & NeighborFlags.Solicited) != 0, isUnknown = neighbor.State is NeighborState.Incomplete or NeighborState.Failed;
        if (isUnknown && mac is null)
            return None;
        bool isOther = isUnknown || mac is { } given && given != neighbor.Mac;
        if (isOther && !isUnknown && (flags & NeighborFlags.Override) == 0)
        {
            if (neighbor.State == NeighborState.Reachable)
                Enter(ref neighbor, neighbor.Mac, NeighborState.Stale, now);
        }
        else if (isSolicited || isOther)
        {
            Enter(ref neighbor, mac ?? neighbor.Mac, isSolicited ? NeighborState.Reachable : NeighborState.Stale, now);
        }

        return number;
    }

    /// <summary>What the sweep found to be done about a neighbour.</summary>
    internal enum Due : byte
    {
        Nothing,
        Request,
        Fail,
    }

    /// <summary>Looks at the next few records. <paramref name="act"/> sends the request, or answers for the frames that waited in vain.</summary>
    public void Sweep(long now, Action<int, Due> act)
    {
        for (int i = 0; i < Math.Min(RecordsPerSweep, _used); i++)
        {
            _cursor = _cursor + 1 < _used ? _cursor + 1 : 0;
            Due due = Age(ref _records[_cursor], now);
            if (due != Due.Nothing)
                act(_cursor, due);
        }
    }

    /// <summary>Whether a request may leave now; if so it counts as sent.</summary>
    public bool TryBeginRequest(int number, long now)
    {
        ref Neighbor neighbor = ref _records[number];
        if (neighbor.Requests >= RequestsBeforeFailure || now - neighbor.Since < RequestInterval)
            return false;
        neighbor.Since = now;
        neighbor.Requests++;
        return true;
    }

    private Due Age(ref Neighbor neighbor, long now)
    {
        long age = now - neighbor.Since;
        switch (neighbor.State)
        {
            case NeighborState.Stale when neighbor.IsUsed && !neighbor.Address.IsIpv4:
                neighbor.State = NeighborState.Delay;
                neighbor.Since = now;
                return Due.Nothing;
            case NeighborState.Delay when age >= DelayBeforeProbe:
                neighbor.State = NeighborState.Probe;
                return Due.Request;
            case NeighborState.Incomplete or NeighborState.Probe when age >= RequestInterval:
            case NeighborState.Stale when neighbor.IsUsed && age >= RequestInterval:
                if (neighbor.Requests < RequestsBeforeFailure)
                    return Due.Request;
                if (neighbor.State == NeighborState.Incomplete)
                    _incomplete--;
                neighbor.State = NeighborState.Failed;
                neighbor.Since = now;
                return Due.Fail;
            case NeighborState.Reachable when neighbor.IsWatched && age >= WatchInterval:
                neighbor.State = neighbor.Address.IsIpv4 ? NeighborState.Stale : NeighborState.Probe;
                neighbor.IsUsed = true;
                return Due.Request;
            case NeighborState.Failed when neighbor.IsWatched && age >= FailurePenalty:
                neighbor.State = NeighborState.Incomplete;
                neighbor.Requests = 0;
                _incomplete++;
                return Due.Request;
            case NeighborState.Reachable when age >= ReachableTime:
                neighbor.State = NeighborState.Stale;
                neighbor.IsUsed = false;
                return Due.Nothing;
            case NeighborState.Stale when age >= ForgetAfter:
            case NeighborState.Failed when age >= FailurePenalty:
                Forget(ref neighbor);
                return Due.Nothing;
            default:
                return Due.Nothing;
        }
    }

    private void Enter(ref Neighbor neighbor, MacAddress mac, NeighborState state, long now)
    {
        if (neighbor.State == NeighborState.Incomplete)
            _incomplete--;
        neighbor.Mac = mac;
        neighbor.State = state;
        neighbor.Requests = 0;
        neighbor.IsUsed = false;
        neighbor.Since = now;
    }

    private void Forget(ref Neighbor neighbor)
    {
        _index.Remove((neighbor.Interface.Index, neighbor.Address), out int number);
        _free.Push(number);
        neighbor.State = NeighborState.Free;
        if (neighbor.Mac != default)
            ForgetRemembered();
    }

    /// <summary>Whoever remembers a number looks his next hop up anew.</summary>
    public void ForgetRemembered()
    {
        if (++Epoch != 0)
            return;
        Epoch = 1;
        EpochsWrapped?.Invoke();
    }

    /// <summary>Makes room among those that have not answered. Their frames that wait keep their places: those are few.</summary>
    private bool TryDisplace()
    {
        for (int i = 0; i < Math.Min(RecordsPerSweep, _used); i++)
        {
            _displaced = _displaced + 1 < _used ? _displaced + 1 : 0;
            ref Neighbor neighbor = ref _records[_displaced];
            if (neighbor.State != NeighborState.Incomplete || neighbor.IsWatched || neighbor.Waiting > 0)
                continue;
            _incomplete--;
            Forget(ref neighbor);
            return true;
        }

        return false;
    }

    private int TakeRecord()
    {
        if (_free.TryPop(out int free))
            return free;
        if (_used < _records.Length)
            return _used++;
        for (int i = 0; i < RecordsPerSweep; i++)
        {
            _cursor = _cursor + 1 < _used ? _cursor + 1 : 0;
            ref Neighbor neighbor = ref _records[_cursor];
            if (neighbor.State is NeighborState.Failed or NeighborState.Stale && neighbor.Waiting == 0 && !neighbor.IsUsed && !neighbor.IsWatched)
            {
                Forget(ref neighbor);
                return _free.Pop();
            }
        }

        return None;
    }
}
