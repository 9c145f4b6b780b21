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

/// <summary>Runs the real forwarder on a built packet, on empty tables with every neighbour reachable, and reads its verdict.</summary>
internal sealed class Explainer : IDisposable
{
    private const int FewSessions = 1024;
    private static readonly MemoryDeviceOptions SmallDevice = new() { Buffers = 16, OwnPoolBuffers = 16 };

    private readonly RouterConfiguration _configuration;
    private readonly List<MemoryDevice> _devices;
    private readonly DataPath _path;
    private readonly ForwardingLoop _loop;
    private readonly NameRules _names;

    /// <summary>For several questions about one moment; what one of them leaves behind, the next one meets.</summary>
    public Explainer(RouterConfiguration configuration, TimeProvider time, DateTimeOffset? at, OwnNamesSnapshot? names = null)
    {
        _configuration = configuration with { Sessions = configuration.Sessions with { Capacity = FewSessions } };
        _devices = [.. configuration.Interfaces.Select(entry => new MemoryDevice(entry.Name, SmallDevice))];
        _path = new DataPath(_configuration, [.. _devices], new UnpredictableRandom());
        _loop = new ForwardingLoop(_path, new PolicyClock(time, at));
        _names = new NameRules(_configuration.Op25b.OwnMailServers, names ?? new(), time);
        _names.TeachTo(_path.OwnNames);
    }

    /// <summary>Throws <see cref="ExplainException"/> with a readable message where the request makes no sense (an unknown interface, families that differ).</summary>
    public static Explanation Explain(RouterConfiguration configuration, ExplainRequest request, TimeProvider time, OwnNamesSnapshot? names = null)
    {
        using var explainer = new Explainer(configuration, time, request.At, names);
        return explainer.Explain(request);
    }

    public void Dispose()
    {
        foreach (MemoryDevice device in _devices)
            device.Dispose();
    }

    /// <summary>The request's own time is left to the one who made this.</summary>
    public Explanation Explain(ExplainRequest request)
    {
        if (request.Source.AddressFamily != request.Destination.AddressFamily)
            throw new ExplainException("The source and the destination are of two families; give two IPv4 addresses, or two IPv6 ones.");

        byte protocol = request.Protocol switch
        {
            ExplainProtocol.Tcp => Ipv4Header.Tcp,
            ExplainProtocol.Udp => Ipv4Header.Udp,
            ExplainProtocol.Icmp => request.Source.AddressFamily == AddressFamily.InterNetworkV6 ? Icmpv6.Protocol : Ipv4Header.Icmp,
        };
        IpAddress source = IpAddress.From(request.Source.Address), destination = IpAddress.From(request.Destination.Address);
        Interface ingress = IngressOf(request.In, source);
        byte[] bytes = ProbePacket.Build(protocol, source, (ushort)request.Source.Port, destination, (ushort)request.Destination.Port, ingress.Mac, request.Flags);

        // The loop's first turn enters the phase. The first journey decides everything; then the neighbour answers, as a real one would, and the second one ends it.
        _path.AddressDetection.AssumeUnique();
        _loop.Turn(now: 0);
        var packet = new Packet(ingress, bytes, frame: null);
        Verdict verdict = _path.Forwarder.Journey(ref packet, now: 0);
        if (verdict.Outcome == Outcome.Held)
        {
            _path.Neighbors.Learn(packet.Egress!, packet.NextHop, ProbePacket.Station, now: 0, add: true);
            var again = new Packet(ingress, bytes, frame: null);
            verdict = _path.Forwarder.Journey(ref again, now: 0);
        }

        return verdict.Outcome == Outcome.Dropped ? Refused(verdict.Reason, RuleOf(packet, verdict)) : Passed(packet, verdict);
    }

    private Interface IngressOf(string? name, IpAddress source)
    {
        if (name is not null)
        {
            return _path.Interfaces.FirstOrDefault(entry => entry.Name == name)
                ?? throw new ExplainException($"There is no interface '{name}'; the configuration has {string.Join(", ", _path.Interfaces.Select(entry => entry.Name))}.");
        }

        return _path.Routes.Lookup(source)?.Interface ?? _path.Interfaces.FirstOrDefault(entry => entry.Role == Role.Wan) ?? _path.Interfaces[0];
    }

