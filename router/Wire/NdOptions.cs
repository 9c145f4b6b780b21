using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>One option of a Neighbor Discovery message: type, length in units of eight bytes, content. The bytes are as many as the length says, and eight at least.</summary>
internal readonly ref struct NdOption(ReadOnlySpan<byte> bytes)
{
    public const byte SourceLinkLayerAddress = 1, TargetLinkLayerAddress = 2, PrefixInformation = 3, Mtu = 5, RecursiveDnsServer = 25, DnsSearchList = 31;

    public const int Unit = 8, PrefixSize = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public byte Type => _bytes[0];

    /// <summary>Of a link-layer address option; false where it has another length than Ethernet's, or is a group's.</summary>
    public bool TryReadMac(out MacAddress mac)
    {
        mac = MacAddress.Read(_bytes[2..]);
        return _bytes.Length == Unit && mac.IsStation;
    }

    public bool TryReadMtu(out uint mtu)
    {
        mtu = BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);
        return _bytes.Length == Unit;
    }

    public bool TryReadPrefix(out NdPrefix prefix)
    {
        prefix = default;
        if (_bytes.Length != PrefixSize || _bytes[2] > 128)
            return false;
        prefix = new NdPrefix(new IpPrefix(IpAddress.ReadIpv6(_bytes[16..]), _bytes[2]), (NdPrefixFlags)_bytes[3],
            BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]), BinaryPrimitives.ReadUInt32BigEndian(_bytes[8..]));
        return true;
    }
}

[Flags]
internal enum NdPrefixFlags : byte
{
    None = 0,
    Autonomous = 0x40,
    OnLink = 0x80,
}

/// <summary>A prefix information option (RFC 4861 section 4.6.2), its lifetimes in seconds.</summary>
internal readonly record struct NdPrefix(IpPrefix Prefix, NdPrefixFlags Flags, uint ValidLifetime, uint PreferredLifetime)
{
    /// <summary>A lifetime without an end.</summary>
    public const uint Infinity = uint.MaxValue;
}

/// <summary>The options of a message, one after the other. Only what <see cref="AreValid"/> said yes to may be walked.</summary>
internal ref struct NdOptions(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public NdOption Current { get; private set; }

    public readonly NdOptions GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        int length = _rest[1] * NdOption.Unit;
        Current = new NdOption(_rest[..length]);
        _rest = _rest[length..];
        return true;
    }

    /// <summary>RFC 4861 section 6.1 and 7.1: each has a length greater than zero, and ends within the message.</summary>
    public static bool AreValid(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int length = bytes.Length < 2 ? 0 : bytes[1] * NdOption.Unit;
            if (length == 0 || length > bytes.Length)
                return false;
            bytes = bytes[length..];
        }

        return true;
    }
}
