using System.Net;

namespace Support.EndToEnd;

/// <summary>The addresses that the lab, the Vagrant machines and the tests share.</summary>
internal static class Topology
{
    public const string LanTap = "op25b-lan", ServersTap = "op25b-srv", WanTap = "op25b-wan", LanBridge = "br-lan";

    public static readonly IPAddress
        Client = IPAddress.Parse("192.168.25.10"),
        Home = IPAddress.Parse("192.168.25.20"),
        Fixed = IPAddress.Parse("192.168.25.200"),
        Mta = IPAddress.Parse("198.51.100.25"),
        External = IPAddress.Parse("203.0.113.25"),
        SecondExternal = IPAddress.Parse("203.0.113.26"),
        Upstream = IPAddress.Parse("203.0.113.1"),
        RouterLan = IPAddress.Parse("192.168.25.1"),
        RouterServers = IPAddress.Parse("198.51.100.1"),
        RouterWan = IPAddress.Parse("203.0.113.2"),

        Client6 = IPAddress.Parse("2001:db8:25:1::10"),
        Home6 = IPAddress.Parse("2001:db8:25:1::20"),
        Fixed6 = IPAddress.Parse("2001:db8:25:1::200"),
        Mta6 = IPAddress.Parse("2001:db8:25:2::25"),
        External6 = IPAddress.Parse("2001:db8:25:3::25"),
        SecondExternal6 = IPAddress.Parse("2001:db8:25:3::26"),
        Upstream6 = IPAddress.Parse("2001:db8:25:3::1"),
        RouterLan6 = IPAddress.Parse("2001:db8:25:1::1"),
        RouterServers6 = IPAddress.Parse("2001:db8:25:2::1"),
        RouterWan6 = IPAddress.Parse("2001:db8:25:3::2");

    /// <summary>The /64 of the subscribers and of the provider's servers, as text.</summary>
    public const string LanPrefix6 = "2001:db8:25:1::/64", ServersPrefix6 = "2001:db8:25:2::/64";

    public static IReadOnlyList<IPAddress> All =>
    [
        Client, Home, Fixed, Mta, External, SecondExternal, Upstream, RouterLan, RouterServers, RouterWan,
        Client6, Home6, Fixed6, Mta6, External6, SecondExternal6, Upstream6, RouterLan6, RouterServers6, RouterWan6,
    ];
}
