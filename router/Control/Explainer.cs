using System.Net.Sockets;
using Router.Configuration;
using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using TapDev;

namespace Router.Control;

/// <summary>
/// Runs the real forwarder's journey on a packet, over a small data path of its own, and reads its verdict.
/// <para>Theory of operation. There is one journey and no second path: what decides here is what decides in the router. The tables are empty, and every neighbour answers; or they hold what a
/// running router knows of the packet's flow (<see cref="FlowFacts"/>), and go by the same compiled policy. Nothing of the running one is touched, and little memory is used, whatever its size.</para>
/// </summary>
internal sealed class Explainer : IDisposable
{
    private const int FewSessions = 256, FewSessionsOfAFlow = 32;
    private static readonly MemoryDeviceOptions SmallDevice = new() { Buffers = 4, OwnPoolBuffers = 4, KeepSent = false };

    private readonly List<MemoryDevice> _devices;
    private readonly DataPath _path;
    private readonly RuleNames _rules;
    private readonly JourneyNotes _notes;
    private readonly KeyPlaces? _places;
    private readonly FlowFacts? _facts;
    private readonly DateTimeOffset _at;
    private readonly long _now;

    /// <summary>On empty tables, for several questions about one moment; what one of them leaves behind, the next one meets.</summary>
    public Explainer(RouterConfiguration configuration, TimeProvider time, DateTimeOffset? at, OwnNamesSnapshot? names = null, KeyPlaces? places = null)
    {
        _devices = DevicesOf(configuration);
        _path = DataPath.ForFewPackets(WithCapacity(configuration, FewSessions), [.. _devices], new UnpredictableRandom());
        _at = new PolicyClock(time, at).Now();
        var known = new NameRules(configuration.Op25b.OwnMailServers, names ?? new(), time);
        known.TeachTo(_path.OwnNames);
        _path.AddressDetection.AssumeUnique();
        _path.Filter.Advance(_at.ToUnixTimeMilliseconds());
        (_places, _rules) = (places, new RuleNames(configuration, _path, known));
        _notes = new JourneyNotes(_path, _rules, places);
    }

    /// <summary>On what a running router knows, at its policy's time or another one.</summary>
    public Explainer(FlowFacts facts, TimeProvider time, DateTimeOffset? at, KeyPlaces? places = null)
    {
        RouterConfiguration configuration = facts.Model.Configuration;
        _devices = DevicesOf(configuration);
        _path = DataPath.ForFewPackets(WithCapacity(configuration, FewSessionsOfAFlow), [.. _devices], new UnpredictableRandom(), facts.Model);
        _path.AddressDetection.AssumeUnique();
        AssumedState.GiveTo(_path, _devices, facts);
        (_facts, _now, _at, _places) = (facts, facts.Now, at ?? facts.PolicyTime, places);
        _path.Filter.Advance(_at.ToUnixTimeMilliseconds());
        _rules = new RuleNames(configuration, _path, new NameRules(configuration.Op25b.OwnMailServers, AssumedState.NamesOf(facts), time));
        _notes = new JourneyNotes(_path, _rules, places);
    }

    /// <summary>
    /// What becomes of it now and when the next phase rules. Throws <see cref="ExplainException"/> with a readable message where the request makes no sense (an unknown interface, families that differ).
    /// </summary>
    public static Explanation Explain(RouterConfiguration configuration, ExplainRequest request, TimeProvider time, OwnNamesSnapshot? names = null, KeyPlaces? places = null) =>
        WithNext(at => new Explainer(configuration, time, at, names, places), request);

    /// <summary>The same over what a running router knows. <paramref name="answers"/>: the tuple of the answers to the session that the packet would open.</summary>
    public static Explanation Explain(FlowFacts facts, ExplainRequest request, TimeProvider time, KeyPlaces? places, out FlowKey? answers)
    {
        FlowKey? opened = null;
        Explanation explanation = WithNext(at => new Explainer(facts, time, at, places) { Opened = key => opened ??= key }, request);
        answers = opened;
        return explanation;
    }

    public void Dispose()
    {
        foreach (MemoryDevice device in _devices)
            device.Dispose();
    }

    /// <summary>The request's own time is left to the one who made this.</summary>
    public Explanation Explain(ExplainRequest request)
    {
        Interface ingress = IngressOf(request);
        byte[] bytes = request.Frame is { } frame ? [.. new byte[VirtioHeader.Size], .. frame] : ProbeOf(request, ingress);
        return Run(ingress, bytes);
    }

