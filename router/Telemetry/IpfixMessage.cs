using System.Buffers.Binary;
using Router.Nat;

namespace Router.Telemetry;

/// <summary>
/// One IPFIX message (RFC 7011): the template, or records of NAT events. Templates are those of RFC 8158: section 4.6.3 (BIB) for mappings, 4.6.1 (session) for sessions.
/// </summary>
internal sealed class IpfixMessage
{
    /// <summary>Fits the least MTU of IPv6 with its headers: RFC 7011 section 10.3.3 wants no fragments.</summary>
    public const int MostBytes = 1232;

    private const ushort Version = 10, TemplateSet = 2;
    private const int HeaderSize = 16, SetHeaderSize = 4;
    private const int LengthOffset = 2, ExportTimeOffset = 4, SequenceOffset = 8, DomainOffset = 12;

    // RFC 8158 table 2: sessions are NAT44 session create and delete, mappings NAT44 BIB create and delete.
    private const byte SessionCreate = 4, SessionDelete = 5, BibCreate = 8, BibDelete = 9;

    // Information elements of RFC 8158 table 1, each with its bytes.
    private static readonly (ushort Element, ushort Size)[] BibFields = [(323, 8), (230, 1), (4, 1), (8, 4), (225, 4), (7, 2), (227, 2)];
    private static readonly (ushort Element, ushort Size)[] SessionFields = [.. BibFields, (12, 4), (226, 4), (11, 2), (228, 2)];

    private readonly byte[] _bytes = new byte[MostBytes];
    private readonly JournalDetail _detail;
    private readonly (ushort Element, ushort Size)[] _fields;
    private readonly ushort _template;
    private readonly int _recordSize;
    private int _length, _dataSet;

    public IpfixMessage(JournalDetail detail, uint domain)
    {
        _detail = detail;
        (_fields, _template) = detail == JournalDetail.Sessions ? (SessionFields, (ushort)257) : (BibFields, (ushort)256);
        _recordSize = _fields.Sum(field => field.Size);
        BinaryPrimitives.WriteUInt16BigEndian(_bytes, Version);
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(DomainOffset), domain);
        Clear();
    }

    /// <summary>Data records in it.</summary>
    public int Records { get; private set; }

    /// <summary>Whether another record fits, and the padding.</summary>
    public bool HasRoom => _length + _recordSize <= MostBytes - 3;

    public void Clear() => (_length, _dataSet, Records) = (HeaderSize, 0, 0);

    /// <summary>Alone in its message.</summary>
    public void AddTemplate()
    {
        var size = SetHeaderSize + 4 + 4 * _fields.Length;
        Put((ushort)TemplateSet);
        Put((ushort)size);
        Put(_template);
        Put((ushort)_fields.Length);
        foreach (var (element, length) in _fields)
        {
            Put(element);
            Put(length);
        }
    }

    /// <summary>Where it <see cref="HasRoom"/>.</summary>
    public void Add(in MappingRecord record)
    {
        if (_dataSet == 0)
        {
            _dataSet = _length;
            Put(_template);
            Put((ushort)0);
        }

        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(_length), (ulong)((record.Time - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond));
        _length += sizeof(ulong);
        _bytes[_length++] = (_detail, record.Event) switch
        {
            (JournalDetail.Sessions, MappingEvent.Created) => SessionCreate,
            (JournalDetail.Sessions, _) => SessionDelete,
            (_, MappingEvent.Created) => BibCreate,
            _ => BibDelete,
        };
        _bytes[_length++] = record.Protocol;
        Put(record.Source);
        Put(record.TranslatedSource);
        Put(record.SourcePort);
        Put(record.TranslatedSourcePort);
        if (_detail == JournalDetail.Sessions)
        {
            Put(record.Destination);
            Put(record.TranslatedDestination);
            Put(record.DestinationPort);
            Put(record.TranslatedDestinationPort);
        }

        Records++;
    }

    /// <summary>The whole message. <paramref name="sequence"/>: data records sent before it, of this observation domain.</summary>
    public ReadOnlySpan<byte> Finish(DateTimeOffset exportTime, uint sequence)
    {
        if (_dataSet != 0)
        {
            // RFC 7011 section 3.3.1: zeros up to four bytes, fewer than a record has.
            while (_length % 4 != 0) _bytes[_length++] = 0;
            BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(_dataSet + 2), (ushort)(_length - _dataSet));
        }

        BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(LengthOffset), (ushort)_length);
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(ExportTimeOffset), (uint)exportTime.ToUnixTimeSeconds());
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(SequenceOffset), sequence);
        return _bytes.AsSpan(0, _length);
    }

    private void Put(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(_length), value);
        _length += sizeof(ushort);
    }

    private void Put(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(_length), value);
        _length += sizeof(uint);
    }
}
