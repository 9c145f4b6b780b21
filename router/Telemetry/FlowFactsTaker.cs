using Router.Configuration;
using Router.Nat;
using Router.Neighbors;
using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router.Telemetry;

/// <summary>
/// Copies what packets of some flows could touch, on the loop's thread. Everything is a look-up that leaves its table as it was: what <see cref="SessionTable.Find"/> would end, or a filter
/// mark as used, is only looked at.
/// <para>Theory of operation. A flow leads to the sessions that have its tuple, or that answers to it would collide with; those to their other tuple; both to mappings, forwards, hosts and
/// their next hops. Each is taken once, and no flow leads to more than a handful.</para>
/// </summary>
internal sealed class FlowFactsTaker
{
    /// <summary>Of flows that may be asked about at once.</summary>
    public const int MostFlows = 8;

    private readonly DataPath _path;
    private readonly uint _now;
    private readonly long _milliseconds;
    private readonly HashSet<int> _sessionsSeen = [], _mappingsSeen = [];
    private readonly HashSet<IpAddress> _addresses = [];
    private readonly List<SessionFacts> _sessions = [];
    private readonly List<MappingFacts> _mappings = [];
    private readonly List<(byte, IpAddress, ushort)> _takenPorts = [];
    private readonly List<HostFacts> _hosts = [];
    private readonly List<NeighborFacts> _neighbors = [];
    private bool _hasNoPlaceForMapping;

    private FlowFactsTaker(DataPath path, long now) => (_path, _milliseconds, _now) = (path, now, (uint)now);

    public static FlowFacts Take(DataPath path, RouterConfiguration configuration, DateTimeOffset policyTime, IReadOnlyList<FlowKey> flows, long now)
    {
        var taker = new FlowFactsTaker(path, now);
        foreach (FlowKey flow in flows.Take(MostFlows))
            taker.Visit(flow);
        return new FlowFacts
        {
            Model = PathModel.Of(path, configuration),
            Now = now,
            PolicyTime = policyTime,
            Flows = flows,
            Interfaces = [.. path.Interfaces.Select(entry => new InterfaceFacts(entry.Device.State, [.. entry.Suspended]))],
            Sessions = taker._sessions,
            Mappings = taker._mappings,
            TakenPorts = taker._takenPorts,
            Hosts = taker._hosts,
            Neighbors = taker._neighbors,
            HasNoPlaceForSession = !path.Sessions.HasRoom,
            HasNoPlaceFromOutside = path.Opener.IsFullFromOutside,
            HasNoPlaceForMapping = taker._hasNoPlaceForMapping,
        };
    }

    private void Visit(in FlowKey flow)
    {
        Look(flow.Source);
        Look(flow.Destination);
        AddSession(flow);
        AddSession(flow.Reversed);
        if (_path.Translator.Mappings is { } mappings && flow.Source.IsIpv4)
            VisitTranslation(flow, mappings);
    }

    private void VisitTranslation(in FlowKey flow, MappingTable mappings)
    {
        if (_path.Translator.Forwards!.TryFind(flow.Protocol, flow.Destination, flow.DestinationPort, out PortForward forward))
            Look(forward.To);
        if (mappings.FindOwner(flow.Protocol, flow.Destination, flow.DestinationPort) is >= 0 and var entry)
            AddMapping(entry, mappings, flow.Source);
        if (flow.Protocol is not (Ipv4Header.Tcp or Ipv4Header.Udp or Ipv4Header.Icmp) || !IsBehindLan(flow.Source))
            return;
        if (mappings.Find(flow.Protocol, flow.Source, flow.SourcePort) is >= 0 and var number)
        {
            AddMapping(number, mappings, guest: null);
            ref readonly Mapping mapping = ref mappings[number];
            // What the answers to a new session under it would be taken for.
            AddSession(new FlowKey(flow.Destination, flow.DestinationPort, mappings.AddressOf(mapping), mapping.OutsidePort, flow.Protocol, zone: 0));
            return;
        }

        PortOutlook outlook = mappings.OutlookFor(flow.Protocol, flow.Source, flow.SourcePort, _now, out IpAddress outside);
        _hasNoPlaceForMapping |= outlook == PortOutlook.None;
        if (outlook == PortOutlook.Other)
            _takenPorts.Add((flow.Protocol, outside, flow.SourcePort));
    }

    private void AddSession(in FlowKey tuple)
    {
        int number = _path.Sessions.Peek(tuple, _now, out _);
        if (number < 0 || !_sessionsSeen.Add(number))
            return;
        ref readonly Session session = ref _path.Sessions[number];
        TcpSequences sequences = session.IsTcp ? _path.Sessions.SequencesOf(number) : default;
        _sessions.Add(new SessionFacts(SavedSession.Of(session, sequences, _now), session.PolicyGeneration == _path.Filter.Generation, (int)(_path.Sessions.EndOf(session) - _now)));
        foreach (Direction direction in (ReadOnlySpan<Direction>)[Direction.Original, Direction.Reply])
        {
            FlowKey key = session.Key(direction);
            Look(key.Source);
            Look(key.Destination);
        }
    }

    private void AddMapping(int number, MappingTable mappings, IpAddress? guest)
    {
        if (!_mappingsSeen.Add(number))
            return;
        ref readonly Mapping mapping = ref mappings[number];
        _mappings.Add(new MappingFacts(mapping, mappings.AddressOf(mapping), guest is { } remote && _path.Opener.Passes(number, remote) ? remote : null));
        Look(mapping.Inside);
    }

    /// <summary>An address that the packet may come from or go to.</summary>
    private void Look(IpAddress address)
    {
        if (!_addresses.Add(address))
            return;
        OwnNames names = _path.OwnNames;
        int? resolved = names.Resolved.HostOf(address);
        _hosts.Add(new HostFacts(address, _path.Subscribers.Peek(address), _path.Filter.Quarantine.UntilOf(address), !_path.Filter.HasToken(address, _milliseconds),
            names.Learnt.Peek(address), resolved, resolved is { } host ? names.Resolved[host]?.LastAnswer : null));
        if (_path.Routes.Lookup(address) is not { Kind: RouteKind.Connected or RouteKind.Static } route)
            return;
        IpAddress nextHop = route.Kind == RouteKind.Static ? route.NextHop : address;
        int number = _path.Neighbors.Find(route.Interface, nextHop);
        if (number != NeighborCache.None && !_neighbors.Exists(known => known.Interface == route.Interface.Index && known.Address == nextHop))
            _neighbors.Add(new NeighborFacts(route.Interface.Index, nextHop, _path.Neighbors[number]));
    }

    private bool IsBehindLan(in IpAddress address) => _path.Routes.Lookup(address) is { Interface.Role: Role.Lan, IsDefault: false };
}
