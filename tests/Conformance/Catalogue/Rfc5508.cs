namespace Conformance.Catalogue;

internal static class Rfc5508
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 5508", "REQ-1", Level.Must, "queries from inside, and their answers, pass"),
        new("RFC 5508", "REQ-1a", Level.Should, "query mappings are independent of the destination"),
        new("RFC 5508", "REQ-2", Level.MustNot, "a query session expires in less than 60 seconds"),
        new("RFC 5508", "REQ-3", Level.Should, "an error with a bad ICMP checksum is dropped in silence"),
        new("RFC 5508", "REQ-3a", Level.Should, "an error that quotes a bad IP checksum is dropped in silence"),
        new("RFC 5508", "REQ-3b", Level.Must, "IP options in the quote are stepped over"),
        new("RFC 5508", "REQ-3c", Level.ShouldNot, "the quoted transport checksum is checked"),
        new("RFC 5508", "REQ-3d", Level.Must, "extensions (RFC 4884) behind the quote survive"),
        new("RFC 5508", "REQ-4", Level.Must, "an error from outside: quote, checksums and addresses are turned back; without a mapping it is dropped"),
        new("RFC 5508", "REQ-5", Level.Must, "an error from inside: the same, and the inside address stays hidden"),
        new("RFC 5508", "REQ-6", Level.MustNot, "an error refreshes or ends a session"),
        new("RFC 5508", "REQ-7", Level.Must, "hairpinned errors"),
        new("RFC 5508", "REQ-7 queries", Level.Must, "hairpinned queries, where whole addresses are translated (Basic NAT)")
        {
            NotApplicable = "ports and identifiers are translated too (NAPT): an outside address stands for many hosts, and who pings it pings the router",
        },
        new("RFC 5508", "REQ-8", Level.Should, "what the administrator refuses is answered with 3/13"),
        new("RFC 5508", "REQ-10", Level.Must, "destination unreachable, time exceeded and echo are supported"),
    ];
}
