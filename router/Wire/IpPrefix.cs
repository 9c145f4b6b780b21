using System.Net;

namespace Router.Wire;

/// <summary>A prefix of either family. <see cref="Length"/> counts within the family: 0 to 32, or 0 to 128.</summary>
internal readonly record struct IpPrefix(IpAddress Address, int Length)
{
    public static IpPrefix From(IPNetwork network) => new(IpAddress.From(network.BaseAddress), network.PrefixLength);

    /// <summary>The prefix of exactly one address.</summary>
    public static IpPrefix Host(IpAddress address) => new(address, address.IsIpv4 ? 32 : 128);

    /// <summary>The prefix that an interface address lives in.</summary>
    public static IpPrefix Containing(IpAddress address, int length)
    {
        int bits = address.IsIpv4 ? length + 96 : length;
        ulong high = bits >= 64 ? ulong.MaxValue : bits == 0 ? 0 : ulong.MaxValue << (64 - bits);
        ulong low = bits <= 64 ? 0 : ulong.MaxValue << (128 - bits);
        return new IpPrefix(new IpAddress(address.High & high, address.Low & low), length);
    }

    public bool Contains(IpAddress address) => address.IsIpv4 == Address.IsIpv4 && Containing(address, Length).Address == Containing(Address, Length).Address;

    /// <summary>The last address of an IPv4 prefix: its directed broadcast address (RFC 2644).</summary>
    public IpAddress Ipv4Broadcast => IpAddress.FromIpv4(Address.Ipv4 | (Length == 32 ? 0 : uint.MaxValue >> Length));

    public override string ToString() => $"{Address}/{Length}";
}
