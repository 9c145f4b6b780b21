using Router.Packets;
using Router.Wire;
using TapDev;

namespace Router.Neighbors;

/// <summary>
/// Duplicate Address Detection for the router's own IPv6 addresses (RFC 4862 section 5.4).
/// <para>Theory of operation. When an interface comes up, each of its addresses is tentative: nothing that is sent to it is taken, and nothing is sent from it. After a
/// random delay of a second at most the link is asked for it once; where nobody objects within a second it is used from then on, and announced. Where somebody has it, or asks for it
/// in the same moment, it is not used until the interface comes up again. Later claims are answered with an announcement, no more than once in ten seconds.</para>
/// </summary>
internal sealed class DuplicateAddressDetection
{
    /// <summary>MAX_RTR_SOLICITATION_DELAY, RetransTimer, and the interval of RFC 5227 section 2.4, all in milliseconds.</summary>
    private const int MaxDelay = 1_000, RetransTimer = 1_000, DefendInterval = 10_000;

    private const int MostBytes = 24 + NdOption.Unit;

    private readonly Interface[] _interfaces;
    private readonly Random _random;
    private Own[] _own;

    public DuplicateAddressDetection(IEnumerable<Interface> interfaces, Random random)
    {
        _interfaces = [.. interfaces];
        _own = [.. Addresses().Select(own => new Own(own.Interface, own.Address))];
        _random = random;
    }

    private enum State : byte
    {
        /// <summary>The interface is not up.</summary>
        Down,

        /// <summary>Tentative, and not asked for yet.</summary>
        Delayed,

        /// <summary>Tentative, and asked for.</summary>
        Probed,
        Preferred,
        Duplicate,
    }

    /// <summary>Is told of an address that is not used, because another station has it.</summary>
    public DuplicateObserver? DuplicateFound { get; set; }

    /// <summary>Is told of a station that claims an address in use: at most once in ten seconds for each.</summary>
    public DuplicateObserver? DuplicateSeen { get; set; }

    public void Sweep(long now)
    {
        foreach (Own own in _own)
        {
            if (own.Interface.Device.State != DeviceState.Up)
                own.State = State.Down;
            else if (own.State == State.Down)
                Begin(own, now);
            else if (own.State is State.Delayed or State.Probed && now >= own.Due && own.Interface.Device.Output.RoomToGenerate > 0)
                GoOn(own, now);
        }
    }

    /// <summary>The interfaces have other addresses now: what is new is tested before it is used, as if its interface came up; the others stay what they are.</summary>
    public void Adopt(long now)
    {
        _own = [.. Addresses().Select(own => Find(own.Interface, own.Address) ?? new Own(own.Interface, own.Address))];
        foreach (Own own in _own)
            if (own.State == State.Down && own.Interface.Device.State == DeviceState.Up)
                Begin(own, now);
    }

    /// <summary>Takes every address for unique, without asking.</summary>
    public void AssumeUnique()
    {
        foreach (Own own in _own)
            own.State = State.Preferred;
    }

    /// <summary>Whether a solicitation or an advertisement claims one of our addresses for another station: then it is nothing else.</summary>
    public bool IsClaim(in Packet packet, in NdMessage message, long now)
    {
        MacAddress station = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]).Source;
        bool isAdvertisement = message.Type == NdMessage.NeighborAdvertisement;
        // Who knows his address asks for a neighbour, and claims nothing. Our own messages may come back from a bridge.
        if (Find(packet.Ingress, message.Target) is not { } own || !isAdvertisement && packet.Source != default || station == packet.Ingress.Mac)
            return false;
        switch (own.State)
        {
            case State.Delayed or State.Probed:
                own.State = State.Duplicate;
                DuplicateFound?.Invoke(own.Interface, own.Address, station);
                return true;
            case State.Preferred when isAdvertisement:
                Defend(own, station, now);
                return true;
            default:
                // Somebody else's detection asks for an address of ours: that is answered.
                return isAdvertisement;
        }
    }

    private IEnumerable<(Interface Interface, IpAddress Address)> Addresses() =>
        _interfaces.SelectMany(entry => entry.Addresses.Where(own => !own.Address.IsIpv4).Select(own => (entry, own.Address)));

    private void Begin(Own own, long now)
    {
        own.Interface.Suspend(own.Address);
        own.State = State.Delayed;
        own.Due = now + _random.Next(MaxDelay + 1);
    }

    private static void GoOn(Own own, long now)
    {
        if (own.State == State.Delayed)
        {
            Probe(own);
            own.State = State.Probed;
            own.Due = now + RetransTimer;
            return;
        }

        own.State = State.Preferred;
        own.Interface.Resume(own.Address);
        Announce(own);
    }

    private void Defend(Own own, MacAddress station, long now)
    {
        if (now < own.QuietUntil)
            return;
        own.QuietUntil = now + DefendInterval;
        Announce(own);
        DuplicateSeen?.Invoke(own.Interface, own.Address, station);
    }

    /// <summary>Section 5.4.2: from nobody, to those whose address ends alike.</summary>
    private static void Probe(Own own)
    {
        IpAddress group = own.Address.SolicitedNode;
        Span<byte> frame = NdSender.Begin(own.Interface, MostBytes);
        var writer = new NdWriter(frame[NdSender.MessageOffset..]);
        writer.NeighborSolicitation(own.Address);
        writer.Finish(default, group);
        NdSender.Send(own.Interface, frame, writer.Length, MacAddress.OfGroup(group), default, group);
    }

    /// <summary>An unsolicited advertisement (RFC 4861 section 7.2.6): who knew another station there learns.</summary>
    private static void Announce(Own own)
    {
        Span<byte> frame = NdSender.Begin(own.Interface, MostBytes);
        var writer = new NdWriter(frame[NdSender.MessageOffset..]);
        writer.NeighborAdvertisement(NeighborFlags.Router | NeighborFlags.Override, own.Address);
        writer.LinkLayerAddress(NdOption.TargetLinkLayerAddress, own.Interface.Mac);
        writer.Finish(own.Address, IpAddress.AllNodes);
        NdSender.Send(own.Interface, frame, writer.Length, MacAddress.OfGroup(IpAddress.AllNodes), own.Address, IpAddress.AllNodes);
    }

    private Own? Find(Interface entry, in IpAddress address)
    {
        foreach (Own own in _own)
            if (own.Address == address && own.Interface == entry)
                return own;
        return null;
    }

    private sealed class Own(Interface entry, IpAddress address)
    {
        public Interface Interface { get; } = entry;

        public IpAddress Address { get; } = address;

        public State State { get; set; }

        public long Due { get; set; }

        public long QuietUntil { get; set; } = long.MinValue;
    }
}
