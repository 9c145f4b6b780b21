namespace Router.Op25b;

/// <summary>What a host's record says at a moment: numbers alone, so that it can be judged without allocation.</summary>
internal readonly record struct HostSigns
{
    public int Attempts { get; init; }

    public int AttemptsInTenMinutes { get; init; }

    public int AttemptsInADay { get; init; }

    public int BusiestHour { get; init; }

    public int ActiveHours { get; init; }

    public int DestinationsInTenMinutes { get; init; }

    public int DestinationsInADay { get; init; }

    /// <summary>Destinations that are remembered one by one, and those of them where the host also reads or submits mail.</summary>
    public int Destinations { get; init; }

    public int MailProviders { get; init; }

    public double RepeatRatio { get; init; }

    public int LongRepeats { get; init; }

    /// <summary>Seconds; null: it is not regular.</summary>
    public int? Period { get; init; }

    public bool ReceivesMail { get; init; }

    /// <summary>The step of attempts a time that was exceeded in two windows.</summary>
    public (int Attempts, int Seconds)? Rate { get; init; }

    /// <summary>Windows of ten minutes with many destinations.</summary>
    public int WideWindows { get; init; }

    public int Unasked { get; init; }

    /// <summary>Windows of ten minutes with unasked replies from several strangers.</summary>
    public int StrangerWindows { get; init; }

    public static HostSigns Of(ref HostRecord record, long now)
    {
        (int day, int activeHours, int busiest) = record.Rhythm.LastDay(now);
        int providers = 0;
        foreach (ref readonly TriedDestination destination in record.TriedDestinations)
            providers += destination.IsMailProvider ? 1 : 0;
        return new HostSigns
        {
            Attempts = (int)record.Attempts,
            AttemptsInTenMinutes = record.Rate.InTheLast(minutes: 10, now),
            AttemptsInADay = day,
            ActiveHours = activeHours,
            BusiestHour = busiest,
            DestinationsInTenMinutes = record.TenMinuteDestinations.Count((long)HostRecord.TenMinutes.TotalMilliseconds, now),
            DestinationsInADay = record.DayDestinations.Count((long)HostRecord.Day.TotalMilliseconds, now),
            Destinations = record.DestinationCount,
            MailProviders = providers,
            RepeatRatio = record.Attempts == 0 ? 0 : (double)record.Repeats / record.Attempts,
            LongRepeats = (int)record.LongRepeats,
            Period = record.Rhythm.Period(),
            ReceivesMail = record.ReceivesMail,
            Rate = record.Rate.ExceededTwice(),
            WideWindows = record.TenMinuteDestinations.BusyWindows(HostRecord.ManyDestinations),
            Unasked = (int)record.Unasked,
            StrangerWindows = record.Strangers.BusyWindows(HostRecord.ManyStrangers),
        };
    }
}
