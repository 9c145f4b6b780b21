namespace Conformance.Catalogue;

internal static class Rfc4443
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 4443", "2.2", Level.Must, "an error comes from a unicast address of the router: the one that the packet was sent to, if it is one"),
        new("RFC 4443", "2.4 (c)", Level.Must, "an error quotes as much as fits into 1280 bytes"),
        new("RFC 4443", "2.4 (e)", Level.MustNot, "an error is about an error, a redirect, a multicast, a link-layer multicast or a source that is no node's"),
        new("RFC 4443", "2.4 (f)", Level.Must, "errors are limited by token buckets"),
        new("RFC 4443", "3.1 code 0", Level.Should, "no route: ICMPv6 1/0"),
        new("RFC 4443", "3.1 code 1", Level.Should, "prohibited: ICMPv6 1/1"),
        new("RFC 4443", "3.1 code 2", Level.Should, "beyond the scope of the source address: ICMPv6 1/2"),
        new("RFC 4443", "3.1 code 3", Level.Should, "the next hop does not answer: ICMPv6 1/3"),
        new("RFC 4443", "3.1 code 4", Level.Should, "a port of the router that nobody listens at: ICMPv6 1/4"),
        new("RFC 4443", "3.2", Level.Must, "what is larger than the next link's MTU: ICMPv6 2/0 with that MTU"),
        new("RFC 4443", "3.3", Level.Must, "the hop limit runs out: ICMPv6 3/0"),
        new("RFC 4443", "3.4", Level.Must, "a next header that the router does not know, in a packet for itself: ICMPv6 4/1, which points to it"),
        new("RFC 4443", "4.2", Level.Must, "an echo request for the router is answered from the address that it was sent to"),
    ];
}
