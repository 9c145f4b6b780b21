namespace Conformance.Catalogue;

internal static class Rfc5382
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 5382", "REQ-1", Level.Must, "one mapping for every destination (endpoint-independent)"),
        new("RFC 5382", "REQ-2", Level.Must, "every valid sequence of segments, opened from inside or, where permitted, from outside"),
        new("RFC 5382", "REQ-2a", Level.Must, "simultaneous open"),
        new("RFC 5382", "REQ-3", Level.Recommended, "filtering is endpoint-independent, or address-dependent where strictness matters more; configurable"),
        new("RFC 5382", "REQ-4", Level.MustNot, "an unsolicited inbound SYN is answered for 6 seconds; an outbound SYN meanwhile wins"),
        new("RFC 5382", "REQ-5", Level.MustNot, "an idle established connection expires in less than 2 h 4 min, a transitory one in less than 4 min"),
        new("RFC 5382", "REQ-6", Level.Recommended, "no application-level gateway is on by default"),
        new("RFC 5382", "REQ-7", Level.MustNot, "two inside hosts share an outside port"),
        new("RFC 5382", "REQ-8", Level.Must, "hairpinning between two inside hosts, by mappings and by port forwards"),
        new("RFC 5382", "REQ-8a", Level.Must, "the hairpinned packet shows the outside address and port"),
        new("RFC 5382", "REQ-9", Level.Should, "ICMP destination unreachable is translated"),
        new("RFC 5382", "REQ-10", Level.MustNot, "an ICMP message ends a mapping or a connection"),
    ];
}
