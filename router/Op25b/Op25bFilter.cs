using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router.Op25b;

/// <summary>
/// The filter: every TCP segment to port 25 that enters an inside interface (F1, F10), and every one from port 25 that comes from outside or answers a subscriber
/// (F5), passes here unless its session was allowed under the policy of this moment. It looks at the inside tuple, before a mapping, a port or a session is spent (F8), and its permission is a
/// session's, never a mapping's (F9).
/// </summary>
internal sealed class Op25bFilter(Op25bPolicy policy, RouteTable routes)
{
    public Op25bPolicy Policy { get; } = policy;

    /// <summary>Moves on whenever an earlier permission may no longer hold.</summary>
    public ushort Generation { get; private set; } = 1;

    public int Phase { get; private set; } = Op25bPolicy.NoPhase;

    public BlockAction Action => Phase == Op25bPolicy.NoPhase ? BlockAction.Drop : Policy.Phases[Phase].Action;

    /// <summary>Enters the phase that rules at the moment. True where it is another than before.</summary>
    public bool Advance(long unixMilliseconds)
    {
        int phase = Policy.PhaseAt(unixMilliseconds);
        if (phase == Phase)
            return false;
        Phase = phase;
        Generation++;
        return true;
    }

    public Verdict Check(ref Packet packet, SessionTable sessions)
    {
        if (!packet.IsTcp)
            return Verdict.Continue;
        if (packet.Ingress.IsInside && (packet.DestinationPort == Op25bPolicy.Port || packet.RealDestinationPort == Op25bPolicy.Port))
            return CheckOutbound(ref packet, sessions);
        if (packet.SourcePort != Op25bPolicy.Port)
            return Verdict.Continue;
        if (packet.Session >= 0)
            return CheckAnswer(ref packet, sessions);
        return packet.Ingress.IsInside ? Verdict.Continue : CheckUnasked(ref packet);
    }

    private Verdict CheckOutbound(ref Packet packet, SessionTable sessions)
    {
        if (packet.Session >= 0)
        {
            // A server that answers a client whose port is 25 is asked about like one that opens: the client may have been let in while no phase ruled.
            ref readonly Session session = ref sessions[packet.Session];
            if (session.PolicyGeneration == Generation)
                return Verdict.Continue;
        }
        else if (routes.IsLocal(packet.RealDestination, packet.Ingress))
        {
            // The router itself answers like any closed port.
            return Verdict.Continue;
        }

        packet.Group = Policy.GroupOf(packet.Source);
        packet.Op25b = Policy.Decide(packet.Group, packet.Source, packet.Destination, packet.RealDestination, Phase);
        if (packet.Op25b == Op25bOutcome.Blocked)
            return DropReason.Op25bBlocked;
        Remember(packet, sessions);
        return Verdict.Continue;
    }

    private Verdict CheckAnswer(ref Packet packet, SessionTable sessions)
    {
        ref readonly Session session = ref sessions[packet.Session];
        if (session.PolicyGeneration == Generation)
            return Verdict.Continue;

        // The subscriber's own view: his end is where this packet goes, the other end is where it comes from.
        FlowKey inside = session.Rewritten(packet.Direction);
        if (packet.Ingress.IsInside && !AnswersSubscriber(packet, inside))
            return Verdict.Continue;
        packet.Group = Policy.GroupOf(inside.Destination);
        if (Policy.Decide(packet.Group, inside.Destination, inside.Source, inside.Source, Phase) == Op25bOutcome.Blocked)
            return DropReason.Op25bFromPort25;
        Remember(packet, sessions);
        return Verdict.Continue;
    }

    /// <summary>A server inside that answers the world (F4), or opens something from port 25, is not concerned.</summary>
    private bool AnswersSubscriber(in Packet packet, in FlowKey inside) =>
        packet.Direction == Direction.Reply && routes.Lookup(inside.Destination) is { Interface.IsInside: true, IsDefault: false };

    private Verdict CheckUnasked(ref Packet packet)
    {
        switch (Policy.ModeOf(Phase))
        {
            case Mode.Off:
                return Verdict.Continue;
            case Mode.Monitor:
                packet.Op25b = Op25bOutcome.Monitored;
                packet.Group = Policy.GroupOf(packet.RealDestination);
                return Verdict.Continue;
            default:
                return DropReason.Op25bFromPort25;
        }
    }

    private void Remember(in Packet packet, SessionTable sessions)
    {
        if (packet.Session >= 0)
            sessions[packet.Session].PolicyGeneration = Generation;
    }
}
