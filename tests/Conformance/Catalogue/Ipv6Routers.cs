namespace Conformance.Catalogue;

/// <summary>What an IPv6 router says to its hosts of its own accord, and how it comes to its addresses.</summary>
internal static class Ipv6Routers
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 4861", "4.2", Level.Must, "advertisements come from the link-local address, with hop limit 255 and a right checksum"),
        new("RFC 4861", "6.1.1", Level.Must, "a router solicitation that fails a check is silently discarded"),
        new("RFC 4861", "6.1.2", Level.Must, "a router advertisement that fails a check is silently discarded"),
        new("RFC 4861", "6.2.1 default", Level.Must, "nothing is advertised unless it was configured"),
        new("RFC 4861", "6.2.1 intervals", Level.Must, "MaxRtrAdvInterval is 4 to 1800 seconds, MinRtrAdvInterval from 3 seconds to three quarters of it"),
        new("RFC 4861", "6.2.1 lifetime", Level.Must, "the router lifetime is zero, or from MaxRtrAdvInterval to 9000 seconds"),
        new("RFC 4861", "6.2.1 prefixes", Level.MustNot, "a preferred lifetime is longer than the valid one"),
        new("RFC 4861", "6.2.2 interface", Level.MustNot, "an interface that is not advertising sends advertisements"),
        new("RFC 4861", "6.2.2 group", Level.Must, "an advertising interface is in the all-routers group"),
        new("RFC 4861", "6.2.3", Level.Should, "the first advertisements and those that answer have every option"),
        new("RFC 4861", "6.2.4", Level.Should, "the first three follow each other in 16 seconds, later ones at random between the two intervals"),
        new("RFC 4861", "6.2.5", Level.Should, "a router that ends sends a last advertisement with lifetime zero"),
        new("RFC 4861", "6.2.6 delay", Level.Must, "a solicitation is answered after a random time of 0 to 500 ms"),
        new("RFC 4861", "6.2.6 rate", Level.Must, "advertisements to all nodes are three seconds apart, however many solicit; the last words of section 6.2.5 do not wait (ADR 24)"),
        new("RFC 4861", "6.2.6 interval", Level.MustNot, "unsolicited advertisements are more frequent than MinRtrAdvInterval"),
        new("RFC 4861", "6.2.6 unspecified", Level.MustNot, "a solicitation from the unspecified address changes the neighbour cache"),
        new("RFC 4861", "6.2.6 sender", Level.Must, "who solicits with a link-layer address is a neighbour, in state STALE"),
        new("RFC 4861", "6.2.7", Level.Should, "other routers' advertisements are inspected, and contradictions are logged"),
        new("RFC 4862", "section 5.3", Level.Should, "an interface that comes up has a link-local address"),
        new("RFC 4862", "section 5.4", Level.Must, "every unicast address is looked for on the link before it is assigned"),
        new("RFC 4862", "section 5.4.2", Level.Must, "the solicitation comes from the unspecified address and goes to the solicited-node group"),
        new("RFC 4862", "section 5.4.2 delay", Level.Should, "the first message on a link is delayed by up to a second at random"),
        new("RFC 4862", "section 5.4.3", Level.Must, "a solicitation for a tentative address is not answered, and one from the unspecified address makes it a duplicate"),
        new("RFC 4862", "section 5.4.4", Level.Must, "an advertisement for a tentative address makes it a duplicate"),
        new("RFC 4862", "section 5.4.5", Level.MustNot, "a duplicate address is assigned; it is logged"),
        new("RFC 8106", "section 5.1", Level.Should, "the lifetime of resolvers and search list is at least three times MaxRtrAdvInterval"),
        new("RFC 8106", "section 5.2", Level.Must, "domain names are not compressed, and padded with zeros to eight bytes"),
        new("RFC 8106", "section 5.3", Level.Must, "hosts keep resolvers and search list for their lifetime")
        {
            NotApplicable = "a host's part: the router takes nothing from other routers' advertisements",
        },
    ];
}
