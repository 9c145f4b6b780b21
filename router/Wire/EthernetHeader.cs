using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>The 14 bytes of Ethernet II. The caller has checked that they are there.</summary>
internal readonly ref struct EthernetHeader(Span<byte> bytes)
{
    public const int Size = 14;

    public const ushort Ipv4 = 0x0800, Arp = 0x0806, Vlan = 0x8100, ProviderVlan = 0x88A8, Ipv6 = 0x86DD;

    private const int DestinationOffset = 0, SourceOffset = 6, EtherTypeOffset = 12;

    private readonly Span<byte> _bytes = bytes;

    public MacAddress Destination
    {
        get => MacAddress.Read(_bytes[DestinationOffset..]);
        set => value.Write(_bytes[DestinationOffset..]);
    }

    public MacAddress Source
    {
        get => MacAddress.Read(_bytes[SourceOffset..]);
        set => value.Write(_bytes[SourceOffset..]);
    }

    /// <summary>The next hop of a frame in transit: both addresses, in two stores.</summary>
    public void Readdress(MacAddress destination, MacAddress source)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes, destination.Value << 16 | source.Value >> 32);
        BinaryPrimitives.WriteUInt32BigEndian(_bytes[sizeof(ulong)..], (uint)source.Value);
    }

    public ushort EtherType
    {
        get => BinaryPrimitives.ReadUInt16BigEndian(_bytes[EtherTypeOffset..]);
        set => BinaryPrimitives.WriteUInt16BigEndian(_bytes[EtherTypeOffset..], value);
    }
}
