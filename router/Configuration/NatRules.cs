using System.Net;
using System.Net.Sockets;

namespace Router.Configuration;

/// <summary>Translation: whose the outside addresses are, and where port forwards and inbound rules lead.</summary>
internal sealed class NatRules(Draft draft, LayeredConfiguration layers, Problems problems)
{
    public void Check()
    {
        if (draft.Nat is { } nat)
        {
            if (!RolesAreUnknown && !draft.Interfaces.Any(item => item.Value.Role == InterfaceRole.Wan))
                Report("Nat", new("there is no Wan interface to translate at", "give one interface the role Wan, or take Nat out"));
            CheckAddresses(nat);
            CheckExemptDestinations(nat);
            CheckForwards(nat);
        }

        foreach (var (path, rule) in draft.Inbound)
        {
            if (Target(rule.To, "Firewall") is { } complaint) Report($"{path}:To", complaint);
            CheckPorts(path, rule);
        }
    }

    /// <summary>An interface whose role is spoilt may have been the one that is asked for.</summary>
    private bool RolesAreUnknown => problems.IsSpoilt("Interfaces") || draft.Interfaces.Count == 0
        || draft.Interfaces.Any(item => problems.HasUnder($"{item.Path}:Role"));

    private bool PrefixesAreUnknown => RolesAreUnknown || problems.HasUnder("Routes")
        || draft.Interfaces.Any(item => problems.HasUnder($"{item.Path}:Addresses"));

    private void CheckAddresses(NatDraft nat)
    {
        if (nat.Addresses.Count > MostAddresses)
            Report("Nat:Addresses", new($"has {nat.Addresses.Count} addresses", $"use {MostAddresses} at most"));
        var seen = new HashSet<IPAddress>();
        foreach (var (path, address) in nat.Addresses)
        {
            if (Outside(address) is { } complaint) Report(path, complaint);
            else if (!seen.Add(address)) Report(path, new($"{address} is there twice", "keep one of the two"));
        }
    }

    /// <summary>A mapping keeps its outside address in a byte.</summary>
    private const int MostAddresses = 256;

    private void CheckExemptDestinations(NatDraft nat)
    {
        foreach (var (path, prefix) in nat.ExemptDestinations)
        {
            if (prefix.BaseAddress.AddressFamily != AddressFamily.InterNetwork) Report(path, new($"{prefix} is not IPv4", "IPv6 is routed, not translated: take it out"));
            else if (nat.ExemptDestinations.First(other => other.Value.Equals(prefix)) is var first && !string.Equals(first.Path, path, StringComparison.Ordinal))
                Report(path, new($"{prefix} is there twice", "keep one of the two"));
        }
    }

