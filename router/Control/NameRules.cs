using System.Net;
using Router.Configuration;
using Router.Op25b;
using Router.Telemetry;
using Router.Wire;

namespace Router.Control;

/// <summary>Says which entry of the configuration makes an address an own mail server's: the address itself, or a name as a running router knows it.</summary>
internal sealed class NameRules(OwnMailServersConfiguration configuration, OwnNamesSnapshot known, TimeProvider time)
{
    /// <summary>Lets empty tables know what the running router knows.</summary>
    public void TeachTo(OwnNames names)
    {
        foreach (var host in known.Addresses.GroupBy(entry => IndexOf(entry.Host)).Where(host => host.Key >= 0))
        {
            if (!HostPatterns.IsWildcard(configuration.Hosts[host.Key]))
                names.Resolved.Replace(host.Key, new() { Addresses = [.. host.Select(entry => IpAddress.From(IPAddress.Parse(entry.Address)))] });
            else
                foreach (var entry in host)
                    names.Learnt.TryLearn(IpAddress.From(IPAddress.Parse(entry.Address)), DnsName.Of(entry.Name), host.Key, LearntServers.Ceiling, now: 0);
        }
    }

    public Rule? RuleOf(IpAddress address)
    {
        var index = configuration.Addresses.Select(IpAddress.From).ToList().IndexOf(address);
        if (index >= 0) return new($"Op25b:OwnMailServers:Addresses:{index}", $"\"{address}\"");
        return NameOf(address) is { } name ? new($"Op25b:OwnMailServers:Hosts:{IndexOf(name.Host)}", $"\"{name.Host}\" ({Origin(name)})") : null;
    }

    /// <summary>The name that leads to the address; null: none does.</summary>
    public OwnNameAddress? NameOf(IpAddress address)
    {
        var text = address.ToString();
        return known.Addresses.FirstOrDefault(entry => string.Equals(entry.Address, text, StringComparison.Ordinal) && IndexOf(entry.Host) >= 0);
    }

    private string Origin(OwnNameAddress entry) => entry.SecondsLeft is { } left
        ? $"learnt: {entry.Name} is {entry.Address} until {time.GetUtcNow().AddSeconds(left):yyyy-MM-dd'T'HH:mm:ss'Z'}"
        : $"resolved: {entry.Name} is {entry.Address}, until answers say otherwise{(entry.Seen is { } seen ? $"; last confirmed {seen.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "")}";

    private int IndexOf(string host) => configuration.Hosts.ToList().FindIndex(candidate => string.Equals(candidate, host, StringComparison.OrdinalIgnoreCase));
}
