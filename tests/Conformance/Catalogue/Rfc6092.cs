namespace Conformance.Catalogue;

internal static class Rfc6092
{
    private const string Residential = "the router is no residential gateway that its owner cannot configure";

    public static readonly Requirement[] Rows =
    [
        new("RFC 6092", "REC-1", Level.MustNot, "packets with a multicast source are forwarded"),
        new("RFC 6092", "REC-2", Level.MustNot, "packets to a multicast group beyond their scope are forwarded (none is)"),
        new("RFC 6092", "REC-3", Level.MustNot, "addresses that may not be seen outside are forwarded (documentation prefixes are: laboratories use those)"),
        new("RFC 6092", "REC-4", Level.MustNot, "packets with a routing header of type 0 are forwarded"),
        new("RFC 6092", "REC-5", Level.MustNot, "outbound packets with a source that is not inside are forwarded"),
        new("RFC 6092", "REC-6", Level.MustNot, "inbound packets with an inside source are forwarded"),
        new("RFC 6092", "REC-7", Level.ShouldNot, "unique local addresses cross to or from outside"),
        new("RFC 6092", "REC-8", Level.MustNot, "DNS queries from outside are answered") { NotApplicable = "the router is no DNS server" },
        new("RFC 6092", "REC-9", Level.MustNot, "DHCPv6 from outside is answered") { NotApplicable = "the router is no DHCPv6 server" },
        new("RFC 6092", "REC-10", Level.ShouldNot, "errors 1 and 2 that quote no session's packet are forwarded"),
        new("RFC 6092", "REC-12", Level.MustNot, "a session of any other protocol ends in less than two minutes"),
        new("RFC 6092", "REC-13", Level.Should, "updating the firmware is easy") { NotApplicable = Residential },
        new("RFC 6092", "REC-14", Level.MustNot, "a UDP session between high ports ends in less than two minutes"),
        new("RFC 6092", "REC-16", Level.Must, "what goes out refreshes a UDP session"),
        new("RFC 6092", "REC-17, REC-33", Level.Recommended, "filtering depends on the endpoint not at all, or on its address only")
        {
            NotMet = "a session lets in its own answers and nobody else's: stricter than both",
        },
        new("RFC 6092", "REC-18", Level.Must, "errors 1 and 2 about a UDP session are forwarded"),
        new("RFC 6092", "REC-19", Level.MustNot, "an ICMPv6 message ends a UDP session"),
        new("RFC 6092", "REC-20", Level.Should, "UDP-Lite is treated like UDP") { NotMet = "its sessions go by addresses, not by ports" },
        new("RFC 6092", "REC-21", Level.MustNot, "the Authentication Header is prohibited, whichever side it comes from"),
        new("RFC 6092", "REC-22", Level.MustNot, "ESP is prohibited, whichever side it comes from"),
        new("RFC 6092", "REC-23", Level.Must, "errors 1 and 2 about an ESP session are forwarded"),
        new("RFC 6092", "REC-24", Level.MustNot, "IKE, UDP to port 500, is prohibited, whichever side it comes from"),
        new("RFC 6092", "REC-25", Level.Should, "ESP sessions go by the two addresses and the protocol"),
        new("RFC 6092", "REC-26", Level.MustNot, "the Host Identity Protocol is prohibited, whichever side it comes from"),
        new("RFC 6092", "REC-27", Level.MustNot, "an answer with a type 2 routing header is prohibited"),
        new("RFC 6092", "REC-28", Level.Must, "Mobility Header packets of outbound flows are forwarded, and their answers"),
        new("RFC 6092", "REC-29", Level.Must, "errors about them are forwarded"),
        new("RFC 6092", "REC-30", Level.Must, "what is encapsulated in IPv6 between the same ends is forwarded in both directions"),
        new("RFC 6092", "REC-31", Level.Must, "every valid sequence of TCP segments, a simultaneous open among them"),
        new("RFC 6092", "REC-32", Level.MustNot, "the TCP window invariant is enforced"),
        new("RFC 6092", "REC-34", Level.Must, "a SYN that nobody asked for is answered with 1/1, not before six seconds have passed"),
        new("RFC 6092", "REC-35", Level.MustNot, "an established TCP session ends in less than 2 hours 4 minutes of silence, one that opens or closes in less than 4 minutes"),
        new("RFC 6092", "REC-36", Level.Must, "errors 1 and 2 about a TCP session are forwarded"),
        new("RFC 6092", "REC-37", Level.MustNot, "an ICMPv6 message ends a TCP session"),
        new("RFC 6092", "REC-38", Level.Must, "SCTP packets of outbound flows are forwarded, and their answers"),
        new("RFC 6092", "REC-39", Level.Must, "an SCTP INIT that nobody asked for is answered with 1/1, not before six seconds have passed"),
        new("RFC 6092", "REC-40", Level.MustNot, "an SCTP session ends in less than 2 hours 4 minutes of silence"),
        new("RFC 6092", "REC-41", Level.Must, "errors 1 and 2 about an SCTP session are forwarded"),
        new("RFC 6092", "REC-42", Level.MustNot, "an ICMPv6 message ends an SCTP session"),
        new("RFC 6092", "REC-43", Level.Must, "DCCP packets of outbound flows are forwarded, and their answers"),
        new("RFC 6092", "REC-45", Level.Must, "errors 1 and 2 about a DCCP session are forwarded"),
        new("RFC 6092", "REC-46", Level.MustNot, "an ICMPv6 message ends a DCCP session"),
        new("RFC 6092", "REC-47", Level.Must, "Shim6 payload headers of outbound flows are forwarded"),
        new("RFC 6092", "REC-48", Level.Should, "an application can ask for inbound traffic by a protocol") { NotMet = "the configuration asks for it: Firewall:Inbound" },
        new("RFC 6092", "REC-49", Level.Must, "a transparent mode can be chosen, in which flows may be opened from either side"),
        new("RFC 6092", "REC-50", Level.MustNot, "the router is managed from outside by default"),
    ];
}