    private Action<FlowKey>? Opened { get; init; }

    private static Explanation WithNext(Func<DateTimeOffset?, Explainer> at, ExplainRequest request)
    {
        using Explainer explainer = at(request.At);
        Explanation explanation = explainer.Explain(request);
        if (explainer.NextPhase is not { } next)
            return explanation;
        using Explainer later = at(next.Start);
        Explanation then = later.Explain(request);
        return explanation with { Next = new NextPhase(next.Name, next.Start, $"{next.Mode}", then.Verdict, then.Reason, then.Text) };
    }

    private Phase? NextPhase => _path.Filter.Phase + 1 < _path.Filter.Policy.Phases.Count ? _path.Filter.Policy.Phases[_path.Filter.Phase + 1] : null;

    private Explanation Run(Interface ingress, byte[] bytes)
    {
        _notes.SessionsBefore = _path.Sessions.Used;
        var packet = new Packet(ingress, [.. bytes], frame: null);
        Verdict verdict = _path.Forwarder.Journey(ref packet, _now);
        if (verdict.Outcome == Outcome.Continue)
            verdict = SendToNeighbors(ingress, bytes);
        else if (verdict.Outcome == Outcome.Held && packet.Egress is { } egress && _facts is null)
        {
            // The first journey decided everything; the neighbour answers, as a real one would, and the second one ends it.
            packet.Neighbor = _path.Neighbors.Learn(egress, packet.NextHop, ProbePacket.Station, _now, add: true);
            var again = new Packet(ingress, [.. bytes], frame: null);
            verdict = _path.Forwarder.Journey(ref again, _now);
        }

        if (packet.Session >= 0 && _notes.WasOpened(packet))
            Opened?.Invoke(_path.Sessions[packet.Session].Key(Direction.Reply));
        Flush();
        return Tell(packet, verdict);
    }

    /// <summary>What was sent leaves its queue, so that the next question finds room.</summary>
    private void Flush()
    {
        foreach (MemoryDevice device in _devices)
        {
            ValueTask<System.IO.Pipelines.FlushResult> flush = device.Output.FlushAsync();
            if (!flush.IsCompleted)
                throw new InvalidOperationException("A memory device's flush does not wait.");
        }
    }

    /// <summary>A message between neighbours ends behind the journey, where the forwarder concludes: so it comes in by the device.</summary>
    private Verdict SendToNeighbors(Interface ingress, byte[] bytes)
    {
        if (!_devices[ingress.Index].InjectRaw(bytes))
            throw new ExplainException($"{ingress.Name} is down: no frame comes in by it; ip link set it up.");
        Verdict verdict = default;
        for (Frame? frame = ingress.Device.Input.TryReadBatch(); frame is not null; frame = frame.NextInBatch)
            verdict = _path.Forwarder.Forward(frame, ingress, _now);
        ingress.Device.Input.EndBatch();
        return verdict.Outcome == Outcome.Dropped ? verdict : Verdict.Delivered;
    }

    private Explanation Tell(in Packet packet, Verdict verdict)
    {
        bool isDropped = verdict.Outcome == Outcome.Dropped;
        DropEntry entry = DropCatalogue.Of(verdict.Reason);
        IReadOnlyList<Rule> rules = packet.Entry == NatEntry.PortForward ? [_rules.OfForward(packet), .. _rules.OfFilter(packet, verdict.Reason)] : _rules.OfFilter(packet, verdict.Reason);
        // A forward's rule stands for itself, as it always has.
        IReadOnlyList<Rule> named = packet.Entry == NatEntry.PortForward ? [.. rules.Take(1)] : rules;
        string places = string.Join(", ", named.Where(rule => rule.Path.Length > 0).Select(rule => _places?.PlaceOf(rule.Path)).OfType<string>().Distinct(StringComparer.Ordinal));
        return new Explanation
        {
            Verdict = JourneyNotes.Name(verdict),
            Reason = isDropped ? $"{verdict.Reason}" : null,
            Stage = $"{(isDropped ? entry.Stage : JourneyNotes.LastOf(packet, verdict))}",
            Rule = named.Count == 0 ? null : string.Join("; ", named),
            Place = places.Length == 0 ? null : places,
            Session = !isDropped && packet.Session >= 0 ? _notes.SessionOf(packet) : null,
            Rewrite = !isDropped && packet is { IsTranslated: true, Session: >= 0 } ? _path.Sessions[packet.Session].Rewritten(packet.Direction).ToString() : null,
            Text = isDropped ? $"{entry.Text} ({entry.Reference})" : TextOf(packet, verdict),
            Mend = isDropped ? MendOf(packet, verdict.Reason, entry) : null,
            Packet = JourneyNotes.Show(packet),
            Tables = _facts is null ? "empty" : "running",
            At = _at,
            Phase = _path.Filter.PhaseName,
            Name = _rules.NameOf(packet),
            Stages = _notes.Of(packet, verdict),
        };
    }

