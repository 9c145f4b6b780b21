namespace Conformance.Catalogue;

internal static class Rfc1812
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 1812", "4.3.2.3", Level.Should, "an error quotes as much as fits into 576 bytes"),
        new("RFC 1812", "4.3.2.4", Level.Must, "an error comes from an address of the interface that it leaves by"),
        new("RFC 1812", "4.3.2.7", Level.MustNot, "an error is about an error, a broadcast, a multicast, an invalid source or a later fragment"),
        new("RFC 1812", "4.3.2.8", Level.Should, "errors are limited by token buckets"),
        new("RFC 1812", "4.3.3.1 code 0", Level.Must, "no route: ICMP 3/0"),
        new("RFC 1812", "4.3.3.1 code 1", Level.Must, "the next hop does not answer: ICMP 3/1"),
        new("RFC 1812", "5.2.7.1 code 13", Level.Should, "filtered: ICMP 3/13"),
        new("RFC 1812", "5.2.2", Level.Must, "a bad header is dropped in silence"),
        new("RFC 1812", "5.3.1", Level.Must, "TTL: one less at each hop; 11/0 where it runs out here, but not for multicast"),
        new("RFC 1812", "5.3.1 next hop", Level.MustNot, "a packet is dropped because its TTL will run out at the next hop"),
        new("RFC 1812", "5.3.4", Level.MustNot, "link-layer broadcasts are forwarded"),
        new("RFC 1812", "5.3.7", Level.Should, "martians are dropped: 0/8, 127/8, 169.254/16, 224/4, 240/4; never documentation, private or 100.64/10"),
        new("RFC 1812", "5.3.13.4", Level.Expected, "source routes are not obeyed (OP25B): such packets are dropped"),
        new("RFC 1812", "5.3.13 others", Level.Must, "packets with other options pass"),
        new("RFC 1812", "RFC 2644", Level.MustNot, "directed broadcasts are forwarded by default"),
        new("RFC 1812", "RFC 1191 section 4", Level.Must, "3/4 says the MTU of the next hop"),
        new("RFC 1812", "RFC 1027", Level.Expected, "proxy ARP is off"),
        new("RFC 1812", "RFC 5227 section 2.3", Level.Should, "the router announces its addresses at start (gratuitous ARP)"),
        new("RFC 1812", "RFC 5227 section 2.4", Level.Should, "somebody else with the router's address is noticed"),
    ];
}
