using System.Net;
using Router.Op25b;

namespace Router.Configuration;

/// <summary>Own mail servers by name: wildcards need somebody who can be believed.</summary>
internal sealed class HostRules(Draft draft, LayeredConfiguration layers, Problems problems)
{
    /// <summary>Each whole name is asked for by itself, and remembered for good.</summary>
    public const int MostHosts = 64;

    private const string Hosts = "Op25b:OwnMailServers:Hosts", Resolvers = "Op25b:OwnMailServers:TrustedResolvers";

    public void Check()
    {
        CheckHosts();
        CheckResolvers();
    }

    private void CheckHosts()
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (path, host) in draft.Hosts)
        {
            if (!seen.Add(host)) Report(path, new($"'{host}' is there twice", "keep one of the two"));
            if (HostPatterns.IsWildcard(host) && !host[2..].Contains('.', StringComparison.Ordinal))
                Warn(path, new($"'{host}' covers a whole top-level domain: whoever has a name there is an own mail server", "name the provider's own domain, as in *.seikyou.example"));
        }

        if (draft.Hosts.Count > MostHosts) Report(draft.Hosts[MostHosts].Path, new($"there are {draft.Hosts.Count} names", $"use {MostHosts} at most: a wildcard takes the place of many"));
    }

    private void CheckResolvers()
    {
        if (problems.HasUnder(Hosts) || problems.HasUnder(Resolvers)) return;
        var wildcard = draft.Hosts.FirstOrDefault(item => HostPatterns.IsWildcard(item.Value));
        if (wildcard is not null && draft.TrustedResolvers.Count == 0)
        {
            Report(wildcard.Path, new($"'{wildcard.Value}' cannot be looked up, and there is nobody to learn its addresses from", $"list the resolvers that clients ask in {Resolvers}, or the servers' addresses in Op25b:OwnMailServers:Addresses"));
            return;
        }

        if (draft.Hosts.Count == 0 && draft.TrustedResolvers.Count > 0)
            Warn(Resolvers, new("has no effect: there are no names in Op25b:OwnMailServers:Hosts", $"add the servers' names to {Hosts}, or take it out"));
        var seen = new HashSet<IPAddress>();
        foreach (var (path, address) in draft.TrustedResolvers)
        {
            if (!AddressSyntax.IsUnicast(address)) Report(path, new($"{address} cannot be a host's address", "use the resolver's address"));
            else if (address.IsIPv6LinkLocal) Report(path, new($"{address} is link-local: what it answers never crosses the router", "use the resolver's global address"));
            else if (!seen.Add(address)) Report(path, new($"{address} is there twice", "keep one of the two"));
            else if (wildcard is not null) WarnOfForgery(path, address);
        }
    }

    /// <summary>Behind Servers alone anti-spoofing knows that nobody else can have sent it.</summary>
    private void WarnOfForgery(string path, IPAddress address)
    {
        if (draft.OwnerOf(address) is not null)
            Report(path, new($"{address} is the router's own address, and the router is no resolver", "use the resolver's address"));
        else if (draft.RoleBehind(address) is var role and not InterfaceRole.Servers)
            Warn(path, new(
                role == InterfaceRole.Lan ? $"{address} is behind a Lan interface: another subscriber there can forge its answers" : $"{address} is outside: who forges its address, and works together with a subscriber, can teach any address",
                "trust a resolver behind a Servers interface, or list the servers' addresses in Op25b:OwnMailServers:Addresses"));
    }

    private void Report(string path, Complaint complaint) => problems.Report(layers.PlaceOf(path), path, complaint);

    private void Warn(string path, Complaint complaint) => problems.Warn(layers.PlaceOf(path), path, complaint);
}
