using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>Why a chain of extension headers is not followed to its end, or leads somewhere it should not.</summary>
internal enum ChainFault : byte
{
    None,

    /// <summary>The packet ends inside the chain.</summary>
    Truncated,

    /// <summary>More headers than <see cref="Ipv6Chain.MostHeaders"/>.</summary>
    TooLong,

    /// <summary>A next-header number that nobody has given a meaning to: an extension header or a protocol.</summary>
    Unknown,

    /// <summary>Hop-by-hop options behind another header (RFC 8200 section 4.1), or a second fragment header.</summary>
    Misplaced,

    /// <summary>A routing header of type 0 (RFC 5095).</summary>
    DeprecatedRouting,

    /// <summary>A routing header that would lead on past the destination.</summary>
    SourceRouted,
}

/// <summary>
/// The extension headers of a packet (RFC 8200 section 4), walked with a bound to the upper-layer header. Offsets count from the IPv6 header. Of the options
/// nothing is read: RFC 8200 section 4.3 leaves hop-by-hop options to nodes that are told to look at them.
/// </summary>
internal struct Ipv6Chain
{
    /// <summary>OP25B.md F7.</summary>
    public const int MostHeaders = 8;

    public const byte HopByHop = 0, Routing = 43, FragmentHeader = 44, Authentication = 51, NoNextHeader = 59, DestinationOptions = 60, Mobility = 135, HostIdentity = 139, Shim6 = 140;

    /// <summary>The last number that stands for a protocol. Above there are only numbers without a meaning, and those for experiments.</summary>
    private const byte LastProtocol = 146;

    private const byte RoutingType0 = 0, MobileRouting = 2;

    private const int Unit = 8, RoutingTypeOffset = 2, SegmentsLeftOffset = 3, FragmentOffsetOffset = 2, IdentificationOffset = 4;

    /// <summary>The upper-layer protocol; of a later fragment what follows the fragment header, which may be an extension header too.</summary>
    public byte Protocol;

    public int TransportOffset;

    /// <summary>Where the part that was cut up begins; zero: there is no fragment header.</summary>
    public int FragmentStart;

    /// <summary>In units of 8 bytes.</summary>
    public ushort FragmentUnits;
    public bool MoreFragments;
    public uint Identification;

    /// <summary>It has an Authentication Header, or one of the Host Identity Protocol.</summary>
    public bool IsAuthenticated;

    /// <summary>The byte that named the protocol, or what is at fault: what a parameter problem points to.</summary>
    public int Pointer;

    public ChainFault Fault;

    /// <summary>Walks the chain behind an IPv6 header that is whole. A fault that an error may be sent about does not end the walk: whether one may depends on the protocol.</summary>
    public static Ipv6Chain Walk(ReadOnlySpan<byte> packet)
    {
        var chain = new Ipv6Chain { Protocol = packet[Ipv6Header.NextHeaderOffset], TransportOffset = Ipv6Header.Size, Pointer = Ipv6Header.NextHeaderOffset };
        int headers = 0, faultAt = 0;
        for (; IsExtension(chain.Protocol) && chain.FragmentUnits == 0; headers++)
        {
            if (headers == MostHeaders)
            {
                chain.Fault = ChainFault.TooLong;
                return chain;
            }

            ReadOnlySpan<byte> header = packet[chain.TransportOffset..];
            int length = header.Length < Unit ? int.MaxValue : LengthOf(chain.Protocol, header[1]);
            if (length > header.Length)
            {
                chain.Fault = ChainFault.Truncated;
                return chain;
            }

            if (chain.Read(header, headers) is var fault && fault != ChainFault.None && chain.Fault == ChainFault.None)
            {
                chain.Fault = fault;
                faultAt = fault == ChainFault.Misplaced ? chain.Pointer : chain.TransportOffset + RoutingTypeOffset;
            }

            chain.Pointer = chain.TransportOffset;
            chain.Protocol = header[0];
            chain.TransportOffset += length;
            if (chain.FragmentStart < 0)
                chain.FragmentStart = chain.TransportOffset;
        }

        if (chain.Fault != ChainFault.None)
            chain.Pointer = faultAt;
        else if (chain.Protocol > LastProtocol && chain.FragmentUnits == 0)
            chain.Fault = ChainFault.Unknown;
        return chain;
    }

    public static bool IsExtension(byte nextHeader) =>
        nextHeader is HopByHop or Routing or FragmentHeader or Authentication or DestinationOptions or Mobility or HostIdentity or Shim6;

    private static int LengthOf(byte type, byte length) => type switch
    {
        FragmentHeader => Unit,
        Authentication => (length + 2) * 4,
        _ => (length + 1) * Unit,
    };

    private ChainFault Read(ReadOnlySpan<byte> header, int number)
    {
        switch (Protocol)
        {
            case HopByHop when number > 0:
            case FragmentHeader when FragmentStart != 0:
                return ChainFault.Misplaced;
            case Routing when header[RoutingTypeOffset] == RoutingType0:
                return ChainFault.DeprecatedRouting;
            case Routing when header[RoutingTypeOffset] != MobileRouting && header[SegmentsLeftOffset] != 0:
                return ChainFault.SourceRouted;
            case FragmentHeader:
                ushort fragment = BinaryPrimitives.ReadUInt16BigEndian(header[FragmentOffsetOffset..]);
                FragmentUnits = (ushort)(fragment >> 3);
                MoreFragments = (fragment & 1) != 0;
                Identification = BinaryPrimitives.ReadUInt32BigEndian(header[IdentificationOffset..]);
                FragmentStart = -1;
                break;
            case Authentication or HostIdentity:
                IsAuthenticated = true;
                break;
            default:
                break;
        }

        return ChainFault.None;
    }
}
