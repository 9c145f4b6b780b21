using System.Net.Sockets;
using System.Text;

namespace Router.Configuration;

/// <summary>Judges the texts of the configuration, one method a kind. What needs a second key to judge is in the rules.</summary>
internal static class Syntax
{
    public static Complaint? Anything(string text) => null;

    public static Complaint? InterfaceName(string text)
    {
        var valid = text.Length is > 0 and <= 32 && text.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-' or '_');
        return valid ? null : new($"'{text}' is not an interface name", "use 1 to 32 of the characters a-z, 0-9, - and _");
    }

    /// <summary>A name that becomes a metric's label and stands in logs.</summary>
    public static Complaint? Label(string text)
    {
        var valid = text.Length is > 0 and <= 64 && !text.Any(char.IsControl) && string.Equals(text.Trim(), text, StringComparison.Ordinal);
        return valid ? null : new($"'{text}' is not a name", "use 1 to 64 characters, without control characters and spaces at its ends");
    }

    /// <summary>What the kernel takes as a device's name: dev_valid_name(), and no % (a TAP's name is a template there).</summary>
    public static Complaint? DeviceName(string text)
    {
        var valid = text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= 15 && text is not ("." or "..")
            && !text.Any(c => c is '/' or ':' or '%' || char.IsWhiteSpace(c) || char.IsControl(c));
        return valid ? null : new($"'{text}' is not a device name", "use 1 to 15 bytes without white space, '/', ':' and '%'");
    }

    public static Complaint? NamespaceName(string text)
    {
        var valid = text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= 255 && text is not ("." or "..")
            && !text.Any(c => c == '/' || char.IsControl(c));
        return valid ? null : new($"'{text}' is not the name of a network namespace", "use a name that 'ip netns list' shows");
    }

    /// <summary>A group of the machine's users, by its name or its number. Whether there is one is the machine's to say.</summary>
    public static Complaint? GroupName(string text)
    {
        var valid = text.Length is > 0 and <= 32 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && text[0] is not ('-' or '.');
        return valid ? null : new($"'{text}' is not the name or number of a group", "use a name that 'getent group' shows");
    }

    public static Complaint? Address(string text) =>
        AddressSyntax.TryAddress(text, out _) ? null : NotAnAddress(text);

    /// <summary>A prefix, or a single address, without host bits.</summary>
    public static Complaint? Prefix(string text)
    {
        if (!AddressSyntax.TryPrefix(text, out var address, out var length))
            return new($"'{text}' is not a prefix", "write it as 192.168.25.0/24 or 2001:db8:25:1::/64");
        var prefix = AddressSyntax.PrefixOf(address, length);
        return prefix.BaseAddress.Equals(address) ? null : new($"'{text}' has host bits set", $"use {prefix}, or {address} alone");
    }

    /// <summary>An interface's own address with its prefix length.</summary>
    public static Complaint? InterfaceAddress(string text)
    {
        if (!AddressSyntax.TryPrefix(text, out var address, out var length))
            return new($"'{text}' is not an address with its prefix length", "write it as 192.168.25.1/24 or 2001:db8:25:1::1/64");
        if (!text.Contains('/', StringComparison.Ordinal))
            return new($"'{text}' has no prefix length", $"write it as {text}/{(address.AddressFamily == AddressFamily.InterNetwork ? 24 : 64)}");
        if (length == 0) return new($"'{text}' has a prefix length of 0", "use the length of the interface's subnet");
        var prefix = AddressSyntax.PrefixOf(address, length);
        if (AddressSyntax.IsNetworkOrBroadcast(prefix, address))
            return new($"'{address}' is the {(prefix.BaseAddress.Equals(address) ? "network" : "broadcast")} address of {prefix}", "use one of its host addresses");
        // RFC 4291 section 2.6.1: the address with no host bits is every router's anycast address.
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && length < 127 && prefix.BaseAddress.Equals(address))
            return new($"'{address}' is the subnet-router anycast address of {prefix}", "use one of its host addresses");
        return AddressSyntax.IsUnicast(address) ? null : new($"'{address}' cannot be an interface's address", "use a unicast address");
    }

    /// <summary>An end point whose port may be 0: the system chooses one.</summary>
    public static Complaint? Listen(string text) => AddressSyntax.TryEndPoint(text, out _)
        ? null
        : new($"'{text}' is not an address and port", "write it as 127.0.0.1:9125 or [::1]:9125");

    public static Complaint? Collector(string text)
    {
        if (!AddressSyntax.TryEndPoint(text, out var collector)) return new($"'{text}' is not an address and port", "write it as 198.51.100.9:4739 or [2001:db8:25:2::9]:4739");
        return collector.Port == 0 ? new($"'{text}' has port 0", "use the collector's port; IPFIX's own is 4739") : null;
    }

    public static Complaint? ForwardTarget(string text)
    {
        if (!AddressSyntax.TryEndPoint(text, out var to)) return new($"'{text}' is not an address and port", "write it as 192.168.25.20:25");
        if (to.AddressFamily != AddressFamily.InterNetwork)
            return new($"'{text}' is not IPv4", "IPv6 is not translated: open it in Firewall:Inbound instead");
        return to.Port == 0 ? new($"'{text}' has port 0", "use a port from 1 to 65535") : null;
    }

    public static Complaint? Mac(string text)
    {
        if (!AddressSyntax.TryMac(text, out var mac)) return new($"'{text}' is not a MAC address", "write it as 02:00:5e:00:53:01");
        var bytes = mac.GetAddressBytes();
        if ((bytes[0] & 1) != 0) return new($"'{text}' is a multicast MAC address", "use one whose first byte is even");
        return bytes.All(b => b == 0) ? new($"'{text}' is nobody's MAC address", "leave the key out: the router derives one") : null;
    }

    /// <summary>RFC 1123 host name, or <c>*.</c> and one.</summary>
    public static Complaint? HostPattern(string text) => IsHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text)
        ? null
        : new($"'{text}' is not a host name", "write it as mail.seikyou.example or *.seikyou.example");

    public static Complaint? DomainName(string text) =>
        IsHostName(text) ? null : new($"'{text}' is not a domain name", "write it as seikyou.example, without a dot at its end");

    private static bool IsHostName(string text) => text.Length is > 0 and <= 253 && text.Split('.').All(label =>
        label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && label[0] != '-' && label[^1] != '-');

    /// <summary>sockaddr_un has 108 bytes, one of them the end.</summary>
    public static Complaint? SocketPath(string text)
    {
        if (AbsolutePath(text) is { } complaint) return complaint;
        if (text.EndsWith('/')) return new($"'{text}' is a directory", "name the socket in it, as in /run/op25b-router/control.sock");
        var bytes = Encoding.UTF8.GetByteCount(text);
        return bytes <= 107 ? null : new($"the path has {bytes} bytes", "a socket's path has 107 at most: choose a shorter one");
    }

    public static Complaint? AbsolutePath(string text) => text.StartsWith('/') && !text.Contains('\0', StringComparison.Ordinal)
        ? null
        : new($"'{text}' is not an absolute path", "begin it with /");

    private static Complaint NotAnAddress(string text) => new(
        $"'{text}' is not an address",
        text.Contains('/', StringComparison.Ordinal) ? "write the address without a prefix length" : "write it as 198.51.100.25 or 2001:db8:25:2::25");
}
