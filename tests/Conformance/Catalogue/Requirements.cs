namespace Conformance.Catalogue;

/// <summary>Every requirement that NAT44 and the router of both families are held against, in the order of docs/conformance.md.</summary>
internal static class Requirements
{
    public static IReadOnlyList<Requirement> All { get; } =
        [.. Rfc4787.Rows, .. Rfc5382.Rows, .. Rfc5508.Rows, .. Rfc7857.Rows, .. Rfc6888.Rows, .. Rfc1812.Rows, .. Rfc4443.Rows, .. Rfc4861.Rows, .. Ipv6Routers.Rows,
            .. Rfc4890.Rows, .. Rfc6092.Rows, .. Rfc8200.Rows, .. Practice.Rows];

    public static string TitleOf(string document) => document switch
    {
        "RFC 4787" => "RFC 4787, NAT for unicast UDP (BCP 127)",
        "RFC 5382" => "RFC 5382, NAT for TCP (BCP 142)",
        "RFC 5508" => "RFC 5508, NAT for ICMP (BCP 148)",
        "RFC 7857" => "RFC 7857, updates to the three above",
        "RFC 6888" => "RFC 6888, carrier-grade NAT (BCP 127)",
        "RFC 1812" => "RFC 1812, IPv4 routers, and what amends it",
        "RFC 4443" => "RFC 4443, ICMPv6",
        "RFC 4861" => "RFC 4861, Neighbor Discovery, and what amends it",
        "RFC 4890" => "RFC 4890, filtering ICMPv6",
        "RFC 6092" => "RFC 6092, simple security in IPv6 gateways",
        "RFC 8200" => "RFC 8200, IPv6",
        "RFC 5722" => "RFC 5722, overlapping fragments",
        "RFC 6946" => "RFC 6946, atomic fragments",
        "RFC 7112" => "RFC 7112, oversized header chains",
        "RFC 7045" => "RFC 7045, extension headers on the way",
        "RFC 4862" => "RFC 4862, IPv6 stateless address autoconfiguration: the router's own addresses",
        "RFC 8106" => "RFC 8106, DNS in router advertisements",
        "Practice" => "Practice: what others got wrong, and what users count on",
        _ => throw new ArgumentOutOfRangeException(nameof(document), document, "It has no title."),
    };

    public static string Say(Level level) => level switch
    {
        Level.Must => "MUST",
        Level.MustNot => "MUST NOT",
        Level.Should => "SHOULD",
        Level.ShouldNot => "SHOULD NOT",
        Level.Recommended => "RECOMMENDED",
        Level.Expected => "expected",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "It has no name."),
    };
}
