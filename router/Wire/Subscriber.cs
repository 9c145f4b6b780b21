namespace Router.Wire;

/// <summary>
/// Whom quotas, limits, attempts and alerts are counted for: an IPv4 address, or an IPv6 prefix, since a host takes as many addresses of its prefix as it likes
/// (RFC 8981). Its length is the configuration's, <c>Sessions:PerSubscriber:Ipv6PrefixLength</c>.
/// </summary>
internal static class Subscriber
{
    public const int DefaultPrefixLength = 64;

    public static IpAddress Of(in IpAddress host, int ipv6PrefixLength) => host.IsIpv4 ? host : IpPrefix.Containing(host, ipv6PrefixLength).Address;
}
