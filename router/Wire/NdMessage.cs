using System.Buffers.Binary;

namespace Router.Wire;

[Flags]
internal enum RouterFlags : byte
{
    None = 0,

    /// <summary>O: other configuration, such as names, comes by DHCPv6.</summary>
    OtherConfiguration = 0x40,

    /// <summary>M: addresses come by DHCPv6.</summary>
    ManagedConfiguration = 0x80,
}

[Flags]
internal enum NeighborFlags : byte
{
    None = 0,
    Override = 0x20,
    Solicited = 0x40,
    Router = 0x80,
}

/// <summary>
/// A Neighbor Discovery message (RFC 4861 section 4): router and neighbour solicitation and advertisement. One that parsed passed every check of sections 6.1 and
/// 7.1, so nothing that is read from it can fail.
/// </summary>
internal readonly ref struct NdMessage
{
    public const byte RouterSolicitation = 133, RouterAdvertisement = 134, NeighborSolicitation = 135, NeighborAdvertisement = 136;

    /// <summary>What the next-header field says of ICMPv6.</summary>
    public const byte IcmpV6 = 58;

    /// <summary>No router was in between.</summary>
    public const byte HopLimit = 255;

    private const int TypeOffset = 0, CodeOffset = 1, ChecksumOffset = 2, FlagsOffset = 4, TargetOffset = 8, CurrentHopLimitOffset = 4, RouterFlagsOffset = 5,
        RouterLifetimeOffset = 6, ReachableTimeOffset = 8, RetransTimerOffset = 12;

    private readonly ReadOnlySpan<byte> _bytes;

    private NdMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Whether the ICMPv6 type is one of these.</summary>
    public static bool IsType(byte type) => type is >= RouterSolicitation and <= NeighborAdvertisement;

    /// <summary>
    /// Takes the ICMPv6 message of a packet, from its type to the packet's end. False where any check of RFC 4861 sections 6.1.1, 6.1.2, 7.1.1 and 7.1.2 fails: such a
    /// message is silently discarded.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, scoped in IpAddress source, scoped in IpAddress destination, byte hopLimit, out NdMessage message)
    {
        message = new NdMessage(bytes);
        return hopLimit == HopLimit
            && !bytes.IsEmpty
            && HeaderSizeOf(bytes[TypeOffset]) is > 0 and var headerSize
            && bytes.Length >= headerSize
            && bytes[CodeOffset] == 0
            && Checksum.Fold(Checksum.Sum(bytes) + Checksum.PseudoHeader(source, destination, IcmpV6, bytes.Length)) == ushort.MaxValue
            && NdOptions.AreValid(bytes[headerSize..])
            && message.IsCoherent(source, destination);
    }

    public byte Type => _bytes[TypeOffset];

    /// <summary>Of a neighbour solicitation or advertisement: the address that it is about.</summary>
    public IpAddress Target => IpAddress.ReadIpv6(_bytes[TargetOffset..]);

    /// <summary>Of a neighbour advertisement.</summary>
    public NeighborFlags NeighborFlags => (NeighborFlags)_bytes[FlagsOffset];

    /// <summary>Of a router advertisement; zero: the router does not say.</summary>
    public byte CurrentHopLimit => _bytes[CurrentHopLimitOffset];

    public RouterFlags RouterFlags => (RouterFlags)_bytes[RouterFlagsOffset];

    /// <summary>Seconds; zero: it is no default router.</summary>
    public ushort RouterLifetime => BinaryPrimitives.ReadUInt16BigEndian(_bytes[RouterLifetimeOffset..]);

    /// <summary>Milliseconds; zero: the router does not say.</summary>
    public uint ReachableTime => BinaryPrimitives.ReadUInt32BigEndian(_bytes[ReachableTimeOffset..]);

    public uint RetransTimer => BinaryPrimitives.ReadUInt32BigEndian(_bytes[RetransTimerOffset..]);

    public NdOptions Options => new(_bytes[HeaderSizeOf(Type)..]);

    /// <summary>The link-layer address of its sender, or of the target of an advertisement. False where it has none.</summary>
    public bool TryReadMac(out MacAddress mac)
    {
        mac = default;
        foreach (NdOption option in Options)
            if (option.Type == LinkLayerOption)
                return option.TryReadMac(out mac);
        return false;
    }

    /// <summary>Bytes before the options; zero for what is no such message.</summary>
    public static int HeaderSizeOf(byte type) => type switch
    {
        RouterSolicitation => 8,
        RouterAdvertisement => 16,
        NeighborSolicitation or NeighborAdvertisement => 24,
        _ => 0,
    };

    private byte LinkLayerOption => Type == NeighborAdvertisement ? NdOption.TargetLinkLayerAddress : NdOption.SourceLinkLayerAddress;

    /// <summary>What the fields say about each other and about the addresses.</summary>
    private bool IsCoherent(in IpAddress source, in IpAddress destination)
    {
        bool hasMac = false;
        foreach (NdOption option in Options)
            if (option.Type == LinkLayerOption)
            {
                if (!option.TryReadMac(out _))
                    return false;
                hasMac = true;
            }

        return Type switch
        {
            RouterSolicitation => source != default || !hasMac,
            RouterAdvertisement => source.IsLinkLocal,
            NeighborSolicitation => IsTarget(Target) && (source != default || !hasMac && destination.IsSolicitedNode),
            _ => IsTarget(Target) && (!destination.IsIpv6Multicast || (NeighborFlags & NeighborFlags.Solicited) == 0),
        };
    }

    /// <summary>A unicast address; ::ffff:0:0/96 stands for IPv4 here, and is no neighbour's.</summary>
    private static bool IsTarget(in IpAddress target) => !target.IsIpv6Multicast && !target.IsUnspecified && !target.IsIpv4;
}
