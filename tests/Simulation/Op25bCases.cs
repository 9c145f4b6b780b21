namespace Simulation;

/// <summary>Which way a segment to port 25 goes, and whether the policy has a say in it.</summary>
public enum Way
{
    SubscriberToWorld,
    SubscriberToOwnServer,
    SubscriberToOtherServer,
    ExemptToWorld,
    UngroupedToWorld,
    OwnServerToWorld,
    OtherServerToWorld,
    Hairpin,
}

/// <summary>Who is who in the case table, in one family (F7).</summary>
internal sealed record MailHosts(string Client, string Home, string Fixed, string Ungrouped, string Own, string Server, string Remote, string Outside, bool IsTranslated)
{
    public static MailHosts Of(Family family) => new(
        family.Client, family.Home, family.Fixed, family.Ungrouped, family.Own, family.Server, family.Remote, family.HomeOutside, IsTranslated: !family.IsIpv6);
}

/// <summary>One row of the case table of OP25B.md: by which interfaces, from whom to whom, and what allows it in every mode (null: nothing).</summary>
internal sealed record CasePath(string Ingress, string Source, string Destination, string Egress, string Group, string? Allowed, bool IsTranslated)
{
    public static CasePath Of(Way way, MailHosts hosts) => way switch
    {
        Way.SubscriberToWorld => new("lan", hosts.Client, hosts.Remote, "wan", "dynamic", null, hosts.IsTranslated),
        Way.SubscriberToOwnServer => new("lan", hosts.Client, hosts.Own, "servers", "dynamic", "allowed_own", false),
        Way.SubscriberToOtherServer => new("lan", hosts.Client, hosts.Server, "servers", "dynamic", null, false),
        Way.ExemptToWorld => new("lan", hosts.Fixed, hosts.Remote, "wan", "fixed-ip", "allowed_exempt", hosts.IsTranslated),
        Way.UngroupedToWorld => new("lan", hosts.Ungrouped, hosts.Remote, "wan", "ungrouped", null, hosts.IsTranslated),
        Way.OwnServerToWorld => new("servers", hosts.Own, hosts.Remote, "wan", "ungrouped", "allowed_own", false),
        Way.OtherServerToWorld => new("servers", hosts.Server, hosts.Remote, "wan", "ungrouped", null, false),
        Way.Hairpin => new("lan", hosts.Client, hosts.Outside, "lan", "dynamic", null, hosts.IsTranslated),
        _ => throw new ArgumentOutOfRangeException(nameof(way)),
    };
}
