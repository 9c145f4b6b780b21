namespace Conformance.Catalogue;

internal static class Rfc4890
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 4890", "4.3.1", Level.MustNot, "errors of types 1, 2, 3/0, 4/1 and 4/2 about a session are dropped"),
        new("RFC 4890", "4.3.1 echo", Level.MustNot, "echo requests and their answers are dropped, whichever side they come from"),
        new("RFC 4890", "4.3.2", Level.ShouldNot, "errors 3/1 and 4/0 about a session are dropped"),
        new("RFC 4890", "4.3.2 mobility", Level.ShouldNot, "Mobile IPv6's messages, types 144 to 147, are dropped")
        {
            NotMet = "they belong to no session here, so that to let them through would be to let strangers in; appendix A.14 leaves the choice to the site",
        },
        new("RFC 4890", "4.3.3", Level.Must, "what is for neighbours does not cross: Neighbor Discovery, multicast listeners"),
        new("RFC 4890", "4.3.5", Level.Should, "types that nobody needs outside are dropped: node information, router renumbering, types that are not assigned"),
        new("RFC 4890", "4.4.1", Level.MustNot, "what the router itself needs is dropped: errors, echo, Neighbor Discovery"),
    ];
}
