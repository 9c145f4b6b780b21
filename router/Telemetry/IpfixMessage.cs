using System.Buffers.Binary;
using Router.Nat;

namespace Router.Telemetry;

/// <summary>
/// One IPFIX message (RFC 7011): the templates, or records of NAT events. Templates are those of RFC 8158: section 4.6.3 (BIB) for mappings, 4.6.1 (session) for sessions, 4.6.7 for
/// limits that were reached.
/// </summary>
internal sealed class IpfixMessage
{
    /// <summary>Fits the least MTU of IPv6 with its headers: RFC 7011 section 10.3.3 wants no fragments.</summary>
    public const int MostBytes = 1232;

    private const ushort Version = 10, TemplateSet = 2;
    private const int HeaderSize = 16, SetHeaderSize = 4;
    private const int LengthOffset = 2, ExportTimeOffset = 4, SequenceOffset = 8, DomainOffset = 12;

    // RFC 8158 table 2: sessions are NAT44 session create and delete, mappings NAT44 BIB create and delete.
    private const byte SessionCreate = 4, SessionDelete = 5, BibCreate = 8, BibDelete = 9, QuotaExceeded = 13;

    // RFC 8158 table 3.
    private const uint MaximumSessionEntries = 1, MaximumEntriesPerUser = 3;

    // Information elements of RFC 8158 table 1, each with its bytes.
    private static readonly Template Bibs = new(256, [(323, 8), (230, 1), (4, 1), (8, 4), (225, 4), (7, 2), (227, 2)]);
    private static readonly Template Sessions = new(257, [.. Bibs.Fields, (12, 4), (226, 4), (11, 2), (228, 2)]);
    private static readonly Template UserLimits = new(258, [(323, 8), (230, 1), (466, 4), (473, 4), (8, 4)]);
    private static readonly Template SessionLimits = new(259, [(323, 8), (230, 1), (466, 4), (471, 4)]);

    private readonly byte[] _bytes = new byte[MostBytes];
    private readonly JournalDetail _detail;
    private readonly Template _mappings;
    private int _length, _set;
    private ushort _setId;

    public IpfixMessage(JournalDetail detail, uint domain)
    {
        _detail = detail;
        _mappings = detail == JournalDetail.Sessions ? Sessions : Bibs;
        BinaryPrimitives.WriteUInt16BigEndian(_bytes, Version);
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(DomainOffset), domain);
        Clear();
    }

    /// <summary>Data records in it.</summary>
    public int Records { get; private set; }

    /// <summary>Whether another record of any kind fits, in a set of its own, and the padding before and after.</summary>
    public bool HasRoom => _length + 3 + SetHeaderSize + Math.Max(_mappings.RecordSize, UserLimits.RecordSize) + 3 <= MostBytes;

    public void Clear() => (_length, _setId, Records) = (HeaderSize, 0, 0);

    /// <summary>All of them, alone in their message.</summary>
    public void AddTemplates()
    {
        EnterSet(TemplateSet);
        foreach (var template in (ReadOnlySpan<Template>)[_mappings, UserLimits, SessionLimits])
        {
            Put(template.Id);
            Put((ushort)template.Fields.Length);
            foreach (var (element, length) in template.Fields)
            {
                Put(element);
                Put(length);
            }
        }
    }

    /// <summary>Where it <see cref="HasRoom"/>.</summary>
    public void Add(in MappingRecord record)
    {
        EnterSet(record.Event == MappingEvent.SessionsExceeded ? SessionLimits.Id : record.IsOfLimit ? UserLimits.Id : _mappings.Id);
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(_length), (ulong)((record.Time - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond));
        _length += sizeof(ulong);
        Records++;
        if (record.IsOfLimit)
        {
            PutLimit(record);
            return;
        }

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
    }

    /// <summary>The whole message. <paramref name="sequence"/>: data records sent before it, of this observation domain.</summary>
    public ReadOnlySpan<byte> Finish(DateTimeOffset exportTime, uint sequence)
    {
        LeaveSet();
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(LengthOffset), (ushort)_length);
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(ExportTimeOffset), (uint)exportTime.ToUnixTimeSeconds());
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(SequenceOffset), sequence);
        return _bytes.AsSpan(0, _length);
    }

    private void PutLimit(in MappingRecord record)
    {
        _bytes[_length++] = QuotaExceeded;
        Put(record.Event == MappingEvent.SessionsExceeded ? MaximumSessionEntries : MaximumEntriesPerUser);
        Put(record.Limit);
        if (record.Event != MappingEvent.SessionsExceeded) Put(record.Source);
    }

    private void EnterSet(ushort id)
    {
        if (_setId == id) return;
        LeaveSet();
        (_set, _setId) = (_length, id);
        Put(id);
        Put((ushort)0);
    }

    private void LeaveSet()
    {
        if (_setId == 0) return;
        // RFC 7011 section 3.3.1: zeros up to four bytes, fewer than a record has.
        while (_length % 4 != 0) _bytes[_length++] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(_set + 2), (ushort)(_length - _set));
        _setId = 0;
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

    private sealed record Template(ushort Id, (ushort Element, ushort Size)[] Fields)
    {
        public int RecordSize { get; } = Fields.Sum(field => field.Size);
    }
}
