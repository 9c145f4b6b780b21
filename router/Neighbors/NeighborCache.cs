using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Neighbors;

internal enum NeighborState : byte
{
    Free,

    /// <summary>Asked, no answer yet: frames wait.</summary>
    Incomplete,

    /// <summary>Heard from lately.</summary>
    Reachable,

    /// <summary>Not heard from lately: used, and asked again.</summary>
    Stale,

    /// <summary>Did not answer: frames are dropped at once until the penalty is over.</summary>
    Failed,
}

/// <summary>One next hop.</summary>
internal struct Neighbor
{
    public IpAddress Address;
    public Interface Interface;
    public MacAddress Mac;
    public NeighborState State;

    /// <summary>Requests sent since it was last heard from.</summary>
    public byte Requests;

    /// <summary>Frames of it that wait.</summary>
    public byte Waiting;

    /// <summary>Whether a frame used it since the last request.</summary>
    public bool IsUsed;

    /// <summary>When the state began, or the last request left; the loop's milliseconds.</summary>
    public long Since;
}

/// <summary>
/// The Ethernet addresses of next hops (RFC 826, with the states of RFC 4861 section 7.3.2).
/// <para>Theory of operation. A record keeps its number for life, so that a session can remember it; when a record that sessions may remember is given to another
/// address, the <see cref="Epoch"/> moves on and they look it up anew. Only the sweep sends requests and gives up; a look-up reads. What nobody answered for is
/// given up after three seconds and reused first, so that a scan of a network (RFC 6583) costs a bounded number of records and of requests.</para>
/// </summary>
internal sealed class NeighborCache
{
    public const int None = -1;

    private const int RequestsBeforeFailure = 3, RecordsPerSweep = 512;
    private const long RequestInterval = 1000, ReachableTime = 30_000, FailurePenalty = 3_000, ForgetAfter = 600_000;

    private readonly Neighbor[] _records;
    private readonly Dictionary<(int Interface, IpAddress Address), int> _index;
    private int _used, _cursor;

    public NeighborCache(int capacity)
    {
        _records = new Neighbor[Math.Min(capacity, ushort.MaxValue)];
        _index = new Dictionary<(int, IpAddress), int>(_records.Length);
    }

    /// <summary>Moves on when a number may mean another address than before.</summary>
    public ushort Epoch { get; private set; } = 1;

    /// <summary>Every epoch that a session remembers has to be forgotten: they begin anew.</summary>
    public Action? EpochsWrapped { get; set; }

    public ref Neighbor this[int number] => ref _records[number];

    public int Count => _index.Count;

    /// <summary>The record, made where there is none; <see cref="None"/> where the table is full of neighbours in use.</summary>
    public int FindOrAdd(Interface egress, in IpAddress address, long now)
    {
        if (_index.TryGetValue((egress.Index, address), out int number))
            return number;
        number = TakeRecord(now);
        if (number == None)
            return None;
        _records[number] = new Neighbor { Address = address, Interface = egress, State = NeighborState.Incomplete, Since = now - RequestInterval };
        _index.Add((egress.Index, address), number);
        return number;
    }

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

        ref Neighbor neighbor = ref _records[number];
        neighbor.Mac = mac;
        neighbor.State = NeighborState.Reachable;
        neighbor.Requests = 0;
        neighbor.IsUsed = false;
        neighbor.Since = now;
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
            case NeighborState.Incomplete when age >= RequestInterval:
            case NeighborState.Stale when neighbor.IsUsed && age >= RequestInterval:
                if (neighbor.Requests < RequestsBeforeFailure)
                    return Due.Request;
                neighbor.State = NeighborState.Failed;
                neighbor.Since = now;
                return Due.Fail;
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

    private void Forget(ref Neighbor neighbor)
    {
        _index.Remove((neighbor.Interface.Index, neighbor.Address));
        neighbor.State = NeighborState.Free;
        if (neighbor.Mac == default)
            return;
        if (++Epoch != 0)
            return;
        Epoch = 1;
        EpochsWrapped?.Invoke();
    }

    private int TakeRecord(long now)
    {
        if (_used < _records.Length)
            return _used++;
        for (int i = 0; i < RecordsPerSweep; i++)
        {
            _cursor = _cursor + 1 < _used ? _cursor + 1 : 0;
            ref Neighbor neighbor = ref _records[_cursor];
            if (neighbor.State is NeighborState.Failed or NeighborState.Stale && neighbor.Waiting == 0 && !neighbor.IsUsed)
                Forget(ref neighbor);
            if (neighbor.State == NeighborState.Free)
                return _cursor;
        }

        return None;
    }
}
