using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>
/// Writes a Neighbor Discovery message into a span that is large enough: the message first, its options, then <see cref="Finish"/>.
/// </summary>
internal ref struct NdWriter(Span<byte> bytes)
{
    private const int ChecksumOffset = 2;

    private readonly Span<byte> _bytes = bytes;

    /// <summary>Bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>Asks for the neighbour with that address.</summary>
    public void NeighborSolicitation(in IpAddress target) => WriteTarget(NdMessage.NeighborSolicitation, NeighborFlags.None, target);

    public void NeighborAdvertisement(NeighborFlags flags, in IpAddress target) => WriteTarget(NdMessage.NeighborAdvertisement, flags, target);

    /// <summary>The hosts' hop limit, and for how many seconds this is a default router. Reachable time and retransmission timer are left to the hosts.</summary>
    public void RouterAdvertisement(byte hopLimit, RouterFlags flags, ushort lifetime)
    {
        Span<byte> header = Begin(NdMessage.RouterAdvertisement);
        header[4] = hopLimit;
        header[5] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], lifetime);
    }

    /// <summary>A source or target link-layer address option.</summary>
    public void LinkLayerAddress(byte option, MacAddress mac) => mac.Write(Option(option, NdOption.Unit)[2..]);

    public void Mtu(uint mtu) => BinaryPrimitives.WriteUInt32BigEndian(Option(NdOption.Mtu, NdOption.Unit)[4..], mtu);

    public void Prefix(in NdPrefix prefix)
    {
        Span<byte> option = Option(NdOption.PrefixInformation, NdOption.PrefixSize);
        option[2] = (byte)prefix.Prefix.Length;
        option[3] = (byte)prefix.Flags;
        BinaryPrimitives.WriteUInt32BigEndian(option[4..], prefix.ValidLifetime);
        BinaryPrimitives.WriteUInt32BigEndian(option[8..], prefix.PreferredLifetime);
        prefix.Prefix.Address.WriteIpv6(option[16..]);
    }

    /// <summary>RFC 8106 section 5.1.</summary>
    public void RecursiveDnsServers(uint lifetime, scoped ReadOnlySpan<IpAddress> servers)
    {
        const int Header = 8, AddressSize = 16;
        Span<byte> option = Option(NdOption.RecursiveDnsServer, Header + servers.Length * AddressSize);
        BinaryPrimitives.WriteUInt32BigEndian(option[4..], lifetime);
        for (int i = 0; i < servers.Length; i++)
            servers[i].WriteIpv6(option[(Header + i * AddressSize)..]);
    }

    /// <summary>RFC 8106 section 5.2; the names as RFC 1035 section 3.1 writes them (<see cref="DomainName"/>), one after the other.</summary>
    public void DnsSearchList(uint lifetime, scoped ReadOnlySpan<byte> names)
    {
        const int Header = 8;
        Span<byte> option = Option(NdOption.DnsSearchList, (Header + names.Length + NdOption.Unit - 1) / NdOption.Unit * NdOption.Unit);
        BinaryPrimitives.WriteUInt32BigEndian(option[4..], lifetime);
        names.CopyTo(option[Header..]);
    }

    /// <summary>Fills in the checksum.</summary>
    public readonly void Finish(in IpAddress source, in IpAddress destination)
    {
        Span<byte> message = _bytes[..Length];
        BinaryPrimitives.WriteUInt16BigEndian(message[ChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(message[ChecksumOffset..],
            Checksum.Finish(Checksum.Sum(message) + Checksum.PseudoHeader(source, destination, NdMessage.IcmpV6, Length)));
    }

    private void WriteTarget(byte type, NeighborFlags flags, in IpAddress target)
    {
        Span<byte> header = Begin(type);
        header[4] = (byte)flags;
        target.WriteIpv6(header[8..]);
    }

    private Span<byte> Begin(byte type)
    {
        Length = NdMessage.HeaderSizeOf(type);
        _bytes[..Length].Clear();
        _bytes[0] = type;
        return _bytes;
    }

    private Span<byte> Option(byte type, int length)
    {
        Span<byte> option = _bytes.Slice(Length, length);
        option.Clear();
        option[0] = type;
        option[1] = (byte)(length / NdOption.Unit);
        Length += length;
        return option;
    }
}
