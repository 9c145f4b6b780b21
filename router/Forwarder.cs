using Router.Capture;
using Router.Local;
using Router.Nat;
using Router.Neighbors;
using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;
using TapDev;

namespace Router;

/// <summary>What the forwarder stands on. Everything in it belongs to the loop's thread.</summary>
internal sealed record ForwarderParts
{
    public required IReadOnlyList<Interface> Interfaces { get; init; }

    public required RouteTable Routes { get; init; }

    public required Firewall Firewall { get; init; }

    public required Translator Translator { get; init; }

    public required SessionTable Sessions { get; init; }

    public required SessionOpener Opener { get; init; }

    public required NeighborCache Neighbors { get; init; }

    public required NextHopMonitor NextHops { get; init; }

    public required NeighborMessages NeighborMessages { get; init; }

    public required Op25bFilter Op25b { get; init; }

    public required AttemptWitness Attempts { get; init; }

    public required SmtpResponder Smtp { get; init; }

    public required DnsWitness Dns { get; init; }

    public required FragmentTracker Fragments { get; init; }

    public required Departure Departure { get; init; }

    public required FrameRecorder Recorder { get; init; }

    public required WaitingFrames Waiting { get; init; }
}

/// <summary>
/// A packet's whole journey.
/// <para>Theory of operation. Everything is decided while the bytes stay as they arrived; then they are rewritten once, in place, and the same buffer goes to the
/// egress. So an error, a log or an explanation always shows the packet as its sender made it, and no payload is copied. Each stage in <see cref="Journey"/>
/// returns a verdict and does nothing else; <see cref="Conclude"/> is the one place that counts, answers, holds and tells.</para>
/// <para>Time is an argument: the loop's milliseconds, read once a batch.</para>
/// </summary>
internal sealed class Forwarder
{
    private readonly Interface[] _interfaces;
    private readonly RouteTable _routes;
    private readonly Firewall _firewall;
    private readonly Translator _translator;
    private readonly SessionTable _sessions;
    private readonly SessionLookup _lookup;
    private readonly SessionOpener _opener;
    private readonly UnsolicitedSyns _unsolicited;
    private readonly NeighborCache _neighbors;
    private readonly NextHopMonitor _nextHops;
    private readonly WaitingFrames _waiting;
    private readonly Op25bFilter _op25b;
    private readonly AttemptWitness _attempts;
    private readonly DnsWitness _dns;
    private readonly FragmentTracker _fragments;
    private readonly Departure _departure;
    private readonly FrameRecorder _recorder;
    private readonly AntiSpoofing _antiSpoofing;
    private readonly NeighborMessages _neighborMessages;
    private readonly ErrorReplies _replies = new(new ErrorLimiter());
    private readonly LocalResponder _local;
    private readonly Refusal _refusal;
    private readonly Action<int, NeighborCache.Due> _actOnNeighbor;
    private long _now;

    public Forwarder(ForwarderParts parts)
    {
        _interfaces = [.. parts.Interfaces];
        _routes = parts.Routes;
        _firewall = parts.Firewall;
        _translator = parts.Translator;
        _sessions = parts.Sessions;
        _lookup = new SessionLookup(_sessions, _translator);
        _opener = parts.Opener;
        _unsolicited = new UnsolicitedSyns(_interfaces, _sessions, _replies);
        _neighbors = parts.Neighbors;
        _nextHops = parts.NextHops;
        _waiting = parts.Waiting;
        _op25b = parts.Op25b;
        _attempts = parts.Attempts;
        _dns = parts.Dns;
        _fragments = parts.Fragments;
        _departure = parts.Departure;
        _recorder = parts.Recorder;
        _antiSpoofing = new AntiSpoofing(_routes);
        _neighborMessages = parts.NeighborMessages;
        _local = new LocalResponder(_replies);
        _refusal = new Refusal(_replies, parts.Smtp);
        _actOnNeighbor = ActOnNeighbor;
        _neighbors.EpochsWrapped = _sessions.ForgetNeighbors;
    }

