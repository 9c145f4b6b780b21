using Router.Packets;

namespace Router.Routing;

/// <summary>
/// RFC 2827 (BCP 38): a source must live behind the interface that the packet came in by. An inside interface's own prefixes are its connected ones and those of
/// static routes through it, the default route not among them; outside, every source passes that lives behind no inside interface.
/// </summary>
internal sealed class AntiSpoofing(RouteTable routes)
{
    public Verdict Check(in Packet packet)
    {
        // A link-local source is on its link by nature, and leads nowhere else.
        if (packet.Source.IsLinkLocal)
            return packet.Ingress.Owns(packet.Source) ? SpoofedBy(packet.Ingress) : Verdict.Continue;
        Route? route = routes.Lookup(packet.Source);
        bool isOurs = route is { Kind: RouteKind.Local or RouteKind.Broadcast };
        if (!packet.Ingress.IsInside)
            return route is not null && (isOurs || route.Interface.IsInside && !route.IsDefault && !route.IsThrough(packet.Ingress)) ? DropReason.SpoofedOutsideSource : Verdict.Continue;
        return route is null || isOurs || route.IsDefault || !route.IsThrough(packet.Ingress) ? DropReason.SpoofedInsideSource : Verdict.Continue;
    }

    private static DropReason SpoofedBy(Interface ingress) => ingress.IsInside ? DropReason.SpoofedInsideSource : DropReason.SpoofedOutsideSource;
}