    private static Explanation Refused(DropReason reason, string? rule)
    {
        DropEntry entry = DropCatalogue.Of(reason);
        return new Explanation
        {
            Verdict = "dropped",
            Reason = reason.ToString(),
            Stage = entry.Stage.ToString(),
            Rule = rule,
            Text = $"{entry.Text} ({entry.Reference})",
            Mend = entry.Mend,
        };
    }

    private Explanation Passed(in Packet packet, Verdict verdict)
    {
        bool isForwarded = verdict.Outcome == Outcome.Forwarded;
        return new Explanation
        {
            Verdict = verdict.Outcome.ToString().ToLowerInvariant(),
            Stage = (isForwarded ? Stage.Emit : Stage.Local).ToString(),
            Rule = RuleOf(packet, verdict),
            Session = packet.Session >= 0 ? SessionOf(_path.Sessions[packet.Session]) : null,
            Rewrite = packet is { IsTranslated: true, Session: >= 0 } ? _path.Sessions[packet.Session].Rewritten(packet.Direction).ToString() : null,
            Text = isForwarded
                ? $"leaves by {packet.Egress!.Name}{(packet.NextHop == packet.RealDestination ? "" : $" through {packet.NextHop}")}{MonitorNote(packet)}"
                : "is for the router itself",
        };
    }

    private static string SessionOf(in Session session) => $"{session.Key(Direction.Original)}, {session.State}, answers come as {session.Key(Direction.Reply)}";

    private string MonitorNote(in Packet packet) => packet.Op25b != Op25bOutcome.Monitored ? ""
        : _path.Filter.Policy.ModeOf(_path.Filter.Phase) == Mode.Limit ? "; it counts against the host's limit of new sessions to port 25"
        : "; it would be blocked if the phase in force did not only monitor";

    private string? RuleOf(in Packet packet, Verdict verdict)
    {
        if (packet.Entry == NatEntry.PortForward)
            return $"Nat:PortForwards, {packet.Destination}:{packet.DestinationPort} to {packet.RealDestination}:{packet.RealDestinationPort}";
        string group = GroupRule(packet);
        return packet.Op25b switch
        {
            Op25bOutcome.Blocked or Op25bOutcome.Limited or Op25bOutcome.Monitored => $"{PhaseRule()}; {group}",
            Op25bOutcome.AllowedExempt => group,
            Op25bOutcome.AllowedOwn => OwnMailServerRule(packet),
            _ => verdict.Reason == DropReason.Op25bFromPort25 ? PhaseRule() : null,
        };
    }

    private string PhaseRule()
    {
        Phase phase = _path.Filter.Policy.Phases[_path.Filter.Phase];
        // The policy has them in the order of their starts; the path is the configuration's.
        int index = _configuration.Op25b.Phases.ToList().FindIndex(entry => entry.Name == phase.Name);
        string details = phase.Mode switch
        {
            Mode.Block => $", {phase.Action}",
            Mode.Limit => $", {phase.SessionsPerMinute} a minute, {phase.Action}",
            _ => "",
        };
        return $"Op25b:Phases:{index} \"{phase.Name}\" ({phase.Mode}{details})";
    }

    private string GroupRule(in Packet packet)
    {
        Group group = _path.Filter.Policy.Groups[packet.Group];
        if (packet.Group >= _configuration.Op25b.Groups.Count)
            return "no group has the source (\"ungrouped\", not exempt)";
        string reason = _configuration.Op25b.Groups[packet.Group].Reason is { } text ? $", {text}" : "";
        return $"Op25b:Groups:{packet.Group} \"{group.Name}\" ({(group.IsExempt ? "exempt" : "not exempt")}{reason})";
    }

    private string OwnMailServerRule(in Packet packet)
    {
        foreach (IpAddress address in (ReadOnlySpan<IpAddress>)[packet.Destination, packet.RealDestination, packet.Source])
            if (_names.RuleOf(address) is { } rule)
                return rule;
        return "Op25b:OwnMailServers";
    }
}