    /// <summary>Forwards one frame that arrived.</summary>
    public Verdict Forward(Frame frame, Interface ingress, long now)
    {
        ingress.Counters.ReceivedFrames++;
        ingress.Counters.ReceivedBytes += frame.Length - VirtioHeader.Size;
        var packet = new Packet(ingress, frame.Bytes, frame);
        return Conclude(ref packet, Journey(ref packet, now), now);
    }

    /// <summary>The journey, stage by stage. The first verdict that is final ends it.</summary>
    public Verdict Journey(ref Packet packet, long now)
    {
        Verdict verdict = PacketParser.Parse(ref packet);
        if (verdict.IsFinal || packet.IsNeighborMessage)
            return verdict;
        if ((verdict = _antiSpoofing.Check(packet)).IsFinal
            || (verdict = _fragments.Check(ref packet, now)).IsFinal
            || (verdict = _lookup.Find(ref packet, (uint)now)).IsFinal
            || (verdict = _op25b.Check(ref packet, _sessions, now)).IsFinal
            || (verdict = CheckLocal(packet)).IsFinal
            || (verdict = CheckHopLimit(packet)).IsFinal
            || (verdict = FindRoute(ref packet)).IsFinal
            || (verdict = _firewall.Check(packet)).IsFinal
            || (verdict = Departure.CheckMtu(packet)).IsFinal
            || (verdict = Admit(ref packet, now)).IsFinal
            || (verdict = FindNeighbor(ref packet, now)).IsFinal)
            return verdict;
        _dns.See(packet, now); // not in Conclude: the bytes are as they arrived for the last time
        MacAddress nextHop = _neighbors[packet.Neighbor].Mac;
        return _recorder.IsOn ? _recorder.Send(ref packet, _departure, nextHop) : _departure.Send(ref packet, nextHop);
    }

    /// <summary>Requests that are due, neighbours that did not answer, sessions whose time is over: a bounded part of each. True where more is due at once.</summary>
    public bool Sweep(long now, int sessions)
    {
        _now = now;
        _neighborMessages.Sweep(now);
        _neighbors.Sweep(now, _actOnNeighbor);
        _nextHops.Update(now);
        _unsolicited.Sweep(now);
        _refusal.Sweep(now);
        return SweepFragments(now) | _sessions.Sweep(now, sessions) == sessions;
    }

    private const int DatagramsPerSweep = 64;

    private Verdict CheckLocal(in Packet packet)
    {
        if (packet.Session >= 0)
            return Verdict.Continue;
        if (!_routes.IsLocal(packet.RealDestination, packet.Ingress))
            return packet.Source.IsLinkLocal || packet.Destination.IsLinkLocal ? DropReason.BeyondScope : Verdict.Continue;
        if (packet.IsIpv6 && !_routes.IsInUse(packet.RealDestination, packet.Ingress))
            return DropReason.TentativeAddress;
        if (packet.IsFragment)
            return DropReason.FragmentForRouter;
        if (packet.Entry == NatEntry.Filtered)
            return DropReason.FilteredInbound;
        if (packet.Ingress.Role == Role.Wan && packet.IsTcp && TcpTracker.Opens(packet.TcpFlags) && _translator.IsOutside(packet.Destination))
            return DropReason.UnsolicitedSyn;
        return packet.IsIcmp && packet.Transport[0] == (packet.IsIpv6 ? Icmpv6.EchoReply : IcmpMessage.EchoReply)
            ? DropReason.EchoReplyWithoutSession
            : Verdict.Delivered;
    }

    private static Verdict CheckHopLimit(in Packet packet) => packet.Ttl <= 1 ? DropReason.TtlExpired : Verdict.Continue;

