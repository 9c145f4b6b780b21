using System.Net;
using Router.Packets;
using Router.Routing;
using Router.Wire;
using TapDev;

namespace Tests.Packets;

/// <summary>The three interfaces of DESIGN.md section 1 and their routes, for the tests of single stages.</summary>
internal sealed class Network
{
    private readonly Interface[] _interfaces =
    [
        Make(0, "lan", Role.Lan, "192.168.25.1"), Make(1, "servers", Role.Servers, "198.51.100.1"), Make(2, "wan", Role.Wan, "203.0.113.2"),
    ];

    public Network(params (string Destination, string Via)[] routes)
    {
        Routes = new RouteTable([.. RouteTable.Connected(_interfaces), .. routes.Select(route => new Route(
            IpPrefix.From(IPNetwork.Parse(route.Destination)), RouteKind.Static, InterfaceOn(Address(route.Via)), Address(route.Via)))]);
    }

    public RouteTable Routes { get; }

    public Interface this[string name] => _interfaces.Single(entry => entry.Name == name);

    public static IpAddress Address(string text) => IpAddress.From(IPAddress.Parse(text));

    private Interface InterfaceOn(IpAddress address) =>
        _interfaces.Single(entry => entry.Addresses.Any(own => IpPrefix.Containing(own.Address, own.PrefixLength).Contains(address)));

    private static Interface Make(int index, string name, Role role, string address) =>
        new(index, name, role, new MacAddress(0x02_00_00_00_01_00 + (ulong)index), 1500, [(Address(address), 24)], new MemoryDevice(name, new MemoryDeviceOptions { Buffers = 1 }));
}
