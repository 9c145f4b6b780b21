using Router.Packets;
using Router.Routing;
using TapDev;

namespace Router.Neighbors;

/// <summary>Whether a static route's next hop answers ARP or Neighbor Discovery.</summary>
internal enum NextHopState : byte
{
    /// <summary>Not asked yet, or no answer yet.</summary>
    Unknown,
    Reachable,
    Unreachable,
}

/// <summary>Told that a next hop answers again or does not any more, and which one of its destination is in use now.</summary>
internal delegate void NextHopObserver(Route nextHop, NextHopState state, Route inUse);

/// <summary>
/// Failover between the next hops of one destination.
/// <para>Theory of operation. The next hops of a destination that has several are watched: the neighbour cache asks for them every three seconds, with traffic or
/// without, and gives up after three requests. The first one by priority that has not failed is in use; one that was not heard from yet counts as good, and where all
/// have failed it is the first. When another comes into use, every session looks its next hop up anew. A destination with one next hop has nothing to choose and is not watched.</para>
/// </summary>
internal sealed class NextHopMonitor(RouteTable routes, NeighborCache neighbors)
{
    private Destination[] _watched = ToWatch(routes);

    /// <summary>Is told of each change, on the loop's thread. A next hop's first answer is none.</summary>
    public NextHopObserver? Changed { get; set; }

    public NextHopState StateOf(Route route)
    {
        foreach (Destination destination in _watched)
            foreach (NextHop nextHop in destination.NextHops)
                if (ReferenceEquals(nextHop.Route, route))
                    return nextHop.State;
        return neighbors.StateOf(route.Interface, route.NextHop) switch
        {
            NeighborState.Reachable or NeighborState.Stale or NeighborState.Delay or NeighborState.Probe => NextHopState.Reachable,
            NeighborState.Failed => NextHopState.Unreachable,
            _ => NextHopState.Unknown,
        };
    }

    /// <summary>The table's routes are others now: what is known of next hops stays, and who leads nowhere any more is not watched.</summary>
    public void Rewatch()
    {
        NextHop[] before = [.. _watched.SelectMany(destination => destination.NextHops)];
        _watched = ToWatch(routes);
        foreach (NextHop old in before)
            if (old.Neighbor != NeighborCache.None)
                neighbors[old.Neighbor].IsWatched = false;
        foreach (NextHop nextHop in _watched.SelectMany(destination => destination.NextHops))
            if (Array.Find(before, old => old.Route.Interface == nextHop.Route.Interface && old.Route.NextHop == nextHop.Route.NextHop) is { Neighbor: not NeighborCache.None } known)
            {
                (nextHop.Neighbor, nextHop.State) = (known.Neighbor, known.State);
                neighbors[known.Neighbor].IsWatched = true;
            }

        foreach (Destination destination in _watched)
            Choose(destination);
        neighbors.ForgetRemembered();
    }

    /// <summary>Takes in what the neighbour cache found out.</summary>
    public void Update(long now)
    {
        foreach (Destination destination in _watched)
            Update(destination, now);
    }

    private void Update(Destination destination, long now)
    {
        bool isChanged = false;
        foreach (NextHop nextHop in destination.NextHops)
        {
            NextHopState before = nextHop.State;
            nextHop.State = Look(nextHop, now);
            nextHop.IsNews = before != nextHop.State && (before, nextHop.State) != (NextHopState.Unknown, NextHopState.Reachable);
            isChanged |= before != nextHop.State;
        }

        if (isChanged)
            Choose(destination);
    }

    private void Choose(Destination destination)
    {
        NextHop chosen = Array.Find(destination.NextHops, nextHop => nextHop.State != NextHopState.Unreachable) ?? destination.NextHops[0];
        if (routes.InUse(destination.Index) != chosen.Route)
        {
            routes.Use(destination.Index, chosen.Route);
            neighbors.ForgetRemembered();
        }

        foreach (NextHop nextHop in destination.NextHops)
            if (nextHop.IsNews)
                Changed?.Invoke(nextHop.Route, nextHop.State, chosen.Route);
    }

    private NextHopState Look(NextHop nextHop, long now)
    {
        if (nextHop.Neighbor == NeighborCache.None)
            nextHop.Neighbor = neighbors.Watch(nextHop.Route.Interface, nextHop.Route.NextHop, now);
        if (nextHop.Route.Interface.Device.State != DeviceState.Up)
            return NextHopState.Unreachable;
        return (nextHop.Neighbor == NeighborCache.None ? NeighborState.Incomplete : neighbors[nextHop.Neighbor].State) switch
        {
            NeighborState.Reachable => NextHopState.Reachable,
            NeighborState.Failed => NextHopState.Unreachable,
            // It is being asked.
            _ => nextHop.State,
        };
    }

    private static Destination[] ToWatch(RouteTable routes) => [.. routes.Destinations
        .Select((nextHops, index) => new Destination(index, [.. nextHops.Select(route => new NextHop(route))]))
        .Where(destination => destination.NextHops.Length > 1)];

    private sealed record Destination(int Index, NextHop[] NextHops);

    private sealed class NextHop(Route route)
    {
        public Route Route { get; } = route;

        public int Neighbor { get; set; } = NeighborCache.None;

        public NextHopState State { get; set; }

        public bool IsNews { get; set; }
    }
}
