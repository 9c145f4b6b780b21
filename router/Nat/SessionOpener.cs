using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Nat;

/// <summary>
/// Opens sessions, and settles what they held when they end: mappings, quotas, and whom a mapping's filtering lets in. A session that comes in through a mapping
/// hangs under that one, a hairpin under the mappings of both ends, so that no outside port is given away while a session goes by it.
/// </summary>
internal sealed class SessionOpener
{
    private const byte Dccp = 33, Sctp = 132;

    private readonly SessionTable _sessions;
    private readonly Translator _translator;
    private readonly AddressFilter _filter;
    private readonly SubscriberTable _subscribers;
    private int _fromOutside;

    public SessionOpener(SessionTable sessions, Translator translator, AddressFilter filter, SubscriberTable subscribers)
    {
        _sessions = sessions;
        _translator = translator;
        _filter = filter;
        _subscribers = subscribers;
        sessions.Ended = Settle;
    }

    /// <summary>Where it is written down which mappings begin and end; null: nowhere.</summary>
    public MappingJournal? Journal { get; set; }

    /// <summary>Who else may reach a mapping's outside endpoint.</summary>
    public AddressFilter Filter => _filter;

    /// <summary>Opens the session of a packet that everything else has agreed to, under the policy's generation.</summary>
    public Verdict Open(ref Packet packet, ushort generation, long now)
    {
        Verdict verdict = ReadState(packet, out SessionState state);
        if (verdict.IsFinal || (verdict = CheckQuota(packet, out SessionTraits traits, now)).IsFinal
            || (verdict = _translator.Plan(packet, _subscribers, (uint)now, out FlowKey reply, out int mapping)).IsFinal)
            return Refused(packet, verdict, now);

        // Both are held before anything is looked up: that may end a session, and with it the mapping.
        int entry = packet.Entry == NatEntry.Mapping ? _translator.Mappings!.FindOwner(packet.Protocol, packet.Destination, packet.DestinationPort) : MappingTable.None;
        if (entry != MappingTable.None)
        {
            _translator.Mappings!.Hold(entry);
            traits |= SessionTraits.HoldsDestination;
        }

        bool isConflict = _sessions.Find(reply, (uint)now, out _) >= 0;
        if (isConflict || !_sessions.TryAdd(FlowKey.Of(packet), reply, state, (uint)now, out packet.Session))
        {
            Discard(mapping);
            Discard(entry);
            if (!isConflict)
                return Refused(packet, DropReason.SessionTableFull, now);
            return packet.HasPorts ? DropReason.SessionConflict : DropReason.ProtocolTaken;
        }

        ref Session session = ref _sessions[packet.Session];
        session.Mapping = mapping;
        session.Traits |= traits;
        session.PolicyGeneration = generation;
        SessionTracker.Begin(packet, _sessions);
        Enlist(session, entry, now);
        packet.RealSource = reply.Destination;
        packet.RealSourcePort = reply.DestinationPort;
        return Verdict.Continue;
    }

    /// <summary>
    /// Takes over a session that another router had, with its mapping and all that it counts for; no permission for port 25 comes along. False where its tuples, its mapping's outside
    /// port or a place in the table are somebody else's by now.
    /// </summary>
    public bool TryRestore(in SavedSession saved, ushort generation, uint lastSeen, long now)
    {
        uint moment = (uint)now;
        if (!_subscribers.HasRoomForTwo || _sessions.Find(saved.Original, moment, out _) >= 0 || _sessions.Find(saved.Reply, moment, out _) >= 0
            || saved.IsFromOutside && _fromOutside >= _sessions.Capacity / 2)
            return false;
        FlowKey original = saved.Original, reply = saved.Reply;
        int mapping = MappingTable.None, entry = MappingTable.None;
        bool isWhole = (!saved.HasMapping || TryHold(original.Protocol, original.Source, original.SourcePort, reply.Destination, reply.DestinationPort, moment, out mapping))
            && (!saved.HoldsDestination || TryHold(original.Protocol, reply.Source, reply.SourcePort, original.Destination, original.DestinationPort, moment, out entry));
        if (!isWhole || !_sessions.TryAdd(original, reply, saved.State, moment, out int number))
        {
            Discard(mapping);
            Discard(entry);
            return false;
        }

        ref Session session = ref _sessions[number];
        session.Mapping = mapping;
        session.Traits |= saved.Traits;
        session.PolicyGeneration = generation;
        session.LastSeen = lastSeen;
        if (session.IsTcp)
            _sessions.SequencesOf(number) = saved.Sequences;
        Enlist(session, entry, now);
        if (entry != MappingTable.None && !_translator.Mappings![entry].IsUsed)
        {
            // The session that it was made for has ended, and its host may have no other.
            _subscribers.SessionOpened(reply.Source, now);
            BeginUse(ref _translator.Mappings[entry]);
            _subscribers.SessionEnded(reply.Source);
        }

        return true;
    }

