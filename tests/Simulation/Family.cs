using Support;

namespace Simulation;

/// <summary>The hosts of DESIGN.md section 1 in one family, and what differs between the families: so that one case table runs for both (OP25B.md F7).</summary>
internal sealed record Family(
    bool IsIpv6, string Client, string Home, string Fixed, string Ungrouped, string Own, string Server, string Remote, string OtherRemote, string Stranger,
    IReadOnlyList<string> RouterAddresses, IReadOnlyList<string> NobodysOwn, IReadOnlyList<string> Dynamic)
{
    public static readonly Family Ipv4 = new(false, "192.168.25.10", "192.168.25.20", "192.168.25.200", "192.168.25.66", "198.51.100.25", "198.51.100.80", "203.0.113.25",
        "203.0.113.26", "192.0.2.1", ["192.168.25.1", "198.51.100.1", "203.0.113.2"], ["203.0.113.255", "255.255.255.255"], ["192.168.25.0/26", "192.168.25.128/25"]);

    public static readonly Family Ipv6 = new(true, "2001:db8:25:1::10", "2001:db8:25:1::20", "2001:db8:25:1::200", "2001:db8:25:1::66", "2001:db8:25:2::25",
        "2001:db8:25:2::80", "2001:db8:25:3::25", "2001:db8:25:3::26", "2001:db8:ffff::1", ["2001:db8:25:1::1", "2001:db8:25:2::1", "2001:db8:25:3::2"],
        ["ff02::1", "ff0e::1"], ["2001:db8:25:1::/122"]);

    /// <summary>Where the world finds the server at home: behind a port forward of the router's address, or at its own.</summary>
    public string HomeOutside => IsIpv6 ? Home : RouterAddresses[2];

    /// <summary>What the world takes a subscriber for.</summary>
    public string Seen(string subscriber) => IsIpv6 ? subscriber : RouterAddresses[2];

    /// <summary>An ICMP error of the table in its own family.</summary>
    public (byte Type, byte Code) Prohibited => IsIpv6 ? ((byte)1, (byte)1) : ((byte)3, (byte)13);

    public override string ToString() => IsIpv6 ? "IPv6" : "IPv4";
}
