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
internal sealed class Op25bFilter(Op25bPolicy policy, RouteTable routes, KeyedHash hash, int ipv6PrefixLength = Subscriber.DefaultPrefixLength, SessionLimiter? limiter = null)
{
    private readonly SessionLimiter _limiter = limiter ?? new(hash, ipv6PrefixLength);

    public Op25bPolicy Policy { get; private set; } = policy;

    /// <summary>Whose port 25 is shut, whatever the phase. Say <see cref="Reconsider"/> when it changed.</summary>
    public Quarantine Quarantine { get; } = new(hash, ipv6PrefixLength);

    /// <summary>What it does about tunnels.</summary>
    public TunnelWatch Tunnels { get; init; } = new(policy, blocks: false);

    /// <summary>Moves on whenever an earlier permission may no longer hold.</summary>
    public ushort Generation { get; private set; } = 1;

    public int Phase { get; private set; } = Op25bPolicy.NoPhase;

    /// <summary>The name of the phase in force, <c>none</c> before the first.</summary>
    public string PhaseName => Phase == Op25bPolicy.NoPhase ? "none" : Policy.Phases[Phase].Name;

    public BlockAction Action => Phase == Op25bPolicy.NoPhase ? BlockAction.Drop : Policy.Phases[Phase].Action;

    /// <summary>Whether sessions from before the phase still go on (F17).</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Enters the phase that rules at the moment, by the time alone. True where it is another than before.</summary>
    public bool Advance(long unixMilliseconds)
    {
        int phase = Policy.PhaseAt(unixMilliseconds);
        bool isDraining = phase != Op25bPolicy.NoPhase && Policy.Phases[phase].DrainsAt(unixMilliseconds), isNew = phase != Phase;
        if (!isNew && isDraining == IsDraining)
            return false;
        Phase = phase;
        IsDraining = isDraining;
        Generation++;
        return isNew;
    }

    /// <summary>Goes by another policy at once: the phase is the one that it has for the moment, and what was permitted is asked about again.</summary>
    public void Adopt(Op25bPolicy other, bool blocksTunnels, long unixMilliseconds)
    {
        Policy = other;
        Tunnels.Adopt(other, blocksTunnels);
        Phase = other.PhaseAt(unixMilliseconds);
        IsDraining = Phase != Op25bPolicy.NoPhase && other.Phases[Phase].DrainsAt(unixMilliseconds);
        Generation++;
    }

    /// <summary>What was permitted is asked about again.</summary>
    public void Reconsider() => Generation++;

    /// <summary>Whether the phase in force lets a session live that an earlier one allowed.</summary>
    public bool MayGoOn(in Session session)
    {
        bool isBlocking = !IsDraining && Policy.ModeOf(Phase) == Mode.Block;
        if (!session.IsTcp || !isBlocking && Quarantine.Count == 0)
            return true;
        FlowKey original = session.Key(Direction.Original), reply = session.Key(Direction.Reply);
        bool isTo25 = original.DestinationPort == Op25bPolicy.Port || reply.SourcePort == Op25bPolicy.Port, isFrom25 = original.SourcePort == Op25bPolicy.Port;
        if (isTo25 && Quarantine.Contains(original.Source))
            return false;
        return !isBlocking || !(isTo25 && IsBlocked(original.Source, original.Destination, reply.Source) || isFrom25 && IsBlocked(reply.Source, original.Source, original.Source));
    }

    public Verdict Check(ref Packet packet, SessionTable sessions, long now)
    {
        if (!packet.IsTcp)
            return Tunnels.Check(packet);
        if (packet.Ingress.IsInside && (packet.DestinationPort == Op25bPolicy.Port || packet.RealDestinationPort == Op25bPolicy.Port))
            return CheckOutbound(ref packet, sessions, now);
        if (packet.SourcePort != Op25bPolicy.Port)
            return Verdict.Continue;
        if (packet.Session >= 0)
            return CheckAnswer(ref packet, sessions);
        return packet.Ingress.IsInside ? Verdict.Continue : CheckUnasked(ref packet);
    }

    private Verdict CheckOutbound(ref Packet packet, SessionTable sessions, long now)
    {
        bool isOpen = packet.Session >= 0 && !OpensAnew(packet, sessions[packet.Session]);
        if (packet.Session >= 0)
        {
            // A server that answers a client whose port is 25 is asked about like one that opens: the client may have been let in while no phase ruled.
            if (isOpen && sessions[packet.Session].PolicyGeneration == Generation)
                return Verdict.Continue;
        }
        else if (routes.IsLocal(packet.RealDestination, packet.Ingress))
        {
            // The router itself answers like any closed port.
            return Verdict.Continue;
        }

        packet.Group = Policy.GroupOf(packet.Source);
        if (Quarantine.Contains(packet.Source))
        {
            packet.Op25b = Op25bOutcome.Blocked;
            return DropReason.Op25bQuarantined;
        }

        packet.Op25b = Policy.Decide(packet.Group, packet.Source, packet.Destination, packet.RealDestination, Phase, isOpen);
        if (packet.Op25b == Op25bOutcome.Blocked)
            return Drains(ref packet) ? Verdict.Continue : Refuse(ref packet, sessions, DropReason.Op25bBlocked);
        if (packet.Op25b == Op25bOutcome.Monitored && IsLimited && IsBeyondLimit(packet, sessions, now))
        {
            packet.Op25b = Op25bOutcome.Limited;
            return Refuse(ref packet, sessions, DropReason.Op25bLimited);
        }

        Remember(packet, sessions);
        return Verdict.Continue;
    }

