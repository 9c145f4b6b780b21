using Router.Packets;
using Router.Wire;
using TapDev;

namespace Router.Neighbors;

/// <summary>Told of another router that advertises itself on an inside link.</summary>
internal delegate void RouterObserver(Interface entry, IpAddress router, MacAddress station, Inconsistencies found);

/// <summary>
/// Router advertisements (RFC 4861 section 6.2).
/// <para>Theory of operation. Each advertising interface has one timer. It runs from the moment when the interface is up and its link-local address is its own; the
/// first three advertisements follow each other in sixteen seconds at most. A solicitation brings the timer forward to a random moment in half a second, yet never nearer than
/// three seconds to the last advertisement, so that a flood of them makes no more than that. All go to all nodes. What other routers advertise is looked at, told,
/// and never obeyed.</para>
/// </summary>
internal sealed class RouterAdvertiser(IEnumerable<Advertisement> advertisements, Random random)
{
    private const long MaxInitialInterval = 16_000, MinDelayBetweenAdvertisements = 3_000;

    /// <summary>MAX_RA_DELAY_TIME is 500 ms, and the loop looks at its timers every 100 ms at least.</summary>
    private const int MaxDelay = 400;

    private const int InitialAdvertisements = 3;

    private Timer[] _timers = [.. advertisements.Select(advertised => new Timer(advertised))];

    /// <summary>Is told of each advertisement of another router's, on the loop's thread.</summary>
    public RouterObserver? RouterSeen { get; set; }

    /// <summary>Sends what is due.</summary>
    public void Sweep(long now)
    {
        foreach (Timer timer in _timers)
        {
            Interface entry = timer.Advertised.Interface;
            if (!IsAdvertising(entry))
            {
                timer.Sent = 0;
                timer.Due = Math.Max(now, timer.SentAt + MinDelayBetweenAdvertisements);
            }
            else if (now >= timer.Due && entry.Device.Output.RoomToGenerate > 0)
            {
                timer.Advertised.Send(timer.Advertised.Lifetime);
                timer.Sent++;
                timer.SentAt = now;
                timer.Due = now + Interval(timer);
            }
        }
    }

    /// <summary>A router solicitation (section 6.2.6).</summary>
    public Verdict Solicit(Interface ingress, long now)
    {
        if (TimerOf(ingress) is not { } timer)
            return DropReason.NeighborDiscoveryNotForUs;
        long answer = Math.Max(now, timer.SentAt + MinDelayBetweenAdvertisements) + random.Next(MaxDelay + 1);
        timer.Due = Math.Min(timer.Due, answer);
        return Verdict.Delivered;
    }

    /// <summary>An advertisement of another router's (section 6.2.7). Outside there is one that is not ours to judge.</summary>
    public Verdict Inspect(in Packet packet, in NdMessage message, long now)
    {
        Interface ingress = packet.Ingress;
        MacAddress station = new EthernetHeader(packet.Bytes[VirtioHeader.Size..]).Source;
        // Our own words may come back from a bridge.
        if (!ingress.IsInside || station == ingress.Mac)
            return DropReason.NeighborDiscoveryNotForUs;
        Inconsistencies found = TimerOf(ingress)?.Advertised.CompareWith(message) ?? Inconsistencies.None;
        if (packet.Source == ingress.LinkLocalAddress)
        {
            // Hosts took it for ours, and may have lost their router by it: they hear the truth at once.
            found |= Inconsistencies.Source;
            Solicit(ingress, now);
        }

        RouterSeen?.Invoke(ingress, packet.Source, station, found);
        return DropReason.RouterAdvertisementInside;
    }

    /// <summary>Advertises something else: what changed is said soon (section 6.2.4), and who advertises no more says that (section 6.2.5).</summary>
    public void Adopt(IReadOnlyList<Advertisement> others, Predicate<Interface> isChanged, long now)
    {
        foreach (Timer timer in _timers)
            if (!others.Any(other => other.Interface == timer.Advertised.Interface))
                Cease(timer);
        _timers = [.. others.Select(other => TimerOf(other.Interface) is not { } timer ? new Timer(other)
            : isChanged(other.Interface) ? new Timer(other.Withdrawing(timer.Advertised)) { SentAt = timer.SentAt, Due = Math.Max(now, timer.SentAt + MinDelayBetweenAdvertisements) }
            : new Timer(other.Withdrawing(timer.Advertised)) { SentAt = timer.SentAt, Due = timer.Due, Sent = timer.Sent })];
    }

    /// <summary>Section 6.2.8: what the interface advertises from is about to be another address, and hosts know a router by that.</summary>
    public void Leave(Interface entry)
    {
        if (TimerOf(entry) is not { } timer)
            return;
        Cease(timer);
        timer.Sent = 0;
    }

    /// <summary>Section 6.2.5: hosts look for another router from now on. One message for each interface that advertised itself.</summary>
    public void Cease()
    {
        foreach (Timer timer in _timers)
            Cease(timer);
    }

    private static void Cease(Timer timer)
    {
        if (timer.Sent > 0 && IsAdvertising(timer.Advertised.Interface) && timer.Advertised.Interface.Device.Output.RoomToGenerate > 0)
            timer.Advertised.Send(lifetime: 0);
    }

    private static bool IsAdvertising(Interface entry) => entry.Device.State == DeviceState.Up && !entry.LinkLocalAddress.IsUnspecified;

    private long Interval(Timer timer)
    {
        int least = timer.Advertised.MinInterval * 1000, most = timer.Advertised.MaxInterval * 1000;
        long interval = least + random.Next(most - least + 1);
        return timer.Sent < InitialAdvertisements ? Math.Min(interval, MaxInitialInterval) : interval;
    }

    private Timer? TimerOf(Interface entry)
    {
        foreach (Timer timer in _timers)
            if (timer.Advertised.Interface == entry)
                return timer;
        return null;
    }

    private sealed class Timer(Advertisement advertised)
    {
        public Advertisement Advertised { get; } = advertised;

        public long Due { get; set; }

        /// <summary>Since the interface came up.</summary>
        public long Sent { get; set; }

        public long SentAt { get; set; } = long.MinValue / 2;
    }
}
