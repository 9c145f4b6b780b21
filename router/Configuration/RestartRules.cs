using System.Net.Sockets;

namespace Router.Configuration;

/// <summary>
/// What a router that runs cannot change: devices, the size and the shape of tables. Each key that differs is named; with none the change may be applied.
/// </summary>
internal static class RestartRules
{
    /// <summary>Outside addresses of before and of now that a table of mappings has places for.</summary>
    private const int MostAddresses = 256;

    public static IReadOnlyList<string> KeysThatNeedRestart(RouterConfiguration before, RouterConfiguration after) =>
        [.. Interfaces(before.Interfaces, after.Interfaces), .. Others(before, after)];

    private static IEnumerable<string> Interfaces(IReadOnlyList<InterfaceConfiguration> before, IReadOnlyList<InterfaceConfiguration> after)
    {
        if (before.Count != after.Count)
        {
            yield return "Interfaces";
            yield break;
        }

        for (var i = 0; i < before.Count; i++)
            foreach (var key in Differing(before[i], after[i]))
                yield return $"Interfaces:{i}:{key}";
    }

    public static IEnumerable<string> Differing(InterfaceConfiguration before, InterfaceConfiguration after) => Different(
        ("Name", before.Name, after.Name),
        ("Role", before.Role, after.Role),
        ("Tap", before.Tap, after.Tap),
        ("Namespace", before.Namespace, after.Namespace),
        ("Bridge", before.Bridge, after.Bridge),
        ("Mtu", before.Mtu, after.Mtu),
        ("Mac", before.Mac, after.Mac),
        ("Persist", before.Persist, after.Persist),
        ("Buffers", before.Buffers, after.Buffers),
        ("Backend", before.Backend, after.Backend));

    public static IEnumerable<string> Others(RouterConfiguration before, RouterConfiguration after) => Different(
        ("BusyPollMicroseconds", before.BusyPollMicroseconds, after.BusyPollMicroseconds),
        ("Nat:Addresses", false, Addresses(before).Union(Addresses(after)).Count() > MostAddresses),
        ("Sessions:Capacity", before.Sessions.Capacity, after.Sessions.Capacity),
        ("Sessions:PerSubscriber:Ipv6PrefixLength", before.Sessions.PerSubscriber.Ipv6PrefixLength, after.Sessions.PerSubscriber.Ipv6PrefixLength),
        ("Op25b:Attempts:Hosts", before.Op25b.Attempts.Hosts, after.Op25b.Attempts.Hosts));

    /// <summary>Whether sessions of IPv6 need their room.</summary>
    public static bool HasIpv6(RouterConfiguration configuration) =>
        configuration.Interfaces.SelectMany(entry => entry.Addresses).Select(own => own.Address)
            .Concat(configuration.Routes.Select(route => route.Destination.BaseAddress)).Any(address => address.AddressFamily == AddressFamily.InterNetworkV6);

    private static IEnumerable<System.Net.IPAddress> Addresses(RouterConfiguration configuration) => configuration.Nat?.Addresses ?? [];

    private static IEnumerable<string> Different(params (string Key, object? Before, object? After)[] values) =>
        values.Where(value => !Equals(value.Before, value.After)).Select(value => value.Key);
}