    /// <summary>Whether the limit of the phase in force, where it has one, would let the host begin another session.</summary>
    public bool HasToken(in IpAddress host, long now) => !IsLimited || _limiter.HasToken(host, Policy.Phases[Phase].SessionsPerMinute, now);

    /// <summary>The host has no token left, as in another filter.</summary>
    public void AssumeSpent(in IpAddress host, long now)
    {
        while (IsLimited && _limiter.TryTake(host, Policy.Phases[Phase].SessionsPerMinute, now))
        {
            // Until none is left: a phase allows a bounded number.
        }
    }

    private bool IsLimited => Policy.ModeOf(Phase) == Mode.Limit;

    /// <summary>
    /// What opens a session pays with a token. What opens none and has none belongs to a session that was refused, or to nothing: it is refused too, for nothing, so that
    /// the action answers all of a conversation.
    /// </summary>
    private bool IsBeyondLimit(in Packet packet, SessionTable sessions, long now)
    {
        bool isNew = packet.Session < 0 ? TcpTracker.Opens(packet.TcpFlags) : OpensAnew(packet, sessions[packet.Session]);
        return isNew ? !_limiter.TryTake(packet.Source, Policy.Phases[Phase].SessionsPerMinute, now) : packet.Session < 0;
    }

    /// <summary>A SYN that would open a session anew is the end of the old one: else the rest of what it began would pass as its late segments.</summary>
    private static Verdict Refuse(ref Packet packet, SessionTable sessions, DropReason reason)
    {
        if (packet.Session >= 0 && OpensAnew(packet, sessions[packet.Session]))
        {
            sessions.End(packet.Session);
            packet.Session = Packet.NoSession;
        }

        return reason;
    }

    /// <summary>A SYN on a session that is over begins another one.</summary>
    private static bool OpensAnew(in Packet packet, in Session session) =>
        session.State is SessionState.Closed or SessionState.Reset && TcpTracker.Opens(packet.TcpFlags);

    /// <summary>What was open before the phase goes on until its deadline, and nothing new begins in it. It is no attempt.</summary>
    private bool Drains(ref Packet packet)
    {
        if (!IsDraining || packet.Session < 0 || TcpTracker.Opens(packet.TcpFlags))
            return false;
        packet.Op25b = Op25bOutcome.NotConcerned;
        return true;
    }

    private bool IsBlocked(in IpAddress inside, in IpAddress remote, in IpAddress realRemote) =>
        IsInside(inside) && Policy.Decide(Policy.GroupOf(inside), inside, remote, realRemote, Phase, isOpen: true) == Op25bOutcome.Blocked;

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
        if (Quarantine.Contains(inside.Destination))
            return DropReason.Op25bFromPort25;
        if (Policy.Decide(packet.Group, inside.Destination, inside.Source, inside.Source, Phase, isOpen: true) == Op25bOutcome.Blocked)
            return Drains(ref packet) ? Verdict.Continue : DropReason.Op25bFromPort25;
        Remember(packet, sessions);
        return Verdict.Continue;
    }

    /// <summary>A server inside that answers the world (F4), or opens something from port 25, is not concerned.</summary>
    private bool AnswersSubscriber(in Packet packet, in FlowKey inside) =>
        packet.Direction == Direction.Reply && IsInside(inside.Destination);

    private bool IsInside(in IpAddress address) => routes.Lookup(address) is { Interface.IsInside: true, IsDefault: false };

    private Verdict CheckUnasked(ref Packet packet)
    {
        packet.Group = Policy.GroupOf(packet.RealDestination);
        if (!Policy.Applies(Phase, packet.Group, packet.Source, packet.Source))
            return Verdict.Continue;
        if (Policy.ModeOf(Phase) != Mode.Monitor)
            return DropReason.Op25bFromPort25;
        packet.Op25b = Op25bOutcome.Monitored;
        return Verdict.Continue;
    }

    private void Remember(in Packet packet, SessionTable sessions)
    {
        if (packet.Session >= 0)
            sessions[packet.Session].PolicyGeneration = Generation;
    }
}
