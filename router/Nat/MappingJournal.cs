using System.Numerics;
using System.Runtime.InteropServices;
using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Nat;

/// <summary>
/// Records of mappings on their way from the forwarding thread to the one that keeps them: a ring of records of one size, one writer, one reader, no lock.
/// <para>Theory of operation. Positions only grow; a record is at its position modulo the size. The writer publishes each record when it is whole, the reader releases what it has
/// copied. Where there is no room nothing waits: the record is lost, and counted. Time is the wall clock at the beginning of the turn.</para>
/// </summary>
internal sealed class MappingJournal
{
    private readonly MappingRecord[] _records;
    private readonly JournalDetail _detail;
    private readonly QuotaNotices _quotas = new();
    private Positions _at;

    // The writer's own.
    private long _time, _knownRead, _lost;

    /// <param name="capacity">Records; made a power of two.</param>
    public MappingJournal(JournalDetail detail, int capacity) =>
        (_detail, _records) = (detail, new MappingRecord[BitOperations.RoundUpToPowerOf2((uint)capacity)]);

    public JournalDetail Detail => _detail;

    /// <summary>Records that there was no room for. Any thread may ask.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>The writer's: what time it is until the next turn.</summary>
    public void BeginTurn(long utcTicks) => _time = utcTicks;

    /// <summary>The writer's: an inside endpoint got an outside one, or lost it.</summary>
    public void Mapping(MappingEvent @event, in Mapping mapping, in IpAddress outside)
    {
        if (_detail == JournalDetail.Mappings)
            Write(RecordOf(@event, mapping, outside, _time));
    }

    /// <summary>The writer's: a session began, or ended.</summary>
    public void Session(MappingEvent @event, in Session session, in FlowKey original, in FlowKey reply)
    {
        if (TryRecord(_detail, @event, session, original, reply, _time, out MappingRecord record))
            Write(record);
    }

    /// <summary>
    /// The writer's: a session was refused. Where a limit was the reason that is told, now and then: see <see cref="QuotaNotices"/>. A subscriber of IPv6 is not: nothing of it is translated.
    /// </summary>
    /// <param name="sessions">How many there may be of all.</param>
    public void Refused(in Packet packet, DropReason reason, int sessions, SubscriberTable subscribers, long now)
    {
        bool isOpenedByHost = packet.Ingress.Role == Role.Lan;
        IpAddress host = isOpenedByHost ? packet.Source : packet.RealDestination;
        switch (reason)
        {
            case DropReason.SessionTableFull:
                Limit(MappingEvent.SessionsExceeded, host: 0, sessions, now);
                break;
            case DropReason.SessionQuotaExceeded when host.IsIpv4:
                Limit(MappingEvent.SubscriberSessionsExceeded, host.Ipv4, subscribers.MostSessions(isOpenedByHost), now);
                break;
            case DropReason.PortQuotaExceeded:
                Limit(MappingEvent.SubscriberPortsExceeded, host.Ipv4, subscribers.Quotas.Ports, now);
                break;
        }
    }

    public static MappingRecord RecordOf(MappingEvent @event, in Mapping mapping, in IpAddress outside, long time) => new()
    {
        Time = time,
        Event = @event,
        Protocol = mapping.Protocol,
        Source = mapping.InsideAddress,
        SourcePort = mapping.InsidePort,
        TranslatedSource = outside.Ipv4,
        TranslatedSourcePort = mapping.OutsidePort,
    };

    /// <summary>
    /// False where nothing is to be said of the session: nothing of it is translated, or its mapping stands for it. Without ports there is no mapping: then the session itself has the
    /// outside address.
    /// </summary>
    public static bool TryRecord(JournalDetail detail, MappingEvent @event, in Session session, in FlowKey original, in FlowKey reply, long time, out MappingRecord record)
    {
        record = default;
        bool isSaid = detail == JournalDetail.Sessions
            ? original != reply.Reversed
            : original.Source != reply.Destination && original.Protocol is not (Ipv4Header.Tcp or Ipv4Header.Udp or Ipv4Header.Icmp);
        if (session.IsIpv6 || !isSaid)
            return false;
        record = new MappingRecord
        {
            Time = time,
            Event = @event,
            Protocol = original.Protocol,
            Source = original.Source.Ipv4,
            SourcePort = original.SourcePort,
            TranslatedSource = reply.Destination.Ipv4,
            TranslatedSourcePort = reply.DestinationPort,
        };
        if (detail == JournalDetail.Mappings)
            return true;
        record.Destination = original.Destination.Ipv4;
        record.DestinationPort = original.DestinationPort;
        record.TranslatedDestination = reply.Source.Ipv4;
        record.TranslatedDestinationPort = reply.SourcePort;
        return true;
    }

    /// <summary>The reader's: copies the oldest records, and releases them. Returns how many.</summary>
    public int Take(Span<MappingRecord> into)
    {
        long read = _at.Read;
        int count = (int)Math.Min(Volatile.Read(ref _at.Written) - read, into.Length);
        for (int i = 0; i < count; i++)
            into[i] = _records[(int)(read + i) & (_records.Length - 1)];
        Volatile.Write(ref _at.Read, read + count);
        return count;
    }

    private void Limit(MappingEvent limit, uint host, int most, long now)
    {
        if (_quotas.MayTell(limit, host, now))
            Write(new MappingRecord { Time = _time, Event = limit, Source = host, Limit = (uint)most });
    }

    private void Write(in MappingRecord record)
    {
        long written = _at.Written;
        if (written - _knownRead >= _records.Length && written - (_knownRead = Volatile.Read(ref _at.Read)) >= _records.Length)
        {
            Volatile.Write(ref _lost, _lost + 1);
            return;
        }

        _records[(int)written & (_records.Length - 1)] = record;
        Volatile.Write(ref _at.Written, written + 1);
    }

    /// <summary>Each on a cache line of its own, so that the two threads do not take it from each other with every record.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Positions
    {
        [FieldOffset(0)]
        public long Written;

        [FieldOffset(128)]
        public long Read;
    }
}
