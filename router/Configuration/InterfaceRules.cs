using System.Net.Sockets;

namespace Router.Configuration;

/// <summary>What interfaces must not share, and what an interface needs as a whole.</summary>
internal sealed class InterfaceRules(Draft draft, LayeredConfiguration layers, Problems problems)
{
    public void Check()
    {
        CheckNames();
        CheckTaps();
        CheckAddresses();
        CheckMtus();
        CheckBackends();
    }

    private void CheckNames()
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, value) in draft.Interfaces)
        {
            if (problems.HasUnder($"{path}:Name") || seen.TryAdd(value.Name, path)) continue;
            Report($"{path}:Name", $"'{value.Name}' is already the name of {seen[value.Name]}", "give each interface a name of its own");
        }
    }

    private void CheckTaps()
    {
        var seen = new Dictionary<(string?, string), string>();
        foreach (var (path, value) in draft.Interfaces)
        {
            if (problems.HasUnder($"{path}:Tap") || problems.HasUnder($"{path}:Namespace")) continue;
            if (seen.TryAdd((value.Namespace, value.Tap), value.Name)) continue;
            var where = value.Namespace is null ? "the router's own namespace" : $"namespace '{value.Namespace}'";
            Report($"{path}:Tap", $"'{value.Tap}' in {where} is already the TAP of '{seen[(value.Namespace, value.Tap)]}'", "give each interface a TAP of its own");
        }
    }

    /// <summary>RFC 4787 REQ-7: subnets that collide cannot be told apart by their addresses.</summary>
    private void CheckAddresses()
    {
        for (var i = 0; i < draft.Connected.Count; i++)
        {
            var connected = draft.Connected[i];
            foreach (var earlier in draft.Connected.Take(i))
                if (Collision(earlier, connected) is { } complaint)
                {
                    problems.Report(layers.PlaceOf(connected.Path), connected.Path, complaint);
                    break;
                }
        }
    }

    private static Complaint? Collision(ConnectedAddress earlier, ConnectedAddress later)
    {
        var sameInterface = ReferenceEquals(earlier.Interface, later.Interface);
        if (earlier.Own.Address.Equals(later.Own.Address) && (sameInterface || !later.IsLinkLocal))
            return new($"{later.Own.Address} is already an address of '{earlier.Interface.Name}'", "use each address once");
        if (sameInterface || later.IsLinkLocal || !AddressSyntax.Overlap(earlier.Prefix, later.Prefix)) return null;
        return new($"{later.Prefix} overlaps {earlier.Prefix} of '{earlier.Interface.Name}'", "give each interface a subnet of its own");
    }

    private void CheckMtus()
    {
        foreach (var (path, value) in draft.Interfaces)
        {
            var hasIpv6 = draft.Connected.Any(connected =>
                ReferenceEquals(connected.Interface, value) && connected.Own.Address.AddressFamily == AddressFamily.InterNetworkV6);
            // RFC 8200 section 5.
            if (hasIpv6 && value.Mtu < 1280 && !problems.IsSpoilt($"{path}:Mtu"))
                Report($"{path}:Mtu", $"{value.Mtu} is too small for the interface's IPv6 address", "use 1280 to 9216");
        }
    }

    /// <summary>One loop waits for all TAPs, so there is one back end.</summary>
    private void CheckBackends()
    {
        var forced = draft.Interfaces.Where(item => item.Value.Backend != BackendChoice.Auto).ToArray();
        foreach (var (path, value) in forced.Where(item => item.Value.Backend != forced[0].Value.Backend))
            Report($"{path}:Backend", $"{value.Backend} is forced here, and {forced[0].Value.Backend} by '{forced[0].Value.Name}'", "force the same back end, or leave it Auto");
    }

    private void Report(string path, string message, string mend) => problems.Report(layers.PlaceOf(path), path, new(message, mend));
}