    private Complaint? Outside(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetwork) return new($"{address} is not IPv4", "IPv6 is routed, not translated: take it out");
        if (!AddressSyntax.IsUnicast(address)) return new($"{address} cannot be a host's address", "use a unicast address");
        if (draft.Routes.FirstOrDefault(route => route.Value.Via.Equals(address)) is { } route)
            return new($"{address} is the next hop of {route.Path}", "use an address that is the router's own");
        if (draft.ConnectedTo(address) is not { } connected) return null;
        if (connected.IsInside && !problems.HasUnder($"{PathOf(connected.Interface)}:Role"))
            return new($"{address} is in {connected.Prefix} of '{connected.Interface.Name}', which is inside", "use an address of the Wan side");
        return AddressSyntax.IsNetworkOrBroadcast(connected.Prefix, address)
            ? new($"{address} is the network or broadcast address of {connected.Prefix}", "use one of its host addresses")
            : null;
    }

    private void CheckForwards(NatDraft nat)
    {
        var earlier = new List<Located<PortForwardConfiguration>>();
        foreach (var item in nat.PortForwards)
        {
            var (path, forward) = item;
            if (Target(forward.To.Address, "Nat") is { } complaint) Report($"{path}:To", complaint);
            if (forward.Address is { } address && !problems.HasUnder("Nat:Addresses") && !nat.Addresses.Any(own => own.Value.Equals(address)))
                Report($"{path}:Address", new($"{address} is not one of Nat:Addresses", $"use {Wording.OneOf([.. nat.Addresses.Select(own => $"{own.Value}")])}, or leave it out"));
            if (RangeComplaint(forward) is { } range) Report($"{path}:LastPort", range);
            if (earlier.Find(other => Collide(other.Value, forward)) is { } first)
                Report($"{path}:Port", new($"{forward.Protocol} port {Math.Max(forward.Port, first.Value.Port)} is already forwarded by {first.Path}", "use another port, or another \"Address\""));
            earlier.Add(item);
        }
    }

    /// <summary>A forward without an address listens on every one.</summary>
    private static bool Collide(PortForwardConfiguration a, PortForwardConfiguration b) =>
        a.Protocol == b.Protocol && a.Port <= LastOf(b) && b.Port <= LastOf(a) && (a.Address is null || b.Address is null || a.Address.Equals(b.Address));

    private static int LastOf(PortForwardConfiguration forward) => forward.LastPort ?? forward.Port;

    private static Complaint? RangeComplaint(PortForwardConfiguration forward)
    {
        if (LastOf(forward) < forward.Port) return new($"{forward.LastPort} is before the range's first port, {forward.Port}", "use a port that is not below \"Port\", or leave it out");
        return forward.To.Port + LastOf(forward) - forward.Port > IPEndPoint.MaxPort
            ? new($"the range has {LastOf(forward) - forward.Port + 1} ports, and there are fewer from {forward.To.Port} on", "use a shorter range, or a lower port in \"To\"")
            : null;
    }

    /// <summary>Where traffic from outside may be let in to: a host behind a Lan or Servers interface.</summary>
    private Complaint? Target(IPAddress to, string section)
    {
        if (draft.OwnerOf(to) is { } own) return new($"{to} is the router's own address on '{own.Interface.Name}'", "use the host's address");
        if (draft.ConnectedTo(to) is { } connected && AddressSyntax.IsNetworkOrBroadcast(connected.Prefix, to))
            return new($"{to} is the network or broadcast address of {connected.Prefix}", "use the host's address");
        if (PrefixesAreUnknown || IsInside(to)) return null;
        return new(
            $"{to} is on no inside interface",
            section is "Nat" ? "use the address of a host behind a Lan or Servers interface" : "use the address of a host behind a Lan or Servers interface; what leaves needs no rule");
    }

    /// <summary>The longest prefix decides, as it will for packets.</summary>
    private bool IsInside(IPAddress address)
    {
        if (draft.ConnectedTo(address) is { } connected) return connected.IsInside;
        var route = draft.Routes.Select(item => item.Value)
            .Where(route => route.Destination.PrefixLength > 0 && route.Destination.Contains(address))
            .MaxBy(route => route.Destination.PrefixLength);
        if (route is null) return false;
        return route.Interface is { } name
            ? draft.Interfaces.Any(item => string.Equals(item.Value.Name, name, StringComparison.Ordinal) && item.Value.Role != InterfaceRole.Wan)
            : draft.ConnectedTo(route.Via) is { IsInside: true };
    }

    private void CheckPorts(string path, InboundRuleConfiguration rule)
    {
        if (problems.HasUnder($"{path}:Ports")) return;
        for (var i = 0; i < rule.Ports.Count; i++)
            if (rule.Ports.Take(i).Contains(rule.Ports[i]))
                Report($"{path}:Ports:{i}", new($"port {rule.Ports[i]} is there twice", "keep one of the two"));
    }

    private string PathOf(InterfaceConfiguration value) => draft.Interfaces.First(item => ReferenceEquals(item.Value, value)).Path;

    private void Report(string path, Complaint complaint) => problems.Report(layers.PlaceOf(path), path, complaint);
}
