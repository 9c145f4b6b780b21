namespace Conformance.Catalogue;

internal static class Rfc7857
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 7857", "section 2", Level.Should, "the TCP state machine of RFC 6146"),
        new("RFC 7857", "section 2.1", Level.Should, "opening and closing have time-outs of their own, which can be configured"),
        new("RFC 7857", "section 2.2", Level.Must, "a RST of the connection is translated; its state is kept for 4 minutes"),
        new("RFC 7857", "section 4", Level.Should, "where the outside address of a host has no port left, its new sessions are dropped"),
        new("RFC 7857", "section 5", Level.Must, "mappings are for one protocol"),
        new("RFC 7857", "section 6", Level.Must, "endpoint-independent filtering is for one protocol"),
        new("RFC 7857", "section 7", Level.ShouldNot, "an inbound packet that the policy drops refreshes a mapping"),
        new("RFC 7857", "section 7.1", Level.ShouldNot, "an outbound ICMP error or RST refreshes a mapping"),
        new("RFC 7857", "section 9", Level.Should, "ports that are not preserved cannot be guessed (RFC 6056)"),
        new("RFC 7857", "section 10", Level.Should, "the IPv4 identification of translated datagrams is rewritten where it matters (RFC 6864 section 5.3.1)"),
    ];
}