    /// <summary>How many sessions are open. Any thread may ask.</summary>
    public int OpenSessions => _sessions.Count;

    /// <summary>A record for each mapping, or translated session, that lives, as created. On the loop's thread, or when it has ended.</summary>
    public void Visit(LivingMappings living, JournalDetail detail, long utcTicks)
    {
        if (detail == JournalDetail.Mappings)
            _translator.Mappings?.Visit(living, utcTicks);
        for (int number = 0; number < _sessions.Used; number++)
        {
            ref readonly Session session = ref _sessions[number];
            if (session.State == SessionState.Free || detail == JournalDetail.Mappings && session.Mapping != MappingTable.None)
                continue;
            if (MappingJournal.TryRecord(detail, MappingEvent.Created, session, session.Key(Direction.Original), session.Key(Direction.Reply), utcTicks, out MappingRecord record))
                living.Add(record);
        }
    }

    /// <summary>Whether sessions that are opened from outside have all the places that they may.</summary>
    public bool IsFullFromOutside => _fromOutside >= _sessions.Capacity / 2;

    /// <summary>They have from now on, as in another table.</summary>
    public void AssumeFullFromOutside() => _fromOutside = _sessions.Capacity / 2;

    /// <summary>Whether a mapping's filtering lets the remote host in.</summary>
    public bool Passes(int mapping, in IpAddress remote) => _filter.Passes(mapping, remote);

    /// <summary>A mapping is there for sessions that are not, as in another table. <paramref name="guest"/>: whom its filtering lets in; null: nobody in particular. False where it cannot be.</summary>
    public bool TryAssume(in Mapping other, in IpAddress outside, IpAddress? guest, uint now)
    {
        if (!TryHold(other.Protocol, other.Inside, other.InsidePort, outside, other.OutsidePort, now, out int mapping))
            return false;
        _translator.Mappings![mapping].IsUsed = true;
        if (guest is { } remote)
            _filter.Opened(mapping, remote);
        return true;
    }

    /// <summary>Lets strangers in as another filter does, from now on. One that counts learns of every session that is open, in one go.</summary>
    public void Refilter(AddressFilter other)
    {
        _filter.Adopt(other);
        for (int number = 0; _filter.Counts && number < _sessions.Used; number++)
        {
            ref Session session = ref _sessions[number];
            if (session.State == SessionState.Free)
                continue;
            FlowKey original = session.Key(Direction.Original);
            if (session.Mapping != MappingTable.None)
                _filter.Opened(session.Mapping, original.Destination);
            if ((session.Traits & SessionTraits.HoldsDestination) != 0)
                _filter.Opened(_translator.Mappings!.FindOwner(original.Protocol, original.Destination, original.DestinationPort), session.Key(Direction.Reply).Destination);
        }
    }

    private bool TryHold(byte protocol, in IpAddress inside, ushort port, in IpAddress outside, ushort outsidePort, uint now, out int mapping)
    {
        mapping = _translator.Mappings?.Restore(protocol, inside, port, outside, outsidePort, now) ?? MappingTable.None;
        if (mapping != MappingTable.None)
            _translator.Mappings!.Hold(mapping);
        return mapping != MappingTable.None;
    }

    private static Verdict ReadState(in Packet packet, out SessionState state)
    {
        state = default;
        switch (packet.Protocol)
        {
            case Ipv4Header.Tcp:
                if (!TcpTracker.Opens(packet.TcpFlags))
                    return DropReason.TcpWithoutSession;
                state = SessionState.Opening;
                break;
            case Ipv4Header.Icmp when !packet.IsIpv6:
            case Icmpv6.Protocol when packet.IsIpv6:
                byte type = new IcmpMessage(packet.Transport).Type;
                if (type != (packet.IsIpv6 ? Icmpv6.EchoRequest : IcmpMessage.EchoRequest))
                    return type == (packet.IsIpv6 ? Icmpv6.EchoReply : IcmpMessage.EchoReply) ? DropReason.EchoReplyWithoutSession : DropReason.IcmpTypeNotForwarded;
                state = SessionState.Icmp;
                break;
            default:
                state = packet.Protocol == Ipv4Header.Udp ? SessionTracker.OpensUdp(packet)
                    : packet is { IsIpv6: true, Protocol: Sctp or Dccp } ? SessionState.Association : SessionState.Other;
                break;
        }

        return Verdict.Continue;
    }

