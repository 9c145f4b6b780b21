using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>An ICMP message (RFC 792). Eight bytes come first in every type that the router knows.</summary>
internal readonly ref struct IcmpMessage
{
    public const int HeaderSize = 8;

    public const byte EchoReply = 0, Unreachable = 3, SourceQuench = 4, Redirect = 5, EchoRequest = 8, TimeExceeded = 11, ParameterProblem = 12;

    public const byte NetUnreachable = 0, HostUnreachable = 1, ProtocolUnreachable = 2, PortUnreachable = 3, FragmentationNeeded = 4, AdministrativelyProhibited = 13;

    public const int ChecksumOffset = 2;

    private const int TypeOffset = 0, CodeOffset = 1, IdentifierOffset = 4, FieldOffset = 4;

    private readonly Span<byte> _bytes;

    public IcmpMessage(Span<byte> bytes) => _bytes = bytes;

    public static bool TryParse(Span<byte> bytes, out IcmpMessage message)
    {
        message = new IcmpMessage(bytes);
        return bytes.Length >= HeaderSize;
    }

    public byte Type
    {
        get => _bytes[TypeOffset];
        set => _bytes[TypeOffset] = value;
    }

    public byte Code => _bytes[CodeOffset];

    /// <summary>Of echo request and reply.</summary>
    public ushort Identifier
    {
        get => BinaryPrimitives.ReadUInt16BigEndian(_bytes[IdentifierOffset..]);
        set => BinaryPrimitives.WriteUInt16BigEndian(_bytes[IdentifierOffset..], value);
    }

    /// <summary>Whether it quotes the datagram that it is about.</summary>
    public bool IsError => Type is Unreachable or TimeExceeded or ParameterProblem;

    /// <summary>RFC 1122 section 3.2.2 counts source quench and redirect among the errors too: no error is ever about one.</summary>
    public bool IsNeverAnswered => IsError || Type is SourceQuench or Redirect;

    public bool IsEcho => Type is EchoRequest or EchoReply;

    public ushort ChecksumField
    {
        get => BinaryPrimitives.ReadUInt16BigEndian(_bytes[ChecksumOffset..]);
        set => BinaryPrimitives.WriteUInt16BigEndian(_bytes[ChecksumOffset..], value);
    }

    public bool ChecksumIsValid => Checksum.Sum(_bytes) == 0xFFFF;

    public void CompleteChecksum()
    {
        ChecksumField = 0;
        ChecksumField = Checksum.Finish(Checksum.Sum(_bytes));
    }

    /// <summary>Writes the eight bytes of an error; the quote follows, then the checksum. The field is the next hop's MTU, or of ICMPv6 a pointer; else it is zero.</summary>
    public static void WriteError(Span<byte> bytes, byte type, byte code, uint field)
    {
        bytes[..HeaderSize].Clear();
        bytes[TypeOffset] = type;
        bytes[CodeOffset] = code;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[FieldOffset..], field);
    }
}
