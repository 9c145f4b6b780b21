namespace Conformance.Catalogue;

internal static class Rfc6888
{
    public static readonly Requirement[] Rows =
    [
        new("RFC 6888", "REQ-1", Level.Must, "RFC 4787, RFC 5382 and RFC 5508 hold")
        {
            NotApplicable = "it has no behaviour of its own: their rows are above",
        },
        new("RFC 6888", "REQ-2", Level.Must, "an inside host keeps one outside address for every protocol (paired)"),
        new("RFC 6888", "REQ-3", Level.ShouldNot, "outside addresses need to be contiguous"),
        new("RFC 6888", "REQ-4", Level.Must, "a limit on a subscriber's ports, identifiers of queries among them; configurable"),
        new("RFC 6888", "REQ-5", Level.Should, "a limit on a subscriber's sessions, and on how many it opens in a second"),
        new("RFC 6888", "REQ-6", Level.Must, "destinations exempt from translation"),
        new("RFC 6888", "REQ-7", Level.Recommended, "endpoint-independent filtering; address-dependent where nothing breaks"),
        new("RFC 6888", "REQ-8", Level.ShouldNot, "an outside port is used anew within 120 seconds, those of tracked TCP excepted; configurable. Its own host may have it back: that redirects nothing"),
        new("RFC 6888", "REQ-9", Level.Must, "subscribers control mappings (PCP)")
        {
            NotApplicable = "section 1: the document is about NATs in an ISP's network whose customers share an address and have no say in it. This one is a campus's own gateway, and its "
                + "administrator, who answers for every host behind it, forwards ports on request (`Nat:PortForwards`). PCP is absent on purpose: what strangers may reach is the administrator's to decide (ARCHITECTURE)",
        },
        new("RFC 6888", "REQ-10", Level.Should, "the standard management information (RFC 4008)")
        {
            NotMet = "managed by Prometheus metrics and `status` instead; there is no SNMP",
        },
        new("RFC 6888", "REQ-11a", Level.Must, "no room for a mapping: the packet is dropped"),
        new("RFC 6888", "REQ-11b", Level.Should, "no room for a mapping: the sender is told, with ICMP 3/1"),
        new("RFC 6888", "REQ-11c", Level.Should, "no room for a mapping: the management system is told"),
        new("RFC 6888", "REQ-11d", Level.MustNot, "a live mapping makes room for a new one"),
        new("RFC 6888", "REQ-12", Level.ShouldNot, "destinations are logged")
        {
            NotApplicable = "translations are not logged; what OP25B logs is the administrator's will",
        },
        new("RFC 6888", "REQ-13", Level.Should, "the last free port is found"),
        new("RFC 6888", "REQ-14", Level.Should, "little is logged") { NotApplicable = "translations are not logged" },
        new("RFC 6888", "REQ-15", Level.Should, "ports that are not preserved cannot be guessed"),
    ];
}
