namespace Conformance.Catalogue;

internal static class Rfc4787
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 4787", "REQ-1", Level.Must, "one mapping for every destination (endpoint-independent)"),
        new("RFC 4787", "REQ-2", Level.Recommended, "an inside host keeps one outside address for everything (paired)"),
        new("RFC 4787", "REQ-3", Level.MustNot, "two inside hosts share an outside port"),
        new("RFC 4787", "REQ-3a", Level.Recommended, "inside ports 0-1023 become 0-1023, and 1024-65535 become 1024-65535"),
        new("RFC 4787", "REQ-4", Level.Recommended, "even ports stay even, odd ports odd"),
        new("RFC 4787", "REQ-5", Level.MustNot, "a UDP mapping expires in less than two minutes; five by default"),
        new("RFC 4787", "REQ-6", Level.Must, "outbound packets refresh the mapping"),
        new("RFC 4787", "REQ-7", Level.Must, "an outside network that collides with an inside one does no harm: it is refused at start"),
        new("RFC 4787", "REQ-8", Level.Recommended, "filtering is endpoint-independent, or address-dependent where strictness matters more; configurable"),
        new("RFC 4787", "REQ-9", Level.Must, "hairpinning between two inside hosts, by mappings and by port forwards"),
        new("RFC 4787", "REQ-9a", Level.Must, "the hairpinned packet shows the outside address and port"),
        new("RFC 4787", "REQ-10", Level.Should, "no application-level gateway is on by default"),
        new("RFC 4787", "REQ-11", Level.Must, "the same behaviour under load and after collisions"),
        new("RFC 4787", "REQ-12", Level.MustNot, "an ICMP message ends a mapping"),
        new("RFC 4787", "REQ-13", Level.Must, "too big with DF=1: ICMP 3/4 to the inside host, about the packet as it sent it"),
        new("RFC 4787", "REQ-13a", Level.Must, "too big with DF=0: fragments, in order"),
        new("RFC 4787", "REQ-14", Level.Must, "fragments are translated, in order and out of order"),
        new("RFC 4787", "REQ-14a", Level.Must, "a flood of fragments does not hurt others"),
    ];
}
