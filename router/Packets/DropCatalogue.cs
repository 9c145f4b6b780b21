using static Router.Packets.Answer;
using static Router.Packets.DropReason;
using static Router.Packets.Stage;

namespace Router.Packets;

/// <summary>The stages of the journey, in its order.</summary>
internal enum Stage : byte
{
    Parse,
    NeighborMessage,
    AntiSpoofing,
    Fragment,
    Lookup,
    Op25b,
    Local,
    HopLimit,
    Route,
    Firewall,
    Mtu,
    Admit,
    Neighbor,
    Emit,
}

/// <summary>What the sender is told of a drop, in ICMP or ICMPv6. Nothing is ever sent about an ICMP error, a broadcast, a multicast, a later fragment or an invalid source (RFC 1812 section 4.3.2.7, RFC 4443 section 2.4 (e)).</summary>
internal enum Answer : byte
{
    Silence,

    /// <summary>ICMP 3/0, ICMPv6 1/0.</summary>
    NetUnreachable,

    /// <summary>ICMP 3/1, ICMPv6 1/3.</summary>
    HostUnreachable,

    /// <summary>ICMP 3/2, ICMPv6 4/1.</summary>
    ProtocolUnreachable,

    /// <summary>ICMP 3/3, ICMPv6 1/4.</summary>
    PortUnreachable,

    /// <summary>ICMP 3/3 in six seconds, unless the packet proves to be half of a simultaneous open (RFC 5382 REQ-4).</summary>
    PortUnreachableLater,

    /// <summary>ICMPv6 1/1 in six seconds (RFC 6092 REC-34).</summary>
    ProhibitedLater,

    /// <summary>ICMP 3/4 with the next hop's MTU (RFC 1191 section 4), ICMPv6 2/0 (RFC 4443 section 3.2).</summary>
    FragmentationNeeded,

    /// <summary>ICMP 3/13, ICMPv6 1/1.</summary>
    AdministrativelyProhibited,

    /// <summary>ICMP 11/0, ICMPv6 3/0.</summary>
    TimeExceeded,

    /// <summary>ICMPv6 1/2.</summary>
    ScopeExceeded,

    /// <summary>ICMPv6 4/0, which points to what is wrong.</summary>
    ErroneousHeader,

    /// <summary>ICMPv6 4/1, which points to the number.</summary>
    UnrecognizedNextHeader,

    /// <summary>What the phase in force says: nothing, ICMP 3/13 or ICMPv6 1/1, a TCP RST, or a mail server's greeting with 554.</summary>
    AsPhaseSays,
}

/// <summary>What the metric label, the log, <c>explain</c> and docs/drops.md say of a <see cref="DropReason"/>.</summary>
internal readonly record struct DropEntry(Stage Stage, Answer Answer, string Reference, string Text, string Mend);