    private Verdict FindRoute(ref Packet packet)
    {
        if (packet.Session >= 0)
        {
            packet.Neighbor = _sessions[packet.Session].KnownNeighbor(packet.Direction, _neighbors.Epoch);
            if (packet.Neighbor >= 0)
            {
                packet.Egress = _neighbors[packet.Neighbor].Interface;
                return Verdict.Continue;
            }
        }

        if (_routes.Lookup(packet.RealDestination) is not { } route)
            return DropReason.NoRoute;
        if (route.Kind is RouteKind.Broadcast or RouteKind.Local)
            return DropReason.BroadcastNotRouted;
        packet.Egress = route.Interface;
        packet.NextHop = route.Kind == RouteKind.Static ? route.NextHop : packet.RealDestination;
        return Verdict.Continue;
    }

    private Verdict Admit(ref Packet packet, long now)
    {
        // RFC 5508 REQ-6: an ICMP error neither refreshes nor ends a session.
        if (packet.LeavesSessionAlone)
            return Verdict.Continue;
        if (packet.Session < 0)
        {
            _refusal.GiveUp(packet);
            return _opener.Open(ref packet, _op25b.Generation, now);
        }

        return SessionTracker.Follow(packet, _sessions, (uint)now);
    }

    private Verdict FindNeighbor(ref Packet packet, long now)
    {
        bool isKnown = packet.Neighbor >= 0;
        if (!isKnown && (packet.Neighbor = _neighbors.FindOrAdd(packet.Egress!, packet.NextHop, now)) < 0)
            return DropReason.NeighborTableFull;
        ref Neighbor neighbor = ref _neighbors[packet.Neighbor];
        switch (neighbor.State)
        {
            case NeighborState.Reachable or NeighborState.Delay or NeighborState.Probe:
                break;
            case NeighborState.Stale:
                neighbor.IsUsed = true;
                break;
            case NeighborState.Incomplete:
                return neighbor.Waiting < WaitingFrames.PerNeighbor ? Verdict.Held : DropReason.NeighborQueueFull;
            default:
                return DropReason.NeighborUnreachable;
        }

        if (!isKnown)
            _sessions[packet.Session].Remember(packet.Direction, packet.Neighbor, _neighbors.Epoch);
        return Verdict.Continue;
    }

    /// <summary>Counts, answers, holds and tells: nothing else does.</summary>
    private Verdict Conclude(ref Packet packet, Verdict verdict, long now)
    {
        InterfaceCounters counters = packet.Ingress.Counters;
        _attempts.See(packet, verdict, _op25b.Phase, now);
        if (verdict.Outcome == Outcome.Held)
            verdict = Hold(packet, now);
        switch (verdict.Outcome)
        {
            case Outcome.Forwarded:
                counters.FramesInTransit++;
                break;
            case Outcome.Held:
                break;
            case Outcome.Dropped:
                if (_recorder.IsOn)
                    _recorder.Conclude(packet, verdict);
                counters.Drop(packet, verdict.Reason, now);
                Answer(packet, verdict.Reason, now);
                break;
            case Outcome.Delivered:
                if (_recorder.IsOn)
                    _recorder.Conclude(packet, verdict);
                counters.DeliveredFrames++;
                _local.Answer(ref packet, now);
                break;
            default:
                return ConcludeNeighborMessage(ref packet, now);
        }

        if (!packet.IsPlain && packet.IsFragment && packet.Datagram != 0)
            FollowUp(packet, verdict, now);
        return verdict;
    }

    /// <summary>Takes a copy that waits for its neighbour, or for its datagram's first fragment; where it has no room it is a drop, of which nothing is said.</summary>
    private Verdict Hold(in Packet packet, long now)
    {
        bool isFragment = packet.Neighbor < 0;
        // Not asked for here where it has no room: a scan would have a broadcast sent for each of its frames. The sweep asks, at its own rate (RFC 6583).
        if (!(isFragment ? _fragments.TryHold(packet) : _waiting.TryAdd(packet.Neighbor, packet.Ingress.Index, packet.Bytes)))
            return isFragment ? DropReason.FragmentQueueFull : DropReason.NeighborQueueFull;
        packet.Ingress.Counters.WaitingFrames++;
        if (isFragment)
            return Verdict.Held;
        _neighbors[packet.Neighbor].Waiting++;
        RequestIfDue(packet.Neighbor, now);
        return Verdict.Held;
    }

