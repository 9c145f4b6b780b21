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
        RouterWan = IPAddress.Parse("203.0.113.2");

    public static IReadOnlyList<IPAddress> All => [Client, Home, Fixed, Mta, External, SecondExternal, Upstream, RouterLan, RouterServers, RouterWan];
}
