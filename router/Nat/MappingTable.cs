using System.Numerics;
using Router.Sessions;
using Router.Wire;

namespace Router.Nat;

/// <summary>One endpoint-independent mapping (RFC 4787 REQ-1): an inside address and port, and the outside ones that stand for them.</summary>
internal struct Mapping
{
    public uint InsideAddress;
    public ushort InsidePort, OutsidePort;
    public byte Protocol;

    /// <summary>Which of the table's outside addresses.</summary>
    public byte OutsideAddress;

    /// <summary>Sessions that hang under it; it ends with the last one. Zero: free.</summary>
    public int Sessions;

    /// <summary>The next free record.</summary>
    public int NextFree;
}

/// <summary>
/// Every mapping. An inside endpoint finds its mapping by a hash, an outside port by its number: each protocol has one array of 65 536 entries per outside
/// address, so that "is this port free" and "whose is it" are one load.
/// </summary>
internal sealed class MappingTable
{
    public const int None = -1;

    private static readonly byte[] Protocols = [Ipv4Header.Tcp, Ipv4Header.Udp, Ipv4Header.Icmp];

    private readonly Mapping[] _records;
    private readonly int[] _index;
    private readonly uint _slotMask;
    private readonly KeyedHash _hash;
    private readonly IpAddress[] _addresses;
    private readonly int[][][] _owners;
    private readonly int[] _counts = new int[256];
    private readonly PortAllocator _allocator;
    private int _free = None, _used;

    public MappingTable(int capacity, IReadOnlyList<IpAddress> addresses, KeyedHash hash, Random random)
    {
        _records = GC.AllocateArray<Mapping>(capacity, pinned: true);
        uint slots = BitOperations.RoundUpToPowerOf2((uint)capacity * 2);
        _index = GC.AllocateArray<int>((int)slots, pinned: true);
        _slotMask = slots - 1;
        _hash = hash;
        _addresses = [.. addresses];
        _owners = [.. Protocols.Select(_ => _addresses.Select(_ => new int[ushort.MaxValue + 1]).ToArray())];
        _allocator = new PortAllocator(random);
    }

    public ref Mapping this[int number] => ref _records[number];

    public IpAddress AddressOf(in Mapping mapping) => _addresses[mapping.OutsideAddress];

    public int CountOf(byte protocol) => _counts[protocol];

    /// <summary>Keeps the port from ever being allocated: a port forward listens there.</summary>
    public void Reserve(byte protocol, IpAddress address, ushort port)
    {
        int index = Array.IndexOf(_addresses, address);
        if (index >= 0)
            OwnerOf(protocol, index, port) = int.MaxValue;
    }

    /// <summary>The inside endpoint's mapping, made where it has none yet; <see cref="None"/> where no port or record is free. A new one has no session yet: <see cref="Hold"/> or <see cref="Discard"/> it.</summary>
    public int FindOrAdd(byte protocol, IpAddress address, ushort port)
    {
        uint slot = Slot(protocol, address.Ipv4, port);
        for (; _index[slot] != 0; slot = (slot + 1) & _slotMask)
        {
            ref Mapping found = ref _records[_index[slot] - 1];
            if (found.InsideAddress == address.Ipv4 && found.InsidePort == port && found.Protocol == protocol)
                return _index[slot] - 1;
        }

        // RFC 4787 REQ-2: an inside host keeps one outside address.
        int outside = (int)(_hash.Of(address.Low, 0) % (uint)_addresses.Length);
        int outsidePort = _allocator.Allocate(port, OwnersOf(protocol, outside));
        if (outsidePort == PortAllocator.Exhausted || !TryTakeRecord(out int number))
            return None;
        _records[number] = new Mapping
        {
            InsideAddress = address.Ipv4,
            InsidePort = port,
            OutsidePort = (ushort)outsidePort,
            OutsideAddress = (byte)outside,
            Protocol = protocol,
        };
        OwnerOf(protocol, outside, (ushort)outsidePort) = number + 1;
        _index[slot] = number + 1;
        _counts[protocol]++;
        return number;
    }

    /// <summary>One more session hangs under it.</summary>
    public void Hold(int number) => _records[number].Sessions++;

    /// <summary>A session under it ended; with the last one it ends too.</summary>
    public void Release(int number)
    {
        if (--_records[number].Sessions == 0)
            Remove(number);
    }

    /// <summary>Takes back a mapping that no session came to hang under.</summary>
    public void Discard(int number)
    {
        if (_records[number].Sessions == 0)
            Remove(number);
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
        OwnerOf(mapping.Protocol, mapping.OutsideAddress, mapping.OutsidePort) = 0;
        _counts[mapping.Protocol]--;
        uint hole = Slot(mapping);
        while (_index[hole] != number + 1)
            hole = (hole + 1) & _slotMask;
        for (uint slot = (hole + 1) & _slotMask; _index[slot] != 0; slot = (slot + 1) & _slotMask)
        {
            uint home = Slot(_records[_index[slot] - 1]);
            if (((slot - home) & _slotMask) >= ((slot - hole) & _slotMask))
            {
                _index[hole] = _index[slot];
                hole = slot;
            }
        }

        _index[hole] = 0;
        mapping.NextFree = _free;
        _free = number;
    }

    private int[] OwnersOf(byte protocol, int address) => _owners[Array.IndexOf(Protocols, protocol)][address];

    private ref int OwnerOf(byte protocol, int address, ushort port) => ref OwnersOf(protocol, address)[port];

    private uint Slot(in Mapping mapping) => Slot(mapping.Protocol, mapping.InsideAddress, mapping.InsidePort);

    private uint Slot(byte protocol, uint address, ushort port) => _hash.Of(address, (ulong)protocol << 16 | port) & _slotMask;
}
