using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Nat;

/// <summary>
/// NAT44: which new sessions are translated, and into which tuple. The tuple of the answers is the whole translation: a packet leaves with its source replaced by
/// what the answers are sent to, and its destination by what they come from.
/// </summary>
internal sealed class Translator
{
    private readonly MappingTable? _mappings;
    private readonly PortForwards _forwards;

    /// <summary>Without outside addresses nothing is translated.</summary>
    public Translator(MappingTable? mappings, PortForwards forwards)
    {
        _mappings = mappings;
        _forwards = forwards;
        foreach (PortForward forward in forwards.All)
            mappings?.Reserve(forward.Protocol, forward.Address, forward.Port);
    }

    public MappingTable? Mappings => _mappings;

    /// <summary>Points the packet to the inside endpoint that a port forward stands for.</summary>
    public bool TryForward(ref Packet packet)
    {
        if (!_forwards.TryFind(packet.Protocol, packet.Destination, packet.DestinationPort, out PortForward forward))
            return false;
        packet.RealDestination = forward.To;
        packet.RealDestinationPort = forward.ToPort;
        packet.IsPortForwarded = true;
        return true;
    }

    /// <summary>
    /// The tuple that the answers to a new session will come with, and the mapping that it needs; negative: none. A drop where there can be none.
    /// </summary>
    public Verdict Plan(in Packet packet, out FlowKey reply, out int mapping)
    {
        mapping = MappingTable.None;
        IpAddress source = packet.Source;
        ushort sourcePort = packet.SourcePort;
        if (NeedsMapping(packet))
        {
            if (!packet.HasPorts)
            {
                reply = default;
                return DropReason.ProtocolNotTranslated;
            }

            mapping = _mappings!.FindOrAdd(packet.Protocol, packet.Source, packet.SourcePort);
            if (mapping == MappingTable.None)
            {
                reply = default;
                return DropReason.PortsExhausted;
            }

            source = _mappings.AddressOf(_mappings[mapping]);
            sourcePort = _mappings[mapping].OutsidePort;
        }

        // The identifier of an echo request is in its source port, that of the reply in its destination port.
        reply = new FlowKey(packet.RealDestination, packet.RealDestinationPort, source, sourcePort, packet.Protocol, zone: 0);
        return Verdict.Continue;
    }

    /// <summary>From a Lan to a Wan interface, and from a Lan to an inside host behind a port forward: the peer is to see the outside address (RFC 4787 REQ-9, hairpin).</summary>
    private bool NeedsMapping(in Packet packet) =>
        _mappings is not null && packet.Ingress.Role == Role.Lan && (packet.Egress!.Role == Role.Wan || packet.IsPortForwarded);
}
