using System.Net;
using System.Net.Sockets;

namespace Router.Configuration;

/// <summary>A next hop must be a neighbour.</summary>
internal sealed class RouteRules(Draft draft, LayeredConfiguration layers, Problems problems)
{
    public void Check()
    {
        var seen = new Dictionary<(IPNetwork, int), string>();
        var nextHops = new Dictionary<(IPNetwork, IPAddress), string>();
        foreach (var (path, route) in draft.Routes)
        {
            if (Destination(route) is { } complaint) Report($"{path}:Destination", complaint);
            else if (!nextHops.TryAdd((route.Destination, route.Via), path))
                Report($"{path}:Via", new($"{route.Via} is already a next hop to {route.Destination}, at {nextHops[(route.Destination, route.Via)]}", "keep one of the two"));
            else if (!seen.TryAdd((route.Destination, route.Priority), path))
                Report($"{path}:Destination", new($"{route.Destination} is already routed by {seen[(route.Destination, route.Priority)]}", "keep one of the two, or give the one to be used second a higher \"Priority\""));

            if (UnknownInterface(route) is { } unknown) Report($"{path}:Interface", unknown);
            else if (NextHop(route) is { } nextHop) Report($"{path}:Via", nextHop);
        }

        WarnWithoutDefault();
    }

    private Complaint? Destination(RouteConfiguration route) =>
        draft.Connected.FirstOrDefault(connected => !connected.IsLinkLocal && connected.Prefix.Equals(route.Destination)) is { } connected
            ? new($"{route.Destination} is connected to '{connected.Interface.Name}'", "take the route out")
            : null;

    private Complaint? UnknownInterface(RouteConfiguration route)
    {
        if (route.Interface is null) return null;
        var names = draft.Interfaces.Select(item => item.Value.Name).ToArray();
        if (names.Contains(route.Interface, StringComparer.Ordinal)) return null;
        var mend = Wording.Nearest(route.Interface, names) is { } near ? $"did you mean {near}?" : $"use {Wording.OneOf(names)}";
        return new($"'{route.Interface}' is not an interface", mend);
    }

    private Complaint? NextHop(RouteConfiguration route)
    {
        var via = route.Via;
        if (via.AddressFamily != route.Destination.BaseAddress.AddressFamily)
            return new($"{via} is of another family than {route.Destination}", "route each family by its own next hop");
        if (draft.OwnerOf(via) is { } own) return new($"{via} is the router's own address on '{own.Interface.Name}'", "use the neighbour's address");
        if (via.IsIPv6LinkLocal)
            return route.Interface is null ? new($"{via} is link-local: it does not say on which link", "name the link in \"Interface\"") : null;
        return Neighbour(route);
    }

    private Complaint? Neighbour(RouteConfiguration route)
    {
        var via = route.Via;
        // An address that could not be read may have been the one that connects it.
        if (draft.Interfaces.Any(item => problems.HasUnder($"{item.Path}:Addresses")) || problems.IsSpoilt("Interfaces")) return null;
        if (draft.ConnectedTo(via) is not { } connected)
            return new($"{via} is in no prefix of an interface", $"use a neighbour's address, in {Wording.OneOf(Prefixes(via.AddressFamily))}");
        if (route.Interface is not null && !string.Equals(connected.Interface.Name, route.Interface, StringComparison.Ordinal))
            return new($"{via} is on '{connected.Interface.Name}', not on '{route.Interface}'", "correct the interface, or leave it out");
        return AddressSyntax.IsNetworkOrBroadcast(connected.Prefix, via)
            ? new($"{via} is the network or broadcast address of {connected.Prefix}", "use the neighbour's address")
            : null;
    }

    private string[] Prefixes(AddressFamily family)
    {
        string[] prefixes = [.. draft.Connected
            .Where(connected => connected.Own.Address.AddressFamily == family)
            .Select(connected => $"{connected.Prefix}")];
        return prefixes.Length > 0 ? prefixes : ["a prefix that an interface has an address in"];
    }

    private void WarnWithoutDefault()
    {
        if (problems.HasUnder("Routes") || draft.Interfaces.Count == 0) return;
        foreach (var (family, name, everything) in new[] { (AddressFamily.InterNetwork, "IPv4", "0.0.0.0/0"), (AddressFamily.InterNetworkV6, "IPv6", "::/0") })
        {
            if (!draft.Connected.Any(connected => connected.Own.Address.AddressFamily == family)) continue;
            if (draft.Routes.Any(route => route.Value.Destination.PrefixLength == 0 && route.Value.Destination.BaseAddress.AddressFamily == family)) continue;
            problems.Warn(layers.PlaceOf("Routes"), "Routes", new(
                $"there is no default route for {name}: only connected prefixes and those of routes are reached",
                $"add {{ \"Destination\": \"{everything}\", \"Via\": \"...\" }}"));
        }
    }

    private void Report(string path, Complaint complaint) => problems.Report(layers.PlaceOf(path), path, complaint);
}
