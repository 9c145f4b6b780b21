namespace Conformance.Catalogue;

internal static class Rfc8200
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 8200", "3", Level.Must, "the hop limit is one less when a packet leaves; where it comes to zero the packet is dropped"),
        new("RFC 8200", "4", Level.MustNot, "extension headers are inserted, deleted or changed on the way"),
        new("RFC 8200", "4.1", Level.Must, "hop-by-hop options stand directly behind the header only"),
        new("RFC 8200", "4.3", Level.Expected, "hop-by-hop options are not read on the way"),
        new("RFC 8200", "RFC 5095", Level.Must, "a routing header of type 0 is not obeyed; its sender is told"),
        new("RFC 8200", "4.5 router", Level.MustNot, "a router fragments"),
        new("RFC 8200", "4.5 first", Level.Must, "later fragments belong to the protocol that the first one names"),
        new("RFC 8200", "5", Level.Must, "no interface with IPv6 has an MTU below 1280"),
        new("RFC 8200", "8.1", Level.Must, "the checksum of ICMPv6 covers the pseudo-header"),
        new("RFC 5722", "4", Level.Must, "fragments that overlap: no part of the datagram passes"),
        new("RFC 6946", "4", Level.Must, "an atomic fragment is processed in isolation"),
        new("RFC 7112", "5", Level.Expected, "a first fragment without the whole header chain is dropped"),
        new("RFC 7045", "2.1", Level.Must, "extension headers that are known are recognized; what is not has a reason of its own"),
    ];
}
