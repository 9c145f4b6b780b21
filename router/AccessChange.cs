using Router.Nat;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router;

/// <summary>Sessions that a change of the configuration ended: how many, and the first few by the tuple that they were opened with.</summary>
internal sealed record EndedSessions(int Count, IReadOnlyList<FlowKey> Examples)
{
    public const int MostExamples = 20;
}

/// <summary>
/// What a change of the configuration lets in no more: port forwards and inbound rules of before, beside those of now. Only a session that an old one let in, and that no
/// new one would, ends; whatever was let in by its nature, or opened inside, is not asked.
/// </summary>
internal sealed class AccessChange(Firewall firewallBefore, Firewall firewall, PortForwards? forwardsBefore, PortForwards? forwards)
{
    /// <summary>Outside addresses of before, which the router has no more: what is translated to them ends.</summary>
    public required IReadOnlySet<IpAddress> LostAddresses { get; init; }

    /// <summary>Where translation has begun: by what, and where hosts are. What it would have translated ends, for nobody outside knows the way back to it.</summary>
    public (Translator Translator, RouteTable Routes)? Begun { get; init; }

    public bool Ends(in Session session)
    {
        FlowKey original = session.Key(Direction.Original), reply = session.Key(Direction.Reply);
        if (Begun is { } begun && !session.IsIpv6 && begun.Routes.RoleToward(original.Source) is { } from && begun.Routes.RoleToward(reply.Source) is { } to
            && !begun.Translator.Admits(SavedSession.Of(session, default, now: 0), from, to))
            return true;
        if (LostAddresses.Count > 0 && (LostAddresses.Contains(reply.Destination) && reply.Destination != original.Source || LostAddresses.Contains(original.Destination) && original.Destination != reply.Source))
            return true;
        if (!session.IsIpv6 && (HasLostForward(original, reply) || IsOvertaken(session, original, reply)))
            return true;
        return (session.Traits & (SessionTraits.FromOutside | SessionTraits.CountsForDestination)) != 0
            && original.Destination == reply.Source
            && firewallBefore.LetsIn(original.Protocol, reply.Source, reply.SourcePort) && !firewall.LetsIn(original.Protocol, reply.Source, reply.SourcePort);
    }

    /// <summary>A forward led to its inside end, or stood for it outside, and does not any more.</summary>
    private bool HasLostForward(in FlowKey original, in FlowKey reply) =>
        Leads(forwardsBefore, original.Protocol, original.Destination, original.DestinationPort, reply.Source, reply.SourcePort)
            && !Leads(forwards, original.Protocol, original.Destination, original.DestinationPort, reply.Source, reply.SourcePort)
        || Leads(forwardsBefore, original.Protocol, reply.Destination, reply.DestinationPort, original.Source, original.SourcePort)
            && !Leads(forwards, original.Protocol, reply.Destination, reply.DestinationPort, original.Source, original.SourcePort);

    /// <summary>Its mapping's outside port is a forward's now.</summary>
    private bool IsOvertaken(in Session session, in FlowKey original, in FlowKey reply) =>
        forwards is not null
        && (session.Mapping >= 0 && forwards.TryFind(original.Protocol, reply.Destination, reply.DestinationPort, out _)
            || (session.Traits & SessionTraits.HoldsDestination) != 0 && forwards.TryFind(original.Protocol, original.Destination, original.DestinationPort, out _));

    private static bool Leads(PortForwards? forwards, byte protocol, in IpAddress outside, ushort outsidePort, in IpAddress inside, ushort insidePort) =>
        forwards is not null && forwards.TryFind(protocol, outside, outsidePort, out PortForward forward) && forward.To == inside && forward.ToPort == insidePort;
}
