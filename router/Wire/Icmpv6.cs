namespace Router.Wire;

/// <summary>What ICMPv6 (RFC 4443) says with other numbers than ICMP. The eight bytes of <see cref="IcmpMessage"/> are at the same places; the checksum covers a pseudo-header.</summary>
internal static class Icmpv6
{
    /// <summary>What the next-header field says.</summary>
    public const byte Protocol = 58;

    public const byte Unreachable = 1, PacketTooBig = 2, TimeExceeded = 3, ParameterProblem = 4, EchoRequest = 128, EchoReply = 129, Redirect = 137;

    public const byte NoRoute = 0, AdministrativelyProhibited = 1, BeyondScope = 2, AddressUnreachable = 3, PortUnreachable = 4;

    public const byte ErroneousHeader = 0, UnrecognizedNextHeader = 1, IncompleteChain = 3;

    /// <summary>Section 2.1: the high bit tells the informational messages.</summary>
    private const byte Informational = 0x80;

    /// <summary>The errors that quote the packet that they are about.</summary>
    public static bool IsKnownError(byte type) => type is >= Unreachable and <= ParameterProblem;

    /// <summary>Section 2.4 (e): no error is ever about an error, of whatever type, or about a redirect.</summary>
    public static bool IsNeverAnswered(byte type) => type < Informational || type == Redirect;
}
