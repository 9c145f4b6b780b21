using Router.Packets;
using Router.Routing;
using Router.Wire;
using TapDev;

namespace Router.Neighbors;

/// <summary>Told of a station that claims an address of the router's.</summary>
internal delegate void DuplicateObserver(Interface entry, IpAddress address, MacAddress claimant);

/// <summary>
/// The router's own IPv4 addresses on the wire, those of interfaces and those for translation: announced when an interface comes up, and defended
/// (RFC 5227 section 2.4 (c): a router does not give its address up, and speaks no more than once in ten seconds, so that two defenders make no storm).
/// </summary>
internal sealed class OwnAddresses
{
    private const long DefendInterval = 10_000;

    private readonly Interface[] _interfaces;
    private readonly Own[][] _own;
    private readonly int[] _announced;

    public OwnAddresses(RouteTable routes, IReadOnlyList<Interface> interfaces)
    {
        _interfaces = [.. interfaces];
        _own = [.. OfEach(routes).Select(addresses => addresses.Select(address => new Own(address)).ToArray())];
        _announced = new int[_interfaces.Length];
    }

    /// <summary>The table's own addresses are others now: those that are new are announced.</summary>
    public void Adopt(RouteTable routes)
    {
        foreach ((int number, IpAddress[] addresses) in OfEach(routes).Index())
        {
            Own[] kept = [.. _own[number].Where(own => addresses.Contains(own.Address))];
            // In their order: so many of the first have been announced.
            _announced[number] = Math.Min(_announced[number], _own[number].Take(_announced[number]).Count(kept.Contains));
            _own[number] = [.. kept, .. addresses.Where(address => !Array.Exists(kept, own => own.Address == address)).Select(address => new Own(address))];
        }
    }

    private IEnumerable<IpAddress[]> OfEach(RouteTable routes)
    {
        Route[] local = [.. routes.Destinations.Select(nextHops => nextHops[0]).Where(route => route.Kind == RouteKind.Local && route.NextHop.IsIpv4).DistinctBy(route => route.NextHop)];
        return _interfaces.Select(entry => local.Where(route => route.Interface == entry).Select(route => route.NextHop).ToArray());
    }

    /// <summary>Is told of a duplicate when the address is defended: at most once in ten seconds for each.</summary>
    public DuplicateObserver? DuplicateSeen { get; set; }

    /// <summary>Announces the addresses of interfaces that came up: neighbours that knew another station there forget it.</summary>
    public void AnnounceWhereUp()
    {
        foreach (Interface entry in _interfaces)
        {
            ref int announced = ref _announced[entry.Index];
            if (entry.Device.State != DeviceState.Up)
                announced = 0;
            else
                for (; announced < _own[entry.Index].Length && entry.Device.Output.RoomToGenerate > 0; announced++)
                    ArpExchange.Announce(entry, _own[entry.Index][announced].Address);
        }
    }

    /// <summary>Another station says that one of our addresses is its own.</summary>
    public void Defend(Interface ingress, in IpAddress address, MacAddress claimant, long now)
    {
        foreach (Own own in _own[ingress.Index])
        {
            if (own.Address != address || now < own.QuietUntil)
                continue;
            own.QuietUntil = now + DefendInterval;
            ArpExchange.Announce(ingress, address);
            DuplicateSeen?.Invoke(ingress, address, claimant);
        }
    }

    private sealed class Own(IpAddress address)
    {
        public IpAddress Address { get; } = address;

        public long QuietUntil { get; set; } = long.MinValue;
    }
}