    private string TextOf(in Packet packet, Verdict verdict)
    {
        if (packet.IsNeighborMessage)
            return "is a message between neighbours: the router answers it, or learns from it";
        if (verdict.Outcome == Outcome.Delivered)
            return "is for the router itself";
        if (packet.Egress is null)
            return "waits for its datagram's first fragment, which has the ports";
        string way = $"leaves by {packet.Egress.Name}{(packet.NextHop == packet.RealDestination || packet.NextHop == default ? "" : $" through {packet.NextHop}")}{MonitorNote(packet)}";
        return verdict.Outcome == Outcome.Held ? $"waits until {packet.NextHop} tells its Ethernet address; then it {way}" : way;
    }

    /// <summary>What the catalogue says, and for a port-25 block the keys that would let it pass.</summary>
    private string MendOf(in Packet packet, DropReason reason, DropEntry entry)
    {
        if (reason is not (DropReason.Op25bBlocked or DropReason.Op25bLimited))
            return entry.Mend;
        string group = packet.Group < _path.Filter.Policy.Groups.Count - 1 ? $"take {packet.Source} out of group \"{_path.Filter.Policy.Groups[packet.Group].Name}\" into an exempt one" : $"put {packet.Source} into an exempt group";
        return $"{entry.Mend}. The policy lets it pass where \"Op25b:OwnMailServers:Addresses\" has {packet.RealDestination}, or its operator may {group} (\"Op25b:Groups\")";
    }

    private string MonitorNote(in Packet packet) => packet.Op25b != Op25bOutcome.Monitored ? ""
        : _path.Filter.Policy.ModeOf(_path.Filter.Phase) == Mode.Limit ? "; it counts against the host's limit of new sessions to port 25"
        : "; it would be blocked if the phase in force did not only monitor";

    private byte[] ProbeOf(ExplainRequest request, Interface ingress)
    {
        FlowKey flow = request.Flow;
        int session = _path.Sessions.Peek(flow, (uint)_now, out _);
        // What comes next in an open connection is no SYN.
        bool isOpen = _facts is not null && session >= 0 && _path.Sessions[session].State is not (SessionState.Closed or SessionState.Reset);
        return ProbePacket.Build(flow.Protocol, flow.Source, flow.SourcePort, flow.Destination, flow.DestinationPort, ingress.Mac, request.Flags ?? (isOpen ? TcpFlags.Ack : TcpFlags.Syn));
    }

    private Interface IngressOf(ExplainRequest request)
    {
        if (request.Frame is null && request.Source.AddressFamily != request.Destination.AddressFamily)
            throw new ExplainException("The source and the destination are of two families; give two IPv4 addresses, or two IPv6 ones.");
        if (request.In is { } name)
        {
            return _path.Interfaces.FirstOrDefault(entry => entry.Name == name)
                ?? throw new ExplainException($"There is no interface '{name}'; the configuration has {string.Join(", ", _path.Interfaces.Select(entry => entry.Name))}.");
        }

        if (request.Frame is not null)
            throw new ExplainException($"A frame does not say which interface it comes in by; give --in {string.Join(" or --in ", _path.Interfaces.Select(entry => entry.Name))}.");
        return _path.Routes.Lookup(IpAddress.From(request.Source.Address))?.Interface ?? _path.Interfaces.FirstOrDefault(entry => entry.Role == Role.Wan) ?? _path.Interfaces[0];
    }

    private static List<MemoryDevice> DevicesOf(RouterConfiguration configuration) => [.. configuration.Interfaces.Select(entry => new MemoryDevice(entry.Name, SmallDevice))];

    private static RouterConfiguration WithCapacity(RouterConfiguration configuration, int sessions) => configuration with { Sessions = configuration.Sessions with { Capacity = sessions } };
}
