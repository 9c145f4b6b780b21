using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Router.Configuration;

/// <summary>
/// How addresses, prefixes and end points are written. Stricter than <see cref="IPAddress.Parse(string)"/>, which takes <c>10.1</c> and
/// <c>010.0.0.1</c> for addresses that nobody meant.
/// </summary>
internal static class AddressSyntax
{
    public static bool TryAddress(string text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.AsSpan().IndexOfAny('%', '[', ']') >= 0 || text.Contains('/', StringComparison.Ordinal)) return false;
        if (!IPAddress.TryParse(text, out var parsed)) return false;
        address = parsed;
        return parsed.AddressFamily == AddressFamily.InterNetwork
            ? string.Equals(parsed.ToString(), text, StringComparison.Ordinal)
            : !parsed.IsIPv4MappedToIPv6;
    }

    /// <summary>An address with a prefix length; a bare address has the whole length.</summary>
    public static bool TryPrefix(string text, out IPAddress address, out int length)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        length = 0;
        if (!TryAddress(slash < 0 ? text : text[..slash], out address)) return false;
        var bits = address.GetAddressBytes().Length * 8;
        if (slash >= 0) return TryNumber(text[(slash + 1)..], out length) && length <= bits;
        length = bits;
        return true;
    }

    /// <summary>The prefix that an address lies in: host bits cleared.</summary>
    public static IPNetwork PrefixOf(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff << (8 - kept));
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }

    /// <summary>The prefix's last address; in IPv4 its broadcast address.</summary>
    public static IPAddress LastOf(IPNetwork prefix)
    {
        var bytes = prefix.BaseAddress.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++) bytes[i] |= (byte)(0xff >> Math.Clamp(prefix.PrefixLength - (i * 8), 0, 8));
        return new IPAddress(bytes);
    }

    public static bool Overlap(IPNetwork a, IPNetwork b) => a.Contains(b.BaseAddress) || b.Contains(a.BaseAddress);

    /// <summary>The network or broadcast address of an IPv4 subnet: nobody's own. RFC 3021: a /31 has neither.</summary>
    public static bool IsNetworkOrBroadcast(IPNetwork prefix, IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && prefix.PrefixLength < 31
        && (address.Equals(prefix.BaseAddress) || address.Equals(LastOf(prefix)));

    /// <summary>May be one host's: not multicast, loopback, unspecified, reserved.</summary>
    public static bool IsUnicast(IPAddress address)
    {
        if (IPAddress.IsLoopback(address)) return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6) return !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any);
        var first = address.GetAddressBytes()[0];
        return first is > 0 and < 224;
    }

    /// <summary><c>192.0.2.1:25</c>, <c>[2001:db8::1]:25</c>. The port is 0 to 65535.</summary>
    public static bool TryEndPoint(string text, out IPEndPoint endPoint)
    {
        endPoint = new IPEndPoint(IPAddress.Any, 0);
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !TryNumber(text[(colon + 1)..], out var port) || port > IPEndPoint.MaxPort) return false;
        var host = text[..colon];
        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (!TryAddress(bracketed ? host[1..^1] : host, out var address)) return false;
        if (bracketed != (address.AddressFamily == AddressFamily.InterNetworkV6)) return false;
        endPoint = new IPEndPoint(address, port);
        return true;
    }

    /// <summary>Six pairs of hexadecimal digits with colons, a unicast address.</summary>
    public static bool TryMac(string text, out PhysicalAddress mac)
    {
        mac = PhysicalAddress.None;
        var pairs = text.Split(':');
        if (pairs.Length != 6 || !pairs.All(pair => pair.Length == 2 && pair.All(char.IsAsciiHexDigit))) return false;
        mac = new PhysicalAddress(Convert.FromHexString(string.Concat(pairs)));
        return true;
    }

    private static bool TryNumber(string text, out int number)
    {
        number = 0;
        return text.Length is > 0 and < 6 && (text.Length == 1 || text[0] != '0')
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
