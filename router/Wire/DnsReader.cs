using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>One resource record of a message (RFC 1035 section 4.1.3). Its data lies whole in the message.</summary>
internal readonly record struct DnsRecord(int OwnerLength, ushort Type, ushort Class, uint Ttl, int DataOffset, int DataLength);

/// <summary>Reads a DNS message (RFC 1035 section 4) from the front to the back. Nothing in it can fail but by saying so, and nothing is read twice.</summary>
internal ref struct DnsReader
{
    public const int HeaderSize = 12;

    public const ushort Internet = 1, TypeA = 1, TypeCname = 5, TypeAaaa = 28;

    private const int QuestionTailSize = 4, RecordTailSize = 10;

    private readonly ReadOnlySpan<byte> _message;
    private int _offset;

    private DnsReader(ReadOnlySpan<byte> message)
    {
        _message = message;
        _offset = HeaderSize;
    }

    /// <summary>False where the header is cut short.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> message, out DnsReader reader)
    {
        reader = new DnsReader(message);
        return message.Length >= HeaderSize;
    }

    public readonly ushort Id => Word(0);

    public readonly bool IsResponse => (_message[2] & 0x80) != 0;

    /// <summary>Zero: a standard query.</summary>
    public readonly int Opcode => _message[2] >> 3 & 0xF;

    /// <summary>Zero: no error.</summary>
    public readonly int ResponseCode => _message[3] & 0xF;

    public readonly int Questions => Word(4);

    public readonly int Answers => Word(6);

    /// <summary>Reads a question; its name into <paramref name="name"/>.</summary>
    public bool TryReadQuestion(scoped Span<byte> name, out int nameLength, out ushort type, out ushort @class)
    {
        nameLength = DnsName.Read(_message, ref _offset, name);
        type = @class = 0;
        if (nameLength == 0 || _message.Length - _offset < QuestionTailSize)
            return false;
        type = Word(_offset);
        @class = Word(_offset + 2);
        _offset += QuestionTailSize;
        return true;
    }

    /// <summary>Reads the next record; the name that owns it into <paramref name="owner"/>.</summary>
    public bool TryReadRecord(scoped Span<byte> owner, out DnsRecord record)
    {
        record = default;
        int ownerLength = DnsName.Read(_message, ref _offset, owner);
        if (ownerLength == 0 || _message.Length - _offset < RecordTailSize)
            return false;
        int length = Word(_offset + 8), data = _offset + RecordTailSize;
        if (_message.Length - data < length)
            return false;
        // RFC 2181 section 8: a TTL has 31 bits, and is taken as zero where the highest is set.
        uint ttl = BinaryPrimitives.ReadUInt32BigEndian(_message[(_offset + 4)..]);
        record = new DnsRecord(ownerLength, Word(_offset), Word(_offset + 2), ttl > int.MaxValue ? 0 : ttl, data, length);
        _offset = data + length;
        return true;
    }

    /// <summary>The name that the record's data is, of a CNAME; its length, or zero where it is none.</summary>
    public readonly int ReadTarget(in DnsRecord record, scoped Span<byte> name)
    {
        int offset = record.DataOffset;
        int length = DnsName.Read(_message[..(record.DataOffset + record.DataLength)], ref offset, name);
        return offset == record.DataOffset + record.DataLength ? length : 0;
    }

    /// <summary>The address that the record's data is, of an A or AAAA of the Internet's class. False where it is none.</summary>
    public readonly bool TryReadAddress(in DnsRecord record, out IpAddress address)
    {
        ReadOnlySpan<byte> data = _message.Slice(record.DataOffset, record.DataLength);
        address = default;
        if (record.Class != Internet)
            return false;
        switch (record.Type, data.Length)
        {
            case (TypeA, 4):
                address = IpAddress.ReadIpv4(data);
                return true;
            case (TypeAaaa, 16):
                address = new IpAddress(BinaryPrimitives.ReadUInt64BigEndian(data), BinaryPrimitives.ReadUInt64BigEndian(data[8..]));
                // The mapped form is how an IPv4 address looks in here: no AAAA may pass for one.
                return !address.IsIpv4;
            default:
                return false;
        }
    }

    private readonly ushort Word(int offset) => BinaryPrimitives.ReadUInt16BigEndian(_message[offset..]);
}
