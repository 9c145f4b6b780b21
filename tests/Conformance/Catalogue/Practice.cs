namespace Conformance.Catalogue;

internal static class Practice
{
    public static readonly Requirement[] Rows =
    [
        new("Practice", "VPN", Level.Expected, "ESP, GRE and others without ports: one inside host for each protocol and remote address, else a drop of its own"),
        new("Practice", "other transports", Level.Expected, "a transport whose checksum covers the addresses and that is not followed there (DCCP, UDP-Lite) is refused, not broken"),
        new("Practice", "inexact RST", Level.Must, "a RST in the window, but not at its edge, ends nothing (RFC 5961 section 9)"),
        new("Practice", "reopen", Level.Should, "a SYN reopens a closed session at once, from either side"),
        new("Practice", "MSS", Level.Expected, "the MSS of a SYN is clamped to the path, and never raised"),
        new("Practice", "next hops", Level.Expected, "several next hops by priority: a dead one fails over"),
        new("Practice", "MTU before NAT", Level.Expected, "the MTU is checked before translation, so the error is about the inside packet"),
        new("Practice", "UDP checksum 0", Level.Expected, "a UDP checksum of 0 stays 0, and a computed 0 becomes 0xFFFF"),
        new("Practice", "offloaded checksum", Level.Expected, "where the checksum is left to the offload, its seed is updated, not the sum"),
        new("Practice", "full table", Level.Expected, "a full table counts as a drop, never as a pass"),
        new("Practice", "DNS timer", Level.Expected, "an answered DNS query is soon forgotten"),
        new("Practice", "DNS flood", Level.Expected, "one host's flood of queries leaves room for others"),
        new("Practice", "unreplied inbound", Level.Expected, "an inbound packet that nobody asked for takes no outside port"),
        new("Practice", "VLAN offload", Level.Expected, "a VLAN tag does not shift an offload's offsets: tagged frames are dropped"),
        new("Practice", "GSO checksum", Level.Expected, "a super-frame with an IPv4 checksum of zero leaves with a right one"),
        new("Practice", "reloaded rule", Level.Expected, "a session does not outlive the rule that a reload removed"),
    ];
}
