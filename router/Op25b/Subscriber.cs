using Router.Wire;

namespace Router.Op25b;

/// <summary>
/// Whom limits, attempts and alerts are counted for: an IPv4 address, or an IPv6 /64, since a host takes as many addresses of its prefix as it likes (RFC 8981).
/// </summary>
internal static class Subscriber
{
    public const int Ipv6PrefixLength = 64;

    public static IpAddress Of(in IpAddress host) => host.IsIpv4 ? host : IpPrefix.Containing(host, Ipv6PrefixLength).Address;
}
