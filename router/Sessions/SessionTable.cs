using System.Runtime.CompilerServices;
using Router.Packets;

namespace Router.Sessions;

/// <summary>
/// Every session, in one pinned array of a fixed capacity, and one open-addressed index that finds it by either tuple.
/// <para>Theory of operation. The index refers to record number × 2 + direction, so one look-up finds the record and which of its tuples it was
/// (<see cref="RecordIndex"/>). The table knows time only as an argument.</para>
/// <para>Expiry. A timer wheel has a list of records for each second. A record is looked at again after the time that it has left, a minute at most: a packet
/// writes <see cref="Session.LastSeen"/> and nothing else, and a time-out that grew shorter is noticed within the minute, late but never early. Look-ups do not
/// find a session whose time is over, so lateness is not seen on the wire. A sweep does a bounded number of entries.</para>
/// </summary>
internal sealed class SessionTable
{
    private const int WheelSlots = 64, LongestWaitSeconds = 60, None = -1;

    private static readonly int States = Enum.GetValues<SessionState>().Length;

    private readonly Session[] _records;
    private TcpSequences[] _sequencesOverIpv6;
    private readonly RecordIndex _index;
    private readonly uint[] _timeouts;
    private readonly KeyedHash _hash;
    private readonly int[] _wheel = new int[WheelSlots];

    // Of IPv4, then of IPv6.
    private readonly int[] _countByState = new int[2 * States];
    private int _free = None, _used, _sweepList = None;
    private long _sweptSecond = long.MinValue;

    /// <summary>Without <paramref name="hasIpv6"/> no session of IPv6 may be added: there is no room for what its TCP needs.</summary>
    public SessionTable(int capacity, SessionTimeouts timeouts, KeyedHash hash, bool hasIpv6 = false)
    {
        _timeouts = timeouts.Milliseconds();
        _hash = hash;
        _records = GC.AllocateArray<Session>(capacity, pinned: true);
        _sequencesOverIpv6 = hasIpv6 ? RoomForIpv6(capacity) : [];
        _index = new RecordIndex(capacity * 2, reference => _hash.Of(_records[reference >> 1].Key((Direction)(reference & 1))));
        Array.Fill(_wheel, None);
    }

    public int Capacity => _records.Length;

    /// <summary>What the table takes, used or not.</summary>
    public long Bytes => (long)_records.Length * Unsafe.SizeOf<Session>() + (long)_sequencesOverIpv6.Length * Unsafe.SizeOf<TcpSequences>() + _index.Bytes;

    public int Count { get; private set; }

    /// <summary>The records from the first to this one have been used: no session is above.</summary>
    public int Used => _used;

    /// <summary>What to do about a session that ends (its mapping goes with it).</summary>
    public Action<Session>? Ended { get; set; }

    /// <summary>Other time-outs from now on; those that grew shorter are noticed within a minute.</summary>
    public void Adopt(SessionTimeouts timeouts) => timeouts.Milliseconds().CopyTo(_timeouts, 0);

    public bool HasRoomForIpv6 => _sequencesOverIpv6.Length > 0;

    /// <summary>What sessions of IPv6 need beside their records.</summary>
    public static TcpSequences[] RoomForIpv6(int capacity) => GC.AllocateArray<TcpSequences>(capacity, pinned: true);

    /// <summary>Sessions of IPv6 may be added from now on.</summary>
    public void MakeRoomForIpv6(TcpSequences[] room) => _sequencesOverIpv6 = room;

    public ref Session this[int number] => ref _records[number];

    /// <summary>How many live sessions of the family are in the state.</summary>
    public int CountOf(SessionState state, bool isIpv6 = false) => _countByState[(isIpv6 ? States : 0) + (int)state];

    /// <summary>The streams of a TCP session, of either family.</summary>
    public ref TcpSequences SequencesOf(int number)
    {
        ref Session session = ref _records[number];
        if (session.IsIpv6)
            return ref _sequencesOverIpv6[number];
        return ref session.Sequences;
    }

    /// <summary>The live session that a packet of the tuple belongs to; negative where there is none.</summary>
    public int Find(in FlowKey key, uint now, out Direction direction)
    {
        RecordIndex.Probe probe = _index.Begin(_hash.Of(key));
        while (_index.TryNext(ref probe, out uint reference))
        {
            int number = (int)(reference >> 1);
            direction = (Direction)(reference & 1);
            if (!_records[number].Matches(key, direction))
                continue;
            if (!IsOver(_records[number], now))
                return number;
            End(number);
            break;
        }

        direction = default;
        return Packet.NoSession;
    }

    /// <summary>What <see cref="Find"/> would give, without ending what is over.</summary>
    public int Peek(in FlowKey key, uint now, out Direction direction)
    {
        RecordIndex.Probe probe = _index.Begin(_hash.Of(key));
        while (_index.TryNext(ref probe, out uint reference))
        {
            int number = (int)(reference >> 1);
            direction = (Direction)(reference & 1);
            if (_records[number].Matches(key, direction))
                return IsOver(_records[number], now) ? Packet.NoSession : number;
        }

        direction = default;
        return Packet.NoSession;
    }

    /// <summary>Whether one more session has a place.</summary>
    public bool HasRoom => _free != None || _used < _records.Length;

    /// <summary>Has no free place from now on, as another table.</summary>
    public void AssumeFull() => (_free, _used) = (None, _records.Length);

