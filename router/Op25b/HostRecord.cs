using System.Runtime.CompilerServices;
using Router.Packets;
using Router.Wire;

namespace Router.Op25b;

/// <summary>One destination that a host tried.</summary>
internal struct TriedDestination
{
    public IpAddress Address;
    public uint Attempts;
    public long Last;

    /// <summary>The host also reads or submits mail there: a session to 110, 143, 587, 993 or 995.</summary>
    public bool IsMailProvider;
}

/// <summary>What is remembered of one inside host's attempts: a fixed number of bytes, however much it tries (F20). Times are the loop's milliseconds.</summary>
internal struct HostRecord
{
    public const int MostDestinations = 32;

    public static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10), Day = TimeSpan.FromDays(1), QuietTime = TimeSpan.FromHours(1), LongPause = TimeSpan.FromMinutes(30);

    /// <summary>Distinct destinations in ten minutes that are many, and replies that nobody asked for.</summary>
    public const int ManyDestinations = 20, ManyStrangers = 3;

    public IpAddress Host;
    public int Group;
    public long First, Last;
    public uint Attempts, Monitored, Limited, Blocked;

    /// <summary>Attempts at a destination that was tried before; those half an hour or more after the last one, as a queue does (RFC 5321 section 4.5.4.1).</summary>
    public uint Repeats, LongRepeats;

    /// <summary>The configuration leads port 25 to the host, or somebody was seen to send it mail.</summary>
    public bool ReceivesMail;

    /// <summary>Replies from port 25 that belong to no session, and when the last one came.</summary>
    public uint Unasked;
    public long LastUnasked;

    /// <summary>The alert that stands; null: none does.</summary>
    public AlertKind? Alert;

    public RateSteps Rate;
    public Rhythm Rhythm;
    public DistinctWindow TenMinuteDestinations, DayDestinations, Strangers;
    public int DestinationCount;
    private Destinations _destinations;

    public readonly bool IsFree => Host == default;

    public readonly bool IsIdle(long now) => now - Math.Max(Last, LastUnasked) >= Day.TotalMilliseconds;

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public Span<TriedDestination> TriedDestinations => ((Span<TriedDestination>)_destinations)[..DestinationCount];

    public void Attempt(in IpAddress destination, uint hash, Op25bOutcome outcome, long now)
    {
        if (now - Last >= (long)QuietTime.TotalMilliseconds)
        {
            // F19, hysteresis: what it did before a quiet hour counts no more toward what it is now.
            Rate.Forget();
            TenMinuteDestinations.Forget();
        }

        if (Attempts++ == 0)
            First = now;
        Last = now;
        if (outcome == Op25bOutcome.Blocked)
            Blocked++;
        else if (outcome == Op25bOutcome.Limited)
            Limited++;
        else
            Monitored++;
        Rate.Add(now);
        Rhythm.Add(now);
        TenMinuteDestinations.Add(hash, (long)TenMinutes.TotalMilliseconds, ManyDestinations, now);
        DayDestinations.Add(hash, (long)Day.TotalMilliseconds, ManyDestinations, now);
        Remember(destination, now);
    }

    public void UnaskedReply(uint hash, long now)
    {
        if (now - LastUnasked >= (long)QuietTime.TotalMilliseconds)
            Strangers.Forget();
        if (Unasked < uint.MaxValue)
            Unasked++;
        LastUnasked = now;
        Strangers.Add(hash, (long)TenMinutes.TotalMilliseconds, ManyStrangers, now);
    }

    /// <summary>The host was seen to use the address on a port for reading or submitting mail.</summary>
    public void UsesMailOf(in IpAddress address)
    {
        foreach (ref TriedDestination destination in TriedDestinations)
            if (destination.Address == address)
                destination.IsMailProvider = true;
    }

    private void Remember(in IpAddress address, long now)
    {
        foreach (ref TriedDestination known in TriedDestinations)
        {
            if (known.Address != address)
                continue;
            Repeats++;
            if (now - known.Last >= (long)LongPause.TotalMilliseconds)
                LongRepeats++;
            known.Attempts++;
            known.Last = now;
            return;
        }

        if (DestinationCount < MostDestinations)
            DestinationCount++;
        // The newest is last where there was room; else the one that was not tried for the longest gives way, what is known of mail providers last of all.
        ref TriedDestination place = ref TriedDestinations[^1];
        if (place.Attempts != 0)
            foreach (ref TriedDestination other in TriedDestinations)
                if (place.IsMailProvider && !other.IsMailProvider || place.IsMailProvider == other.IsMailProvider && other.Last < place.Last)
                    place = ref other;
        place = new TriedDestination { Address = address, Attempts = 1, Last = now };
    }

    [InlineArray(MostDestinations)]
    private struct Destinations
    {
        private TriedDestination _first;
    }
}
