using System.Buffers.Binary;
using System.Net;

namespace Router.Wire;

/// <summary>
/// An IPv4 or IPv6 address as one 128-bit value in host order. IPv4 takes its mapped form (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2), so that one type, one
/// table and one session record serve both families.
/// </summary>
internal readonly record struct IpAddress(ulong High, ulong Low)
{
    private const ulong Ipv4Mark = 0xFFFF_0000_0000;

    public static readonly IpAddress AllNodes = new(0xFF02_0000_0000_0000, 1), AllRouters = new(0xFF02_0000_0000_0000, 2);

    public static IpAddress FromIpv4(uint address) => new(0, Ipv4Mark | address);

    /// <summary>Takes the four bytes of an IPv4 header field.</summary>
    public static IpAddress ReadIpv4(ReadOnlySpan<byte> bytes) => FromIpv4(BinaryPrimitives.ReadUInt32BigEndian(bytes));

    /// <summary>Takes the sixteen bytes of an IPv6 header field.</summary>
    public static IpAddress ReadIpv6(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    public void WriteIpv6(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }

    public static IpAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return ReadIpv6(bytes);
    }

    public bool IsIpv4 => High == 0 && Low >> 32 == Ipv4Mark >> 32;

    /// <summary>The IPv4 address in host order; without meaning for IPv6.</summary>
    public uint Ipv4 => (uint)Low;

    /// <summary>ff00::/8.</summary>
    public bool IsIpv6Multicast => High >> 56 == 0xFF;

    /// <summary>fe80::/10.</summary>
    public bool IsLinkLocal => High >> 54 == 0x3FA;

    /// <summary>The group of the nodes whose addresses end like this one (RFC 4291 section 2.7.1).</summary>
    public IpAddress SolicitedNode => new(0xFF02_0000_0000_0000, 0x0000_0001_FF00_0000 | Low & 0xFF_FFFF);

    public bool IsSolicitedNode => this == SolicitedNode;

    public bool IsUnspecified => this == default || this == FromIpv4(0);

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        WriteIpv6(bytes);
        return IsIpv4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }

    public override string ToString() => ToIPAddress().ToString();
}
