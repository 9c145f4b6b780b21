namespace Conformance.Catalogue;

/// <summary>The requirements of the port-25 filter. Their tests are wherever they belong, and their comments cite the numbers that they are about.</summary>
internal static class Op25b
{
    internal sealed record Row(string Number, string Text);

    public static readonly Row[] Rows =
    [
        new("F1", "every TCP segment to port 25 that enters an inside interface and belongs to no allowed session is blocked: SYN, bare ACK, data, FIN, SYN+ACK, simultaneous open"),
        new("F2", "it is allowed where the destination or the source is an own mail server, or the source's group is exempt"),
        new("F3", "587 and 465 are never blocked, in any mode or with any action; the port is a constant"),
        new("F4", "mail to a server inside is untouched"),
        new("F5", "a segment from port 25 that belongs to no allowed session does not come in"),
        new("F6", "forged sources are stopped first, both ways"),
        new("F7", "the same case table for both families; TCP is found behind IPv6 extension headers, or the packet goes no further"),
        new("F8", "the inside tuple decides, before a mapping, port or quota is spent"),
        new("F9", "permission is a session's, never a mapping's"),
        new("F10", "every inside interface is guarded, a source in no group too; `check` proves the compiled policy with a table of probes"),
        new("F11", "tunnels are counted, and blocked where that is asked for; AH, ESP and IKE never are"),
        new("F12", "tiny, rewriting and overlapping IPv4 fragments are dropped"),
        new("F13", "IPv6 fragments: the whole header chain in the first one, overlaps drop the datagram, atomic ones stand alone"),
        new("F14", "later fragments follow their first one, in any order, bounded"),
        new("F15", "the sender gets what the phase's action says, at a bounded rate"),
        new("F16", "phases begin at their moment, not a second before"),
        new("F17", "what becomes of open sessions at the cut-over"),
        new("F18", "the phase in force comes from the time alone, so it survives a restart; a configuration is taken whole, at the start or by a reload between two batches; a bad one changes nothing, and a metric says so"),
        new("F19", "an attempt is a connection that was tried, not a packet"),
        new("F20", "what a flood provokes is bounded, in state and answers"),
    ];
}
