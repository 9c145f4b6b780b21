using Router.Packets;
using Router.Routing;

namespace Router.Op25b;

/// <summary>Told of one new attempt and how it ended, at the loop's milliseconds.</summary>
internal delegate void AttemptObserver(in Packet packet, Verdict verdict, long now);

/// <summary>Sees how each packet ended, and keeps the accounts of port 25: counters, hosts, stations.</summary>
internal sealed class AttemptWitness(AttemptCounter counter, HostLedger hosts, SpoofingStations stations, RouteTable routes)
{
    /// <summary>Is told of each new attempt that a phase concerns.</summary>
    public AttemptObserver? AttemptMade { get; set; }

    public void See(in Packet packet, Verdict verdict, int phase, long now)
    {
        if (packet.Op25b != Op25bOutcome.NotConcerned)
        {
            if (!counter.Count(packet, phase, (uint)now))
                return;
            if (!packet.Ingress.IsInside)
                SeeUnasked(packet, now);
            else if (packet.Op25b is Op25bOutcome.Monitored or Op25bOutcome.Limited or Op25bOutcome.Blocked)
                hosts.Attempt(packet, now);
            AttemptMade?.Invoke(packet, verdict, now);
        }
        else if (verdict.Reason == DropReason.Op25bFromPort25 && packet.Session < 0)
        {
            SeeUnasked(packet, now);
        }
        else if (verdict.Reason == DropReason.SpoofedInsideSource && packet.IsTcp && packet.DestinationPort == Op25bPolicy.Port)
        {
            stations.Add(packet, now);
        }
    }

    /// <summary>Where no inside host can be told, since nothing has the outside port, there is nobody to remember it of.</summary>
    private void SeeUnasked(in Packet packet, long now)
    {
        if (routes.Lookup(packet.RealDestination) is { Interface.IsInside: true, IsDefault: false, Kind: not (RouteKind.Local or RouteKind.Broadcast) })
            hosts.UnaskedReply(packet, now);
    }
}