    /// <summary>
    /// A session counts for the Lan host that opens it, else for the Lan host that it leads to. What comes from outside takes half of the table at most, whoever it is for:
    /// servers have no quota, and in IPv6 strangers need no rule to send some protocols to any address of theirs.
    /// </summary>
    private Verdict CheckQuota(in Packet packet, out SessionTraits traits, long now)
    {
        if (packet.Ingress.Role == Role.Lan)
        {
            traits = SessionTraits.CountsForSource;
            return _subscribers.Check(packet.Source, isOpenedByHost: true, now);
        }

        bool isForHost = packet.Egress!.Role == Role.Lan, isFromOutside = packet.Ingress.Role == Role.Wan;
        traits = (isForHost ? SessionTraits.CountsForDestination : SessionTraits.None) | (isFromOutside ? SessionTraits.FromOutside : SessionTraits.None);
        if (isFromOutside && _fromOutside >= _sessions.Capacity / 2)
            return DropReason.SessionTableFull;
        return isForHost ? _subscribers.Check(packet.RealDestination, isOpenedByHost: false, now) : Verdict.Continue;
    }

    /// <summary>A limit that was reached is written down, where anything is.</summary>
    private Verdict Refused(in Packet packet, Verdict verdict, long now)
    {
        Journal?.Refused(packet, verdict.Reason, packet.Ingress.Role == Role.Wan && IsFullFromOutside ? _sessions.Capacity / 2 : _sessions.Capacity, _subscribers, now);
        return verdict;
    }

    private void Discard(int mapping)
    {
        if (mapping == MappingTable.None)
            return;
        ref readonly Mapping record = ref _translator.Mappings![mapping];
        if (_translator.Mappings.Discard(mapping) && record.IsUsed)
            EndUse(record);
    }

    private void BeginUse(ref Mapping mapping)
    {
        mapping.IsUsed = true;
        _subscribers.PortTaken(mapping.Inside);
        Journal?.Mapping(MappingEvent.Created, mapping, _translator.Mappings!.AddressOf(mapping));
    }

    /// <summary>The record is free by now, and still has what it had.</summary>
    private void EndUse(in Mapping mapping)
    {
        _subscribers.PortReturned(mapping.Inside);
        Journal?.Mapping(MappingEvent.Deleted, mapping, _translator.Mappings!.AddressOf(mapping));
    }

    private void Enlist(in Session session, int entry, long now)
    {
        FlowKey original = session.Key(Direction.Original), reply = session.Key(Direction.Reply);
        if ((session.Traits & SessionTraits.FromOutside) != 0)
            _fromOutside++;
        if (HostOf(session, original, reply) is { } host)
            _subscribers.SessionOpened(host, now);
        if (session.Mapping != MappingTable.None)
        {
            ref Mapping mapping = ref _translator.Mappings![session.Mapping];
            if (!mapping.IsUsed)
                BeginUse(ref mapping);
            _filter.Opened(session.Mapping, original.Destination);
        }

        if (entry != MappingTable.None)
            _filter.Opened(entry, reply.Destination);
        Journal?.Session(MappingEvent.Created, session, original, reply);
    }

    /// <summary>A session was over when its time-out had passed, however late that was noticed.</summary>
    private void Settle(Session session)
    {
        FlowKey original = session.Key(Direction.Original), reply = session.Key(Direction.Reply);
        uint moment = _sessions.EndOf(session);
        if ((session.Traits & SessionTraits.FromOutside) != 0)
            _fromOutside--;
        if (session.Mapping != MappingTable.None)
            Release(session.Mapping, original.Destination, moment);
        if ((session.Traits & SessionTraits.HoldsDestination) != 0)
            Release(_translator.Mappings!.FindOwner(original.Protocol, original.Destination, original.DestinationPort), reply.Destination, moment);
        if (HostOf(session, original, reply) is { } host)
            _subscribers.SessionEnded(host);
        Journal?.Session(MappingEvent.Deleted, session, original, reply);
    }

    private void Release(int mapping, in IpAddress remote, uint moment)
    {
        _filter.Ended(mapping, remote);
        if (_translator.Mappings!.Release(mapping, moment))
            EndUse(_translator.Mappings[mapping]);
    }

    private static IpAddress? HostOf(in Session session, in FlowKey original, in FlowKey reply) =>
        (session.Traits & SessionTraits.CountsForSource) != 0 ? original.Source
        : (session.Traits & SessionTraits.CountsForDestination) != 0 ? reply.Source
        : null;
}
