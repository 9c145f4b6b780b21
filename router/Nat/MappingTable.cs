using System.Runtime.CompilerServices;
using Router.Sessions;
using Router.Wire;

namespace Router.Nat;

/// <summary>
/// Every mapping. An inside endpoint finds its mapping by a hash, an outside port by its number: each protocol has one <see cref="PortSet"/> for each outside
/// address, so that "is this port free" and "whose is it" are one load.
/// </summary>
internal sealed class MappingTable
{
    public const int None = -1;

    /// <summary>A mapping keeps its outside address in a byte.</summary>
    public const int MostAddresses = 256;

    private const int Reserved = int.MaxValue;

    private static readonly byte[] Protocols = [Ipv4Header.Tcp, Ipv4Header.Udp, Ipv4Header.Icmp];

    private readonly Mapping[] _records;
    private readonly RecordIndex _byInside;
    private readonly KeyedHash _hash;
    private TimeSpan _rest;
    private readonly PortMemory _memory;

    // An outside address keeps its place while a mapping has it, also where it is given to no new one; _inUse has the places of those that are.
    private readonly List<IpAddress> _addresses = [];
    private readonly List<PortSet[]> _ports = [];
    private readonly Dictionary<IpAddress, int> _indexOfAddress = [];
    private readonly int[] _countByAddress = new int[MostAddresses];
    private int[] _inUse = [];
    private readonly int[] _counts = new int[256];
    private readonly HashSet<(byte Protocol, int Address, ushort Port)> _reserved = [];
    private readonly PortAllocator _allocator;
    private int _free = None, _used;

    /// <summary><paramref name="rest"/>: how long a port is not given to another host after its mapping ended. TCP's are tracked, and need none (RFC 6888 REQ-8a).</summary>
    public MappingTable(int capacity, IReadOnlyList<IpAddress> addresses, KeyedHash hash, Random random, TimeSpan rest = default, PortMemory memory = PortMemory.Whole)
    {
        _records = GC.AllocateArray<Mapping>(capacity, pinned: true);
        _byInside = new RecordIndex(capacity, number => HashOf(KeyOf(_records[number])));
        _hash = hash;
        _rest = rest;
        _memory = memory;
        _allocator = new PortAllocator(random);
        Readdress(addresses);
    }

    /// <summary>
    /// New mappings get these addresses from now on. Those that are under another one go on until their sessions end; its place is free after that. Places are enough where those of
    /// before and of now are <see cref="MostAddresses"/> at most.
    /// </summary>
    public void Readdress(IReadOnlyList<IpAddress> addresses)
    {
        _inUse = [.. addresses.Select(address => PlaceOf(address, addresses))];
    }

    /// <summary>Ports of UDP and ICMP rest so long from now on.</summary>
    public void LetRest(TimeSpan rest)
    {
        _rest = rest;
        foreach (PortSet[] sets in _ports)
            for (int i = 0; i < sets.Length; i++)
                sets[i].LetRest(RestOf(Protocols[i]));
    }

    private uint RestOf(byte protocol) => protocol == Ipv4Header.Tcp ? 0 : (uint)_rest.TotalMilliseconds;

    private int PlaceOf(IpAddress address, IReadOnlyList<IpAddress> addresses)
    {
        if (_indexOfAddress.TryGetValue(address, out int index))
            return index;
        index = _addresses.FindIndex(other => !addresses.Contains(other) && _countByAddress[_indexOfAddress[other]] == 0);
        PortSet[] ports = [.. Protocols.Select(protocol => new PortSet(RestOf(protocol), _memory))];
        if (index >= 0)
        {
            _indexOfAddress.Remove(_addresses[index]);
            (_addresses[index], _ports[index]) = (address, ports);
        }
        else
        {
            index = _addresses.Count;
            _addresses.Add(address);
            _ports.Add(ports);
        }

        _indexOfAddress.Add(address, index);
        return index;
    }

    /// <summary>What the mappings take, used or not. Ports are beside them, so many for each outside address.</summary>
    public long Bytes => (long)_records.Length * Unsafe.SizeOf<Mapping>() + _byInside.Bytes;

