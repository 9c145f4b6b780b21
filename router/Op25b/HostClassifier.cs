namespace Router.Op25b;

/// <summary>
/// Says which case a host is, and why (OP25B.md section 5). One sign alone never makes a host infected: many PCs behind one address have many destinations, a mailing list is
/// fast, and a queue is persistent. So it takes two of speed, breadth and never trying again, and all three of one that receives mail. ADR 30 says where the numbers come from.
/// </summary>
internal static class HostClassifier
{
    private const int LeastForNoRetries = 20, MostOfDirectSender = 5, MostAttemptsAnHour = 30;
    private const double HardlyAny = 0.1;

    public static HostCase Judge(in HostSigns signs)
    {
        if (IsInfected(signs))
            return HostCase.Infected;
        if (signs.StrangerWindows >= 2)
            return HostCase.Triangular;
        if (signs.Attempts == 0)
            return HostCase.Unclear;
        if (signs.ReceivesMail)
            return HostCase.HomeServer;
        if (ReadsMailThere(signs))
            return signs.BusiestHour < MostAttemptsAnHour * Math.Max(1, signs.Destinations) ? HostCase.ThirdPartyServer : HostCase.Unclear;
        return signs.MailProviders == 0 && Math.Max(signs.Destinations, signs.DestinationsInADay) <= MostOfDirectSender ? HostCase.DirectSender : HostCase.Unclear;
    }

    /// <summary>The evidence for what <see cref="Judge"/> said, a short sentence each.</summary>
    public static IEnumerable<string> Evidence(HostSigns signs, HostCase hostCase)
    {
        if (signs.Rate is { } rate)
            yield return $"more than {rate.Attempts} attempts in {rate.Seconds} s, more than once";
        if (signs.WideWindows >= 2)
            yield return $"{HostRecord.ManyDestinations} or more destinations in 10 minutes, in {signs.WideWindows} windows";
        if (NeverTriesAgain(signs))
            yield return $"hardly ever tries a destination again ({Math.Round(signs.RepeatRatio * 100)} % of the attempts)";
        if (signs.StrangerWindows > 0 || hostCase == HostCase.Triangular)
            yield return $"{signs.Unasked} replies from port 25 that it did not ask for";
        if (signs.ReceivesMail)
            yield return "receives mail on port 25 itself";
        if (signs.MailProviders > 0)
            yield return $"reads or submits mail at {signs.MailProviders} of {Destinations(signs)}";
        else if (signs.Attempts > 0)
            yield return $"reads and submits no mail at {Destinations(signs)}";
        if (signs.LongRepeats > 0)
            yield return $"{(signs.ReceivesMail ? "tries again after half an hour or more, as a queue does" : "comes back to a destination after half an hour or more")} ({Count(signs.LongRepeats, "time")})";
        if (signs.Period is { } period)
            yield return $"tries every {(period >= 120 ? $"{Math.Round(period / 60.0)} minutes" : $"{period} s")}";
        if (signs.ActiveHours > 0)
            yield return $"active in {signs.ActiveHours} of the last 24 hours, {Count(signs.BusiestHour, "attempt")} in the busiest one";
    }

    /// <summary>Where there may have been more than are remembered, it does not say that these were all.</summary>
    private static string Destinations(in HostSigns signs) =>
        signs.Destinations < HostRecord.MostDestinations ? $"its {Count(signs.Destinations, "destination")}" : $"the {signs.Destinations} destinations that are remembered";

    private static string Count(int number, string thing) => number == 1 ? $"1 {thing}" : $"{number} {thing}s";

    private static bool IsInfected(in HostSigns signs)
    {
        bool isFast = signs.Rate is not null, isWide = signs.WideWindows >= 2;
        int features = (isFast ? 1 : 0) + (isWide ? 1 : 0) + (NeverTriesAgain(signs) ? 1 : 0);
        // People who read their mail at the servers that they send through are people, however many sit behind the address.
        return (isFast || isWide) && features >= (signs.ReceivesMail ? 3 : 2) && !ReadsMailThere(signs);
    }

    private static bool NeverTriesAgain(in HostSigns signs) => signs.Attempts >= LeastForNoRetries && signs.RepeatRatio < HardlyAny;

    private static bool ReadsMailThere(in HostSigns signs) => signs.MailProviders > 0 && 2 * signs.MailProviders >= signs.Destinations;
}
