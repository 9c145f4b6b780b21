namespace Conformance.Catalogue;

internal static class Rfc4861
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 4861", "7.1.1", Level.Must, "solicitations with a wrong hop limit, checksum, code, length, option or address are dropped in silence"),
        new("RFC 4861", "7.1.2", Level.Must, "so are such advertisements"),
        new("RFC 4861", "7.2.2 queue", Level.Must, "packets wait for the next hop's address, one at least, and then leave"),
        new("RFC 4861", "7.2.2 failure", Level.Must, "no answer to three solicitations: ICMPv6 1/3 about each packet that waited"),
        new("RFC 4861", "7.2.3", Level.Should, "a solicitation shows where its sender is; that he can be reached it does not"),
        new("RFC 4861", "7.2.4", Level.Must, "a solicitation for the router's address is answered, one without a source to all nodes"),
        new("RFC 4861", "7.2.5", Level.Must, "what an advertisement changes, by its flags and the state"),
        new("RFC 4861", "7.2.5 nobody asked", Level.Should, "an advertisement about nobody who was asked for is dropped in silence"),
        new("RFC 4861", "7.3.3", Level.Expected, "REACHABLE, STALE, DELAY and PROBE: a neighbour in use is asked again"),
        new("RFC 4861", "8.2", Level.MustNot, "a redirect changes a router's routes"),
        new("RFC 4861", "8.2 sending", Level.Should, "a host that sends through the router to its own link gets a redirect")
        {
            NotMet = "the router sends none: a redirect would lead around the port-25 filter",
        },
        new("RFC 4861", "RFC 6980", Level.Must, "a message of Neighbor Discovery in a fragment is dropped in silence"),
        new("RFC 4861", "RFC 6583", Level.Should, "a scan takes a bounded part of the neighbours' table, and nothing from those who are known"),
    ];
}