    public ref Mapping this[int number] => ref _records[number];

    public IpAddress AddressOf(in Mapping mapping) => _addresses[mapping.OutsideAddress];

    /// <summary>The outside address that stands for an inside host, for every protocol (RFC 4787 REQ-2, RFC 6888 REQ-2).</summary>
    public IpAddress AddressFor(in IpAddress host) => _addresses[IndexFor(host)];

    /// <summary>There is an outside address for new mappings.</summary>
    public bool HasAddresses => _inUse.Length > 0;

    public bool IsOutside(in IpAddress address) => _indexOfAddress.TryGetValue(address, out int index) && Array.IndexOf(_inUse, index) >= 0;

    /// <summary>Of each protocol, the ports that a host may draw from, on all addresses together.</summary>
    public int PortCapacity => _inUse.Length * (PortSet.Ports - PortAllocator.FirstUserPort);

    public int CountOf(byte protocol) => _counts[protocol];

    /// <summary>Keeps the port from being allocated: a port forward listens there. A mapping that has it goes on to its end.</summary>
    public void Reserve(byte protocol, IpAddress address, ushort port)
    {
        if (!_indexOfAddress.TryGetValue(address, out int index))
            return;
        _reserved.Add((protocol, index, port));
        ref int owner = ref PortsOf(protocol, index).OwnerOf(port);
        if (owner == 0)
            owner = Reserved;
    }

    /// <summary>No port is reserved any more.</summary>
    public void FreeReserved()
    {
        foreach ((byte protocol, int address, ushort port) in _reserved)
        {
            ref int owner = ref PortsOf(protocol, address).OwnerOf(port);
            if (owner == Reserved)
                owner = 0;
        }

        _reserved.Clear();
    }

    /// <summary>The inside endpoint's mapping, or <see cref="None"/>.</summary>
    public int Find(byte protocol, in IpAddress address, ushort port)
    {
        ulong key = KeyOf(protocol, address.Ipv4, port);
        RecordIndex.Probe probe = _byInside.Begin(HashOf(key));
        while (_byInside.TryNext(ref probe, out uint number))
            if (KeyOf(_records[number]) == key)
                return (int)number;
        return None;
    }

    /// <summary>The mapping that has the outside endpoint, or <see cref="None"/>.</summary>
    public int FindOwner(byte protocol, in IpAddress outside, ushort port)
    {
        if (!_indexOfAddress.TryGetValue(outside, out int index) || Array.IndexOf(Protocols, protocol) < 0)
            return None;
        int owner = PortsOf(protocol, index).OwnerOf(port);
        return owner is 0 or Reserved ? None : owner - 1;
    }

    /// <summary>A mapping for an inside endpoint that has none; <see cref="None"/> where no port or record is free. <see cref="Hold"/> it at once.</summary>
    public int Add(byte protocol, in IpAddress address, ushort port, uint now)
    {
        int outside = IndexFor(address);
        int outsidePort = _allocator.Allocate(port, PortsOf(protocol, outside), address, now);
        return outsidePort == PortAllocator.Exhausted ? None : Make(protocol, address, port, outside, (ushort)outsidePort, now);
    }

    /// <summary>
    /// The mapping of an inside endpoint to exactly this outside one, as another router had it; <see cref="None"/> where one of the two has another by now, or the outside one is not to be
    /// had. <see cref="Hold"/> it at once.
    /// </summary>
    public int Restore(byte protocol, in IpAddress address, ushort port, in IpAddress outside, ushort outsidePort, uint now)
    {
        int number = Find(protocol, address, port);
        if (number != None)
            return AddressOf(_records[number]) == outside && _records[number].OutsidePort == outsidePort ? number : None;
        if (!IsOutside(outside) || Array.IndexOf(Protocols, protocol) < 0 || outsidePort == 0 || PortsOf(protocol, _indexOfAddress[outside]).OwnerOf(outsidePort) != 0)
            return None;
        return Make(protocol, address, port, _indexOfAddress[outside], outsidePort, now);
    }

