namespace Router.Packets;

/// <summary>
/// Every reason why a frame goes no further, in the order of the journey. The spelling of a member is the metric's label. <see cref="DropCatalogue"/> has an
/// entry for each; one without does not compile.
/// </summary>
internal enum DropReason : byte
{
    None,

    // parse
    TruncatedFrame,
    InvalidOffloadHeader,
    NotForUs,
    VlanTagged,
    UnknownEtherType,
    InvalidIpv4Header,
    InvalidIpv4Checksum,
    InvalidIpv6Header,
    InvalidExtensionHeader,
    HeaderChainTooLong,
    UnknownNextHeader,
    RoutingHeaderType0,
    SourceRouted,
    MartianSource,
    MartianDestination,
    MulticastNotRouted,
    TruncatedTransportHeader,

    // neighbour messages
    InvalidArp,
    ArpNotForUs,
    ArpSpoofedSender,
    ArpDuplicateAddress,
    InvalidNeighborDiscovery,
    NeighborDiscoveryNotForUs,
    NeighborDiscoverySpoofedSender,
    NeighborDiscoveryDuplicateAddress,
    RouterAdvertisementInside,

    // anti-spoofing
    SpoofedInsideSource,
    SpoofedOutsideSource,

    // fragments
    TinyFragment,
    IncompleteHeaderChain,
    InvalidFragment,
    OverlappingFragment,
    OffloadedFragment,
    FragmentTableFull,
    FragmentQueueFull,
    FragmentTimedOut,

    // lookup
    InvalidIcmpChecksum,
    InvalidIcmpQuote,
    IcmpErrorWithoutSession,
    IcmpTypeNotForwarded,
    FragmentWithoutSession,

    // OP25B
    Op25bBlocked,
    Op25bLimited,
    Op25bQuarantined,
    Op25bFromPort25,
    TunnelBlocked,

    // for the router itself
    FilteredInbound,
    UnsolicitedSyn,
    FragmentForRouter,
    BeyondScope,
    TentativeAddress,

    // hop limit, route
    TtlExpired,
    NoRoute,
    BroadcastNotRouted,

    // firewall
    AddressNotGlobal,
    UnsolicitedInbound,
    UnsolicitedInboundSyn,
    ServersToLan,

    // MTU
    PacketTooBig,

    // admit
    TcpWithoutSession,
    TcpResetOutOfWindow,
    EchoReplyWithoutSession,
    ProtocolNotTranslated,
    ProtocolTaken,
    SessionConflict,
    SessionQuotaExceeded,
    CreationRateExceeded,
    PortQuotaExceeded,
    SessionTableFull,
    PortsExhausted,

    // neighbour
    NeighborUnreachable,
    NeighborQueueFull,
    NeighborTableFull,

    // egress
    EgressQueueFull,
    InterfaceDown,
    InterfaceLost,
    WriteRefused,
}
