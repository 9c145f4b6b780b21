using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Router.Wire;

/// <summary>An IPv4 header (RFC 791). <see cref="TryParse"/> checks what RFC 1812 section 5.2.2 asks for, but for the checksum; then no accessor can fail.</summary>
internal readonly ref struct Ipv4Header
{
    public const int MinimumSize = 20;

    public const int MaximumSize = 60;

    public const byte Icmp = 1, Tcp = 6, Udp = 17;

    /// <summary>Of what the router itself sends (RFC 1700).</summary>
    public const byte DefaultTtl = 64;

    private const int VersionOffset = 0, TosOffset = 1, TotalLengthOffset = 2, IdentificationOffset = 4, FragmentOffset = 6, TtlOffset = 8, ProtocolOffset = 9,
        ChecksumOffset = 10, SourceOffset = 12, DestinationOffset = 16;

    private const byte EndOfOptions = 0, NoOperation = 1, LooseSourceRoute = 131, StrictSourceRoute = 137;

    private const int OptionHeaderSize = 2;

    private const ushort DontFragmentFlag = 0x4000, MoreFragmentsFlag = 0x2000, FragmentOffsetMask = 0x1FFF;

    private readonly Span<byte> _bytes;

    /// <summary>Takes bytes that were parsed before.</summary>
    public Ipv4Header(Span<byte> bytes) => _bytes = bytes;

    /// <summary>False where version, header length or total length do not fit each other or the bytes. Bytes behind the total length are padding.</summary>
    public static bool TryParse(Span<byte> bytes, out Ipv4Header header)
    {
        header = new Ipv4Header(bytes);
        return bytes.Length >= MinimumSize && header.IsSound(bytes.Length);
    }

    /// <summary>Whether version, header length and total length fit each other and the bytes that are there.</summary>
    public bool IsSound(int available) =>
        _bytes[VersionOffset] >> 4 == 4 && HeaderLength >= MinimumSize && TotalLength >= HeaderLength && available >= TotalLength;

    public int HeaderLength => (_bytes[VersionOffset] & 0xF) * 4;

    public byte Tos => _bytes[TosOffset];

    public ushort TotalLength => BinaryPrimitives.ReadUInt16BigEndian(_bytes[TotalLengthOffset..]);

    public ushort Identification => BinaryPrimitives.ReadUInt16BigEndian(_bytes[IdentificationOffset..]);

    public bool DontFragment => (Fragment & DontFragmentFlag) != 0;

    public bool MoreFragments => (Fragment & MoreFragmentsFlag) != 0;

    /// <summary>In units of 8 bytes.</summary>
    public int FragmentUnits => Fragment & FragmentOffsetMask;

    private ushort Fragment => BinaryPrimitives.ReadUInt16BigEndian(_bytes[FragmentOffset..]);

    public byte Ttl => _bytes[TtlOffset];

    public byte Protocol => _bytes[ProtocolOffset];

    public ushort ChecksumField
    {
        get => BinaryPrimitives.ReadUInt16BigEndian(_bytes[ChecksumOffset..]);
        set => BinaryPrimitives.WriteUInt16BigEndian(_bytes[ChecksumOffset..], value);
    }

    public IpAddress Source => IpAddress.ReadIpv4(_bytes[SourceOffset..]);

    public IpAddress Destination => IpAddress.ReadIpv4(_bytes[DestinationOffset..]);

    public bool HasOptions => HeaderLength > MinimumSize;

    /// <summary>Whether the header's sum is right.</summary>
    public bool ChecksumIsValid => Checksum.Sum(_bytes[..HeaderLength]) == 0xFFFF;

    /// <summary>The same of a header without options, where the sum is of five words. All ones are the same in either order of bytes.</summary>
    public bool ChecksumWithoutOptionsIsValid => Checksum.Fold(
        (ulong)MemoryMarshal.Read<uint>(_bytes) + MemoryMarshal.Read<uint>(_bytes[4..]) + MemoryMarshal.Read<uint>(_bytes[8..]) + MemoryMarshal.Read<uint>(_bytes[12..])
        + MemoryMarshal.Read<uint>(_bytes[16..])) == 0xFFFF;

    /// <summary>False where an option's length does not fit; the packet is source-routed where one is LSRR or SSRR (RFC 791 section 3.1).</summary>
    public bool TryReadOptions(out bool isSourceRouted)
    {
        isSourceRouted = false;
        ReadOnlySpan<byte> options = _bytes[MinimumSize..HeaderLength];
        while (!options.IsEmpty && options[0] != EndOfOptions)
        {
            if (options[0] == NoOperation)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < OptionHeaderSize || options[1] < OptionHeaderSize || options[1] > options.Length)
                return false;
            isSourceRouted |= options[0] is LooseSourceRoute or StrictSourceRoute;
            options = options[options[1]..];
        }

        return true;
    }

    /// <summary>So many hops less, and new addresses; the checksum follows.</summary>
    public void Rewrite(IpAddress source, IpAddress destination, int hops)
    {
        uint oldSource = BinaryPrimitives.ReadUInt32BigEndian(_bytes[SourceOffset..]), oldDestination = BinaryPrimitives.ReadUInt32BigEndian(_bytes[DestinationOffset..]);
        ulong difference = Checksum.Difference((ushort)(Ttl << 8), (ushort)((Ttl - hops) << 8))
            + Checksum.Difference(oldSource, source.Ipv4) + Checksum.Difference(oldDestination, destination.Ipv4);
        _bytes[TtlOffset] -= (byte)hops;
        BinaryPrimitives.WriteUInt32BigEndian(_bytes[SourceOffset..], source.Ipv4);
        BinaryPrimitives.WriteUInt32BigEndian(_bytes[DestinationOffset..], destination.Ipv4);
        ChecksumField = Checksum.Apply(ChecksumField, difference);
    }

    /// <summary>Another identification; the checksum follows.</summary>
    public void RewriteIdentification(ushort identification)
    {
        ChecksumField = Checksum.Apply(ChecksumField, Checksum.Difference(Identification, identification));
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[IdentificationOffset..], identification);
    }

    /// <summary>Computes the checksum anew.</summary>
    public void CompleteChecksum()
    {
        ChecksumField = 0;
        ChecksumField = Checksum.Finish(Checksum.Sum(_bytes[..HeaderLength]));
    }

    /// <summary>Makes this the header of one segment of a super-frame.</summary>
    public void SetSegment(ushort totalLength, ushort identification)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[TotalLengthOffset..], totalLength);
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[IdentificationOffset..], identification);
        CompleteChecksum();
    }

    /// <summary>Makes this the header of one fragment.</summary>
    public void SetFragment(ushort totalLength, int units, bool more)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[TotalLengthOffset..], totalLength);
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[FragmentOffset..], (ushort)((more ? MoreFragmentsFlag : 0) | units));
        CompleteChecksum();
    }

    /// <summary>
    /// Writes the header that the later fragments of this packet have, and returns its length: only options with the copied flag are in it (RFC 791 section
    /// 3.1). The options were read before (<see cref="TryReadOptions"/>).
    /// </summary>
    public int CopyForLaterFragments(Span<byte> header)
    {
        const byte CopiedFlag = 0x80;
        _bytes[..MinimumSize].CopyTo(header);
        int length = MinimumSize;
        ReadOnlySpan<byte> options = _bytes[MinimumSize..HeaderLength];
        while (!options.IsEmpty && options[0] != EndOfOptions)
        {
            int size = options[0] == NoOperation ? 1 : options[1];
            if ((options[0] & CopiedFlag) != 0)
            {
                options[..size].CopyTo(header[length..]);
                length += size;
            }

            options = options[size..];
        }

        while (length % 4 != 0)
            header[length++] = EndOfOptions;
        header[VersionOffset] = (byte)(0x40 | length / 4);
        return length;
    }

    /// <summary>Writes a header without options. DF is set and the identification zero: an atomic datagram (RFC 6864 section 4.1).</summary>
    public static void Write(Span<byte> bytes, ushort totalLength, byte protocol, byte ttl, byte tos, IpAddress source, IpAddress destination)
    {
        bytes[..MinimumSize].Clear();
        bytes[VersionOffset] = 0x45;
        bytes[TosOffset] = tos;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[TotalLengthOffset..], totalLength);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[FragmentOffset..], DontFragmentFlag);
        bytes[TtlOffset] = ttl;
        bytes[ProtocolOffset] = protocol;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[SourceOffset..], source.Ipv4);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[DestinationOffset..], destination.Ipv4);
        new Ipv4Header(bytes).CompleteChecksum();
    }
}
