using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router.Nat;

/// <summary>Which outside addresses there are, and what is done about them.</summary>
internal sealed record TranslatorParts(MappingTable Mappings, PortForwards Forwards, AddressFilter Filter, PrefixTable ExemptDestinations);

/// <summary>
/// NAT44: which new sessions are translated, and into which tuple. The tuple of the answers is the whole translation: a packet leaves with its source replaced by
/// what the answers are sent to, and its destination by what they come from. Without outside addresses nothing is translated.
/// </summary>
internal sealed class Translator
{
    // DCCP and UDP-Lite: their checksums cover the addresses, and this version does not follow them there.
    private const byte Dccp = 33, UdpLite = 136;

    private TranslatorParts? _parts;

    public Translator(TranslatorParts? parts)
    {
        if (parts is not null)
            Begin(parts);
    }

    public MappingTable? Mappings => _parts?.Mappings;

    public PortForwards? Forwards => _parts?.Forwards;

    public PrefixTable? ExemptDestinations => _parts?.ExemptDestinations;

    /// <summary>Whether new sessions are translated. Where it ceased to be so, those of before may still hang under their mappings.</summary>
    public bool IsOn => _parts is not null && _parts.Mappings.HasAddresses;

    /// <summary>Translates from now on, where there was nothing to translate by.</summary>
    public void Begin(TranslatorParts parts)
    {
        _parts = parts;
        foreach (PortForward forward in parts.Forwards.All)
            parts.Mappings.Reserve(forward.Protocol, forward.Address, forward.Port);
    }

    /// <summary>
    /// Leads strangers by other forwards, and translates to other addresses and toward other destinations, from now on; without an address, not at all. Mappings stay while their sessions do.
    /// </summary>
    public void Replace(IReadOnlyList<IpAddress> outside, PortForwards forwards, PrefixTable exemptDestinations)
    {
        if (_parts is null)
            return;
        _parts = _parts with { Forwards = forwards, ExemptDestinations = exemptDestinations };
        _parts.Mappings.FreeReserved();
        _parts.Mappings.Readdress(outside);
        foreach (PortForward forward in forwards.All)
            _parts.Mappings.Reserve(forward.Protocol, forward.Address, forward.Port);
    }

    /// <summary>Points a packet without a session to the inside endpoint that a port forward or a mapping stands for, or notes that the mapping's filtering forbids it.</summary>
    public void Enter(ref Packet packet)
    {
        if (_parts is null || packet.IsIpv6)
            return;
        if (_parts.Forwards.TryFind(packet.Protocol, packet.Destination, packet.DestinationPort, out PortForward forward))
        {
            packet.RealDestination = forward.To;
            packet.RealDestinationPort = forward.ToPort;
            packet.Entry = NatEntry.PortForward;
            return;
        }

        // An ICMP query is only ever answered, so nothing comes in through its mapping but replies.
        int number = packet.Protocol == Ipv4Header.Icmp ? MappingTable.None : _parts.Mappings.FindOwner(packet.Protocol, packet.Destination, packet.DestinationPort);
        if (number == MappingTable.None)
            return;

        // The filter is for strangers: a Lan host may open a session to another one, by whatever name (RFC 4787 REQ-9).
        if (packet.Ingress.Role != Role.Lan && !_parts.Filter.Passes(number, packet.Source))
        {
            packet.Entry = NatEntry.Filtered;
            return;
        }

        ref readonly Mapping mapping = ref _parts.Mappings[number];
        packet.RealDestination = mapping.Inside;
        packet.RealDestinationPort = mapping.InsidePort;
        packet.Entry = NatEntry.Mapping;
    }

    /// <summary>Whether a packet for the router itself is for an outside address, where strangers look for inside hosts.</summary>
    public bool IsOutside(in IpAddress address) => _parts is not null && _parts.Mappings.IsOutside(address);

