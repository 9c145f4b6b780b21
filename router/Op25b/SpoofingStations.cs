using Router.Packets;
using Router.Wire;
using TapDev;

namespace Router.Op25b;

/// <summary>A station that sends to port 25 with sources that are not its own. Its Ethernet address is all that can be believed of it.</summary>
internal struct SpoofingStation
{
    public MacAddress Mac;
    public Interface? Interface;
    public long First, Last;
    public uint Segments;
    public bool IsAlerted;
    public IpAddress ClaimedSource, Destination;
}

/// <summary>The last stations that forged sources toward port 25 (F5, F6): the sending half of a triangle.</summary>
internal sealed class SpoofingStations
{
    public const int Places = 64;

    private readonly SpoofingStation[] _stations = new SpoofingStation[Places];

    public int Count { get; private set; }

    public Span<SpoofingStation> Seen => _stations.AsSpan(0, Count);

    public void Add(in Packet packet, long now)
    {
        MacAddress mac = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]).Source;
        ref SpoofingStation place = ref Find(mac, packet.Ingress);
        if (place.Interface is null)
            place = new SpoofingStation { Mac = mac, Interface = packet.Ingress, First = now };
        place.Last = now;
        place.Segments++;
        place.ClaimedSource = packet.Source;
        place.Destination = packet.Destination;
    }

    /// <summary>The station's place, or an empty one for it: the oldest's, where all are taken.</summary>
    private ref SpoofingStation Find(MacAddress mac, Interface ingress)
    {
        ref SpoofingStation oldest = ref _stations[0];
        foreach (ref SpoofingStation station in _stations.AsSpan(0, Count))
        {
            if (station.Mac == mac && station.Interface == ingress)
                return ref station;
            if (station.Last < oldest.Last)
                oldest = ref station;
        }

        if (Count < Places)
            return ref _stations[Count++];
        oldest = default;
        return ref oldest;
    }
}