    /// <summary>Fetches what <see cref="Find"/> will read first. Returns the hash that <see cref="PrefetchRecord"/> needs, some frames later.</summary>
    public uint PrefetchSlot(in FlowKey key)
    {
        uint hash = _hash.Of(key);
        _index.Prefetch(hash);
        return hash;
    }

    /// <summary>Fetches the record that the index most likely refers to.</summary>
    public void PrefetchRecord(uint hash)
    {
        RecordIndex.Probe probe = _index.Begin(hash);
        if (_index.TryNext(ref probe, out uint reference))
            CacheLine.Fetch(ref _records[reference >> 1]);
    }

    /// <summary>Opens a session. No other has one of the two tuples (<see cref="Find"/>). False where the table is full.</summary>
    public bool TryAdd(in FlowKey original, in FlowKey reply, SessionState state, uint now, out int number)
    {
        number = None;
        if (_free != None)
        {
            number = _free;
            _free = _records[number].WheelNext;
        }
        else if (_used < _records.Length)
        {
            number = _used++;
        }
        else
        {
            return false;
        }

        ref Session session = ref _records[number];
        session = default;
        session.SetKeys(original, reply);
        session.State = state;
        session.LastSeen = now;
        session.Mapping = None;
        _index.Insert(_hash.Of(original), ReferenceTo(number, Direction.Original));
        _index.Insert(_hash.Of(reply), ReferenceTo(number, Direction.Reply));
        Arm(number, now, state, _timeouts[(int)state]);
        if (session.IsIpv6)
            _sequencesOverIpv6[number] = default;
        Count++;
        CounterOf(session)++;
        return true;
    }

    /// <summary>A packet of the session went by.</summary>
    public void Touch(int number, SessionState state, uint now)
    {
        ref Session session = ref _records[number];
        session.LastSeen = now;
        if (session.State == state)
            return;
        CounterOf(session)--;
        session.State = state;
        CounterOf(session)++;
    }

    /// <summary>Ends it now. The record is used again once the wheel has let go of it.</summary>
    public void End(int number)
    {
        ref Session session = ref _records[number];
        _index.Remove(_hash.Of(session.Key(Direction.Original)), ReferenceTo(number, Direction.Original));
        _index.Remove(_hash.Of(session.Key(Direction.Reply)), ReferenceTo(number, Direction.Reply));
        CounterOf(session)--;
        Count--;
        Ended?.Invoke(session);
        session.State = SessionState.Free;
    }

    /// <summary>Makes every session look its neighbours up anew.</summary>
    public void ForgetNeighbors()
    {
        foreach (ref Session session in _records.AsSpan(0, _used))
            session.NeighborEpoch = 0;
    }

    /// <summary>How many seconds the sweep is behind at the loop's milliseconds: within the one that it is about, zero.</summary>
    public long LagSeconds(long nowMilliseconds) => _sweptSecond == long.MinValue ? 0 : nowMilliseconds / 1000 - _sweptSecond + (_sweepList == None ? 0 : 1);

    /// <summary>Ends sessions whose time is over, looking at no more than <paramref name="budget"/> records. Returns how many it looked at.</summary>
    public int Sweep(long nowMilliseconds, int budget)
    {
        long second = nowMilliseconds / 1000;
        if (_sweptSecond == long.MinValue)
            _sweptSecond = second;
        int looked = 0;
        while (looked < budget)
        {
            if (_sweepList == None)
            {
                if (_sweptSecond >= second)
                    break;
                _sweptSecond = Math.Max(_sweptSecond + 1, second - WheelSlots);
                ref int list = ref _wheel[_sweptSecond % WheelSlots];
                _sweepList = list;
                list = None;
                continue;
            }

            int number = _sweepList;
            _sweepList = _records[number].WheelNext;
            Visit(number, (uint)nowMilliseconds);
            looked++;
        }

        return looked;
    }

    private void Visit(int number, uint now)
    {
        ref Session session = ref _records[number];
        if (session.State != SessionState.Free && IsOver(session, now))
            End(number);
        if (session.State == SessionState.Free)
        {
            session.WheelNext = _free;
            _free = number;
            return;
        }

        Arm(number, now, session.State, _timeouts[(int)session.State] - (now - session.LastSeen));
    }

    private void Arm(int number, uint now, SessionState state, uint milliseconds)
    {
        // The wheel's seconds are those of the loop's 64-bit clock; within a turn of the wheel the sweep's own second tells which.
        long current = _sweptSecond == long.MinValue ? now / 1000 : _sweptSecond;
        // A query that is answered is over soon: a flood of them must not hold the table for the rest of a minute.
        uint most = state == SessionState.DnsQuery ? _timeouts[(int)SessionState.DnsAnswered] : LongestWaitSeconds * 1000;
        long wait = Math.Min(Math.Min(milliseconds, most) / 1000 + 1, LongestWaitSeconds);
        ref int list = ref _wheel[(current + wait) % WheelSlots];
        _records[number].WheelNext = list;
        list = number;
    }

    /// <summary>When its time is over, in the loop's milliseconds cut to 32 bits.</summary>
    public uint EndOf(in Session session) => session.LastSeen + _timeouts[(int)session.State];

    /// <summary>How many milliseconds a session of the state lives after its last packet.</summary>
    public uint TimeoutOf(SessionState state) => _timeouts[(int)state];

    private ref int CounterOf(in Session session) => ref _countByState[(session.IsIpv6 ? States : 0) + (int)session.State];

    private bool IsOver(in Session session, uint now) => now - session.LastSeen >= _timeouts[(int)session.State];

    private static uint ReferenceTo(int number, Direction direction) => (uint)number << 1 | (uint)direction;
}