    /// <summary>A first fragment's end is its later ones' too: those that came before it set out now.</summary>
    private void FollowUp(in Packet packet, Verdict verdict, long now)
    {
        _fragments.Learn(packet, verdict);

        // A later one that waited is being released by the loop that its first one began.
        if (packet.HasWaited && packet.FragmentUnits != 0)
            return;
        ReleaseFragments(packet.Datagram - 1, now);
        _fragments.Finish(packet.Datagram - 1);
    }

    private void ReleaseFragments(int datagram, long now)
    {
        while (_fragments.TryTake(datagram, out int ingress, out Span<byte> bytes))
        {
            Packet packet = TakeBack(ingress, bytes);
            Conclude(ref packet, Journey(ref packet, now), now);
        }
    }

    private bool SweepFragments(long now)
    {
        int done = 0;
        for (; done < DatagramsPerSweep && _fragments.TryExpire(now, out int datagram); done++)
        {
            ReleaseFragments(datagram, now);
            _fragments.Remove(datagram);
        }

        return done == DatagramsPerSweep;
    }

    private Verdict ConcludeNeighborMessage(ref Packet packet, long now)
    {
        Verdict verdict = _neighborMessages.Receive(packet, now, out int learned);
        if (_recorder.IsOn)
            _recorder.Conclude(packet, verdict.Outcome == Outcome.Dropped ? verdict : Verdict.Delivered);
        if (verdict.Outcome == Outcome.Dropped)
        {
            packet.Ingress.Counters.Drop(packet, verdict.Reason, now);
            return verdict;
        }

        packet.Ingress.Counters.DeliveredFrames++;
        if (learned >= 0)
            Release(learned, now);
        _neighborMessages.Answer(ref packet);
        return verdict;
    }

    private void Answer(in Packet packet, DropReason reason, long now)
    {
        // RFC 1812 section 4.3.2.7: nothing is said about a later fragment or a broadcast, not even where it came in a frame to the router alone.
        Answer answer = DropCatalogue.Of(reason).Answer;
        if (answer == Packets.Answer.Silence || packet.FragmentUnits != 0 || _routes.Lookup(packet.Destination) is { Kind: RouteKind.Broadcast })
            return;
        switch (answer)
        {
            case Packets.Answer.AsPhaseSays:
                _refusal.Answer(packet, _op25b.Action, now);
                break;
            case Packets.Answer.PortUnreachableLater or Packets.Answer.ProhibitedLater:
                _unsolicited.Add(packet, now);
                break;
            default:
                _replies.SendIcmp(packet, answer, now);
                break;
        }
    }

    private void ActOnNeighbor(int number, NeighborCache.Due due)
    {
        if (due == NeighborCache.Due.Request)
        {
            RequestIfDue(number, _now);
            return;
        }

        // Nobody answered. What waited goes through another next hop where there is one; else it is dropped, and its senders are told.
        _nextHops.Update(_now);
        Release(number, _now);
    }

    private void RequestIfDue(int number, long now)
    {
        if (_neighbors.TryBeginRequest(number, now))
            _neighborMessages.Request(_neighbors[number]);
    }

    /// <summary>The neighbour answered, or did not: what waited for it sets out again.</summary>
    private void Release(int number, long now)
    {
        while (_waiting.TryTake(number, out int ingress, out Span<byte> bytes))
        {
            _neighbors[number].Waiting--;
            Packet packet = TakeBack(ingress, bytes);
            Conclude(ref packet, Journey(ref packet, now), now);
        }
    }

    private Packet TakeBack(int ingress, Span<byte> bytes)
    {
        _interfaces[ingress].Counters.WaitingFrames--;
        return new Packet(_interfaces[ingress], bytes, frame: null) { HasWaited = true };
    }
}