    /// <summary>
    /// The tuple that the answers to a new session will come with, and the mapping that it hangs under, <see cref="MappingTable.Hold">held</see>; negative: none.
    /// A drop where there can be none.
    /// </summary>
    public Verdict Plan(in Packet packet, SubscriberTable subscribers, uint now, out FlowKey reply, out int mapping)
    {
        mapping = MappingTable.None;
        IpAddress source = packet.Source;
        ushort sourcePort = packet.SourcePort;
        Verdict verdict = Translates(packet) ? Translate(packet, subscribers, now, ref source, ref sourcePort, out mapping) : Verdict.Continue;

        // The identifier of an echo request is in its source port, that of the reply in its destination port.
        reply = new FlowKey(packet.RealDestination, packet.RealDestinationPort, source, sourcePort, packet.Protocol, zone: 0);
        return verdict;
    }

    /// <summary>
    /// Whether a session that another router had is led and translated as this one would do it: by a forward, a mapping, its whole address, or not at all. <see cref="Role"/>s are those of the
    /// interfaces that its two ends are behind.
    /// </summary>
    public bool Admits(in SavedSession session, Role from, Role to)
    {
        if (session.IsIpv6)
            return true;
        FlowKey original = session.Original, reply = session.Reply;
        bool isLed = original.Destination != reply.Source || original.DestinationPort != reply.SourcePort;
        if (isLed && (session.Traits & SessionTraits.HoldsDestination) == 0 && !Leads(original.Protocol, original.Destination, original.DestinationPort, reply.Source, reply.SourcePort))
            return false;
        if (session.HasMapping)
            return from == Role.Lan;
        if (reply.Destination != original.Source || reply.DestinationPort != original.SourcePort)
            return from == Role.Lan && (session.HasPorts ? Leads(original.Protocol, reply.Destination, reply.DestinationPort, original.Source, original.SourcePort) : IsOutside(reply.Destination));
        return !IsOn || from != Role.Lan || !isLed && (to != Role.Wan || _parts!.ExemptDestinations.Lookup(reply.Source) != PrefixTable.None);
    }

    private bool Leads(byte protocol, in IpAddress outside, ushort port, in IpAddress inside, ushort insidePort) =>
        _parts is not null && _parts.Forwards.TryFind(protocol, outside, port, out PortForward forward) && forward.To == inside && forward.ToPort == insidePort;

    /// <summary>From a Lan to a Wan interface, and from a Lan to an inside host by its outside address: the peer is to see the outside address (RFC 4787 REQ-9, hairpin).</summary>
    private bool Translates(in Packet packet) => IsOn && !packet.IsIpv6 && packet.Ingress.Role == Role.Lan
        && (packet.IsLetInByNat || packet.Egress!.Role == Role.Wan && _parts!.ExemptDestinations.Lookup(packet.RealDestination) == PrefixTable.None);

    private Verdict Translate(in Packet packet, SubscriberTable subscribers, uint now, ref IpAddress source, ref ushort sourcePort, out int mapping)
    {
        mapping = MappingTable.None;
        MappingTable mappings = _parts!.Mappings;
        IpAddress outside = mappings.AddressFor(packet.Source);
        if (!packet.HasPorts)
        {
            source = outside;
            return packet.Protocol is Dccp or UdpLite ? DropReason.ProtocolNotTranslated : Verdict.Continue;
        }

        // RFC 4787 REQ-1: an endpoint that a forward stands for is known by that name, whoever speaks first.
        if (_parts.Forwards.TryFindSource(packet.Protocol, packet.Source, packet.SourcePort, outside, out PortForward forward))
        {
            (source, sourcePort) = (forward.Address, forward.Port);
            return Verdict.Continue;
        }

        mapping = mappings.Find(packet.Protocol, packet.Source, packet.SourcePort);
        if (mapping == MappingTable.None)
        {
            if (!subscribers.MayTakePort(packet.Source))
                return DropReason.PortQuotaExceeded;
            mapping = mappings.Add(packet.Protocol, packet.Source, packet.SourcePort, now);
            if (mapping == MappingTable.None)
                return DropReason.PortsExhausted;
        }

        mappings.Hold(mapping);
        // Its own one, which may be another than a new mapping of the host would get: addresses change while mappings stay.
        (source, sourcePort) = (mappings.AddressOf(mappings[mapping]), mappings[mapping].OutsidePort);
        return Verdict.Continue;
    }
}