/// <summary>One entry for each <see cref="DropReason"/>: from here, and nowhere else, come its stage, answer, reference and texts.</summary>
internal static class DropCatalogue
{
    public static DropEntry Of(DropReason reason) => reason switch
    {
        None => default,
        TruncatedFrame => new(Parse, Silence, "IEEE 802.3", "shorter than an Ethernet header", "look for the sender of broken frames"),
        InvalidOffloadHeader => new(Parse, Silence, "virtio 1.2 section 5.1.6", "the virtio header contradicts the packet", "look for the program that writes to the other end of the TAP"),
        NotForUs => new(Parse, Silence, "IEEE 802.3", "for another station's Ethernet address", "nothing: a bridge floods such frames"),
        VlanTagged => new(Parse, Silence, "IEEE 802.1Q", "carries a VLAN tag", "untag it on the bridge or the switch: one TAP for each VLAN"),
        UnknownEtherType => new(Parse, Silence, "IEEE 802", "neither IPv4, IPv6 nor ARP", "nothing: the router carries IP only"),
        InvalidIpv4Header => new(Parse, Silence, "RFC 1812 section 5.2.2", "version, header length, total length or an option's length is wrong", "look for the sender of broken packets"),
        InvalidIpv4Checksum => new(Parse, Silence, "RFC 1812 section 5.2.2", "the header's checksum is wrong", "look for the sender of broken packets"),
        InvalidIpv6Header => new(Parse, Silence, "RFC 8200 section 3", "the version or the payload's length is wrong", "look for the sender of broken packets"),
        InvalidExtensionHeader => new(Parse, Silence, "RFC 8200 section 4.1", "the packet ends inside its extension headers, or one is where it may not be", "look for the sender of broken packets"),
        HeaderChainTooLong => new(Parse, Silence, "OP25B.md F7", "more than 8 extension headers stand before what the port-25 filter has to see", "send with fewer extension headers"),
        UnknownNextHeader => new(Parse, UnrecognizedNextHeader, "OP25B.md F7, RFC 7045 section 2.1", "a next-header number without a meaning: nobody can tell what is behind it", "use a protocol or an extension header that is registered"),
        RoutingHeaderType0 => new(Parse, ErroneousHeader, "RFC 5095, RFC 6092 REC-4", "a routing header of type 0, which is deprecated", "send without it"),
        SourceRouted => new(Parse, Silence, "RFC 1812 section 5.3.13.4, RFC 8754 section 5.1", "a source route would lead past the destination that is judged here", "send without the source route option or routing header"),
        MartianSource => new(Parse, Silence, "RFC 1812 section 5.3.7, RFC 4291 section 2.5.5", "the source address cannot be a host's", "give the sender an address"),
        MartianDestination => new(Parse, Silence, "RFC 1812 section 5.3.7, RFC 4291 section 2.5.5", "the destination address cannot be a host's", "look for a program that sends to a loopback or reserved address"),
        MulticastNotRouted => new(Parse, Silence, "RFC 1812 section 5.2.1", "multicast is not routed", "nothing: the router does not route multicast"),
        TruncatedTransportHeader => new(Parse, Silence, "RFC 1812 section 5.2.2", "the packet ends inside its transport header", "look for the sender of broken packets"),
        InvalidArp => new(NeighborMessage, Silence, "RFC 826", "not a request or a reply for IPv4 over Ethernet", "look for the sender of broken frames"),
        ArpNotForUs => new(NeighborMessage, Silence, "RFC 826", "asks for another host's address", "nothing: requests are broadcast to everybody"),
        ArpSpoofedSender => new(NeighborMessage, Silence, "RFC 826", "the sender claims an address that is not on this link", "give the sender an address of this link's prefix"),
        ArpDuplicateAddress => new(NeighborMessage, Silence, "RFC 5227 section 2.4", "another station claims an address of the router's", "give the station another address: its MAC is in the log"),
        InvalidNeighborDiscovery => new(NeighborMessage, Silence, "RFC 4861 sections 6.1 and 7.1, RFC 6980", "hop limit, checksum, lengths or addresses are not those of a neighbour's message, or it is a fragment", "look for the sender of broken or forged packets"),
        NeighborDiscoveryNotForUs => new(NeighborMessage, Silence, "RFC 4861 section 7.2", "about another host's address, or of a kind that the router has no use for", "nothing: solicitations go to groups of hosts"),
        NeighborDiscoverySpoofedSender => new(NeighborMessage, Silence, "RFC 4861 section 11.1, RFC 5942", "the sender claims an address that is not on this link, or is the router's", "give the sender an address of this link's prefix"),
        NeighborDiscoveryDuplicateAddress => new(NeighborMessage, Silence, "RFC 4862 section 5.4", "another station claims an IPv6 address of the router's", "give the station another address: its MAC is in the log"),
        RouterAdvertisementInside => new(NeighborMessage, Silence, "RFC 4861 section 6.2.7, RFC 6104", "another station inside advertises itself as a router: hosts may believe it, this router does not", "find the station by its MAC, which is in the log, and stop it, or block router advertisements at the switch (RFC 6105)"),
        SpoofedInsideSource => new(AntiSpoofing, Silence, "RFC 2827, OP25B.md F6", "the source is not in a prefix of the interface that it came in by", "give the host an address of the interface's prefix, or add a static route for the network behind it"),
        SpoofedOutsideSource => new(AntiSpoofing, Silence, "RFC 2827, OP25B.md F6", "came from outside with an inside source", "look for a loop, or for somebody who forges addresses"),
        TinyFragment => new(Fragment, Silence, "RFC 1858, RFC 3128, OP25B.md F12", "a fragment so small that it hides or rewrites the ports or flags; no other of its datagram passes", "look for the sender: no stack makes such fragments"),
        IncompleteHeaderChain => new(Fragment, Silence, "RFC 7112, OP25B.md F13", "a first fragment that ends before its upper-layer header does; no other of its datagram passes", "look for the sender: no stack makes such fragments"),
        InvalidFragment => new(Fragment, Silence, "RFC 791 section 3.2, RFC 8200 section 4.5", "a fragment of nothing, of a broken length, or beyond the largest datagram; no other of its datagram passes", "look for the sender of broken packets"),
        OverlappingFragment => new(Fragment, Silence, "RFC 5722, RFC 3128, OP25B.md F12", "a fragment that overlaps another one of its datagram; no other of it passes", "look for the sender: no stack makes such fragments"),
        OffloadedFragment => new(Fragment, Silence, "virtio 1.2 section 5.1.6", "a super-frame that claims to be a fragment", "look for the program that writes to the other end of the TAP"),
        FragmentTableFull => new(Fragment, Silence, "OP25B.md F14, RFC 4787 REQ-14", "too many datagrams of this host, or of all, are not complete", "find the host that sends so many fragments, or let it send smaller datagrams"),
        FragmentQueueFull => new(Fragment, Silence, "OP25B.md F14, RFC 4787 REQ-14", "too many fragments of this host, or of all, wait for their datagram's first one", "find the host that sends so many fragments, or let it send smaller datagrams"),
        FragmentTimedOut => new(Fragment, Silence, "OP25B.md F14, RFC 791 section 3.2", "its datagram's first fragment, which has the ports, did not come in time", "nothing, where it is rare; else look for the link that loses fragments"),
        InvalidIcmpChecksum => new(Lookup, Silence, "RFC 5508 REQ-3", "the checksum of the ICMP error is wrong, or cannot be verified in a fragment", "look for the sender of broken packets"),
        InvalidIcmpQuote => new(Lookup, Silence, "RFC 5508 REQ-3", "the ICMP error quotes no packet that makes sense", "look for the sender of broken packets"),
        IcmpErrorWithoutSession => new(Lookup, Silence, "RFC 5508 REQ-4", "the ICMP error is about no session of ours", "nothing: it is late, or forged"),
        IcmpTypeNotForwarded => new(Lookup, Silence, "RFC 5508", "an ICMP type that is not forwarded", "use echo"),
        FragmentWithoutSession => new(Lookup, Silence, "RFC 791 section 3.2", "a later fragment whose session has ended", "nothing: send the datagram again"),
        Op25bBlocked => new(Stage.Op25b, AsPhaseSays, "OP25B.md F1", "outbound TCP port 25 is blocked", "submit mail on port 587 or 465 with SMTP AUTH, or through the provider's own mail server"),
        Op25bLimited => new(Stage.Op25b, AsPhaseSays, "OP25B.md F16", "more new sessions to port 25 in a minute than the phase allows one host, or a segment of no session", "submit mail on port 587 or 465 with SMTP AUTH, or through the provider's own mail server; or wait a minute"),
        Op25bQuarantined => new(Stage.Op25b, AsPhaseSays, "OP25B.md section 5, docs/adr/0031-alerts.md", "the host is in quarantine: it sends as an infected one does", "clean the host; it is released once it has been quiet for \"Op25b:Alerts:QuietMinutes\""),
        Op25bFromPort25 => new(Stage.Op25b, Silence, "OP25B.md F5", "comes from port 25 and belongs to no allowed session", "nothing: such replies belong to connections that the filter stops"),
        TunnelBlocked => new(Stage.Op25b, AdministrativelyProhibited, "OP25B.md F11", "a tunnel (protocol 4, 41 or 47, or Teredo), which may carry port 25 past the filter", "set \"Op25b:Tunnels\" to Count, or exempt the host's group"),
        FilteredInbound => new(Stage.Local, Silence, "RFC 4787 REQ-8, RFC 5382 REQ-3", "an inside host has the outside port, and its filtering does not let this sender in", "set \"Nat:Filtering\" to a looser one, or add a port forward"),
        UnsolicitedSyn => new(Stage.Local, PortUnreachableLater, "RFC 5382 REQ-4", "a SYN from outside to an outside port that nobody has", "add a port forward to \"Nat:PortForwards\""),
        FragmentForRouter => new(Stage.Local, Silence, "docs/adr/0013-fragments.md", "a fragment for the router itself, which puts nothing together", "ask the router in packets that fit the link, for example ping -s 1400"),
        BeyondScope => new(Stage.Local, ScopeExceeded, "RFC 4291 section 2.5.6, RFC 4443 section 3.1", "a link-local address does not leave its link", "use a global address"),
        TentativeAddress => new(Stage.Local, Silence, "RFC 4862 section 5.4", "for an address of the router's that is not known to be nobody else's", "wait two seconds; else give the station that has it another address: its MAC is in the log"),
        TtlExpired => new(HopLimit, TimeExceeded, "RFC 1812 section 5.3.1, RFC 4443 section 3.3", "the TTL, or hop limit, ran out here", "look for a routing loop"),
        NoRoute => new(Route, NetUnreachable, "RFC 1812 section 4.3.3.1", "no route leads there", "add a route to \"Routes\""),
        BroadcastNotRouted => new(Route, Silence, "RFC 2644, RFC 1812 section 5.3.4", "a broadcast is not routed", "nothing: directed broadcasts stay in their network"),
        AddressNotGlobal => new(Firewall, AdministrativelyProhibited, "RFC 6092 REC-3, REC-7", "a unique local, site-local or ORCHID address does not cross to or from outside", "give the host a global address"),
        UnsolicitedInbound => new(Firewall, Silence, "RFC 6092 REC-11", "came from outside, is no reply, and neither a port forward nor an inbound rule lets it in", "add a port forward to \"Nat:PortForwards\" or a rule to \"Firewall:Inbound\""),
        UnsolicitedInboundSyn => new(Firewall, ProhibitedLater, "RFC 6092 REC-34, REC-39", "a SYN, or an INIT of SCTP, from outside over IPv6, which no inbound rule lets in", "add a rule to \"Firewall:Inbound\""),
        ServersToLan => new(Firewall, AdministrativelyProhibited, "DESIGN.md section 3", "a server may not open a session to the LAN", "add a rule to \"Firewall:Inbound\""),
        PacketTooBig => new(Mtu, FragmentationNeeded, "RFC 1191 section 4, RFC 8201", "larger than the MTU of the link that it would leave by", "let the sender honour path MTU discovery, or lower its MTU"),
        TcpWithoutSession => new(Admit, Silence, "RFC 6146 section 3.5.2", "a TCP segment that opens nothing and belongs to no session", "nothing: the connection ended, or began before the router did; open it again"),
        TcpResetOutOfWindow => new(Admit, Silence, "RFC 5961 section 3.2, RFC 7857 section 2.2", "a RST whose number its receiver cannot expect: it does not belong to the connection", "nothing: it is late, or forged"),
        EchoReplyWithoutSession => new(Admit, Silence, "RFC 5508 REQ-1", "an echo reply that nobody asked for", "nothing: it is late, or forged"),
        ProtocolNotTranslated => new(Admit, AdministrativelyProhibited, "RFC 3022 section 4.1", "DCCP and UDP-Lite are not translated: their checksums cover the addresses", "use TCP, UDP or a protocol without ports, or list the destination in \"Nat:ExemptDestinations\""),
        ProtocolTaken => new(Admit, HostUnreachable, "RFC 3022 section 4.1, RFC 2663 section 2.9", "a protocol without ports, which another inside host already speaks with that destination", "let one host at a time speak it, give the hosts several \"Nat:Addresses\", or use NAT traversal (RFC 3948)"),
        SessionConflict => new(Admit, Silence, "RFC 5382 REQ-2", "its answers could not be told from another session's", "open it again in a while, from another port"),
        SessionQuotaExceeded => new(Admit, HostUnreachable, "RFC 6888 REQ-5, REQ-11", "the inside host has as many sessions as it may", "look what the host does, or raise \"Sessions:PerSubscriber:Sessions\""),
        CreationRateExceeded => new(Admit, HostUnreachable, "RFC 6888 REQ-5, REQ-11", "the inside host opens sessions faster than it may", "look what the host does, or raise \"Sessions:PerSubscriber:CreationsPerSecond\""),
        PortQuotaExceeded => new(Admit, HostUnreachable, "RFC 6888 REQ-4, REQ-11", "the inside host has as many outside ports as it may", "look what the host does, or raise \"Sessions:PerSubscriber:Ports\""),
        SessionTableFull => new(Admit, HostUnreachable, "RFC 6888 REQ-4", "the session table is full, or half full of sessions that were opened from outside", "raise \"Sessions:Capacity\", or find the host that opens so many"),
        PortsExhausted => new(Admit, HostUnreachable, "RFC 6888 REQ-4", "no outside port is free", "add an address to \"Nat:Addresses\""),
        NeighborUnreachable => new(Neighbor, HostUnreachable, "RFC 1812 section 3.3.2, RFC 4861 section 7.2.2", "the next hop does not answer ARP or Neighbor Discovery", "look whether the host is up, and in this network"),
        NeighborQueueFull => new(Neighbor, Silence, "RFC 1812 section 3.3.2", "too many frames wait for the next hop's answer", "nothing, where it passes; else look whether the next hop is up"),
        NeighborTableFull => new(Neighbor, Silence, "RFC 6583", "too many next hops at once", "find the host that scans the network"),
        EgressQueueFull => new(Emit, Silence, "DESIGN.md section 4", "the queue of the interface that it would leave by is full", "look for a receiver that is too slow"),
        InterfaceDown => new(Emit, Silence, "DESIGN.md section 4", "the interface that it would leave by is down", "ip link set up"),
        InterfaceLost => new(Emit, Silence, "DESIGN.md section 4", "the interface that it would leave by was deleted", "restart the router"),
        WriteRefused => new(Emit, Silence, "DESIGN.md section 4", "the kernel refused the frame", "tell the authors"),
    };

    /// <summary>Every reason that a frame can be dropped for.</summary>
    public static IReadOnlyList<DropReason> All { get; } = [.. Enum.GetValues<DropReason>().Where(reason => reason != None)];
}