    private int Make(byte protocol, in IpAddress address, ushort port, int outside, ushort outsidePort, uint now)
    {
        if (!TryTakeRecord(out int number))
            return None;
        _records[number] = new Mapping
        {
            InsideAddress = address.Ipv4,
            InsidePort = port,
            OutsidePort = outsidePort,
            OutsideAddress = (byte)outside,
            Protocol = protocol,
            EndedAt = now,
        };
        PortsOf(protocol, outside).OwnerOf(outsidePort) = number + 1;
        _byInside.Insert(HashOf(KeyOf(_records[number])), (uint)number);
        _counts[protocol]++;
        _countByAddress[outside]++;
        return number;
    }

    /// <summary>A record for each mapping that is in use.</summary>
    public void Visit(LivingMappings living, long utcTicks)
    {
        for (int number = 0; number < _used; number++)
            if (_records[number] is { Sessions: > 0, IsUsed: true })
                living.Add(MappingJournal.RecordOf(MappingEvent.Created, _records[number], AddressOf(_records[number]), utcTicks));
    }

    /// <summary>Whether a new mapping of the inside endpoint would get its own port, another one, or none; and on which outside address.</summary>
    public PortOutlook OutlookFor(byte protocol, in IpAddress address, ushort port, uint now, out IpAddress outside)
    {
        int index = IndexFor(address);
        outside = _addresses[index];
        PortSet ports = PortsOf(protocol, index);
        if (_free == None && _used >= _records.Length || !PortAllocator.HasAny(port, ports, address, now))
            return PortOutlook.None;
        return port != 0 && ports.IsFree(port, address, now) ? PortOutlook.Same : PortOutlook.Other;
    }

    /// <summary>Has no free record from now on, as another table.</summary>
    public void AssumeFull() => (_free, _used) = (None, _records.Length);

    /// <summary>One more session hangs under it.</summary>
    public void Hold(int number) => _records[number].Sessions++;

    /// <summary>A session under it was over at the moment. True where that was the last one: the mapping has ended.</summary>
    public bool Release(int number, uint moment)
    {
        ref Mapping mapping = ref _records[number];
        if ((int)(moment - mapping.EndedAt) > 0)
            mapping.EndedAt = moment;
        return Discard(number);
    }

    /// <summary>Takes back a <see cref="Hold"/> that no session came of. True where the mapping ended with it.</summary>
    public bool Discard(int number)
    {
        if (--_records[number].Sessions > 0)
            return false;
        Remove(number);
        return true;
    }

    private bool TryTakeRecord(out int number)
    {
        number = _free != None ? _free : _used;
        if (number >= _records.Length)
            return false;
        if (_free != None)
            _free = _records[number].NextFree;
        else
            _used++;
        return true;
    }

    private void Remove(int number)
    {
        ref Mapping mapping = ref _records[number];
        PortSet ports = PortsOf(mapping.Protocol, mapping.OutsideAddress);
        if (mapping.IsUsed)
            ports.Retire(mapping.OutsidePort, mapping.InsideAddress, mapping.EndedAt);
        else
            ports.OwnerOf(mapping.OutsidePort) = 0;
        if (_reserved.Contains((mapping.Protocol, mapping.OutsideAddress, mapping.OutsidePort)))
            ports.OwnerOf(mapping.OutsidePort) = Reserved;
        _byInside.Remove(HashOf(KeyOf(mapping)), (uint)number);
        _counts[mapping.Protocol]--;
        _countByAddress[mapping.OutsideAddress]--;
        mapping.NextFree = _free;
        _free = number;
    }

    private int IndexFor(in IpAddress host) => _inUse[_hash.Of(host.Low, 0) % (uint)_inUse.Length];

    private PortSet PortsOf(byte protocol, int address) => _ports[address][Array.IndexOf(Protocols, protocol)];

    private uint HashOf(ulong key) => _hash.Of(key, 0);

    private static ulong KeyOf(in Mapping mapping) => KeyOf(mapping.Protocol, mapping.InsideAddress, mapping.InsidePort);

    private static ulong KeyOf(byte protocol, uint address, ushort port) => (ulong)address << 24 | (ulong)port << 8 | protocol;
}
