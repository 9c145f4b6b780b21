using Router.Op25b;

namespace Tests.Op25b;

/// <summary>OP25B.md section 5: the cases, from their signatures.</summary>
public sealed class HostClassifierTest
{
    private static readonly (int, int) Fast = (60, 60);

    private static readonly HostSigns Quiet = new() { Attempts = 10, AttemptsInADay = 10, BusiestHour = 3, ActiveHours = 5, Destinations = 1, DestinationsInADay = 1, RepeatRatio = 0.9 };

    public static TheoryData<string, string> Cases => new()
    {
        { "its destination is read by IMAP too", "ThirdPartyServer" },
        { "twenty PCs behind one address, each with its own server", "ThirdPartyServer" },
        { "a camera", "DirectSender" },
        { "a mailer with five MXs", "DirectSender" },
        { "more destinations than a device has", "Unclear" },
        { "a server with a forward", "HomeServer" },
        { "a mailing list: fast and wide, from a server", "HomeServer" },
        { "fast alone", "DirectSender" },
        { "wide alone", "Unclear" },
        { "fast and wide", "Infected" },
        { "wide, and never again", "Infected" },
        { "fast, and never again", "Infected" },
        { "a server that is fast and wide and never tries again", "Infected" },
        { "replies that nobody asked for", "Triangular" },
        { "replies in one window alone", "Unclear" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_host_is_what_its_signs_say(string signs, string expected)
    {
        HostSigns seen = SignsOf(signs);
        HostCase hostCase = HostClassifier.Judge(seen);
        Assert.Equal(expected, hostCase.ToString());
        if (hostCase != HostCase.Unclear)
            Assert.NotEmpty(HostClassifier.Evidence(seen, hostCase));
    }

    [Fact]
    public void The_evidence_names_what_was_seen() => Assert.Equal(
        [
            "more than 60 attempts in 60 s, more than once", "20 or more destinations in 10 minutes, in 3 windows", "hardly ever tries a destination again (2 % of the attempts)",
            "reads and submits no mail at the 32 destinations that are remembered", "active in 5 of the last 24 hours, 3 attempts in the busiest one",
        ],
        HostClassifier.Evidence(Quiet with { Attempts = 500, RepeatRatio = 0.02, Rate = Fast, WideWindows = 3, Destinations = 32 }, HostCase.Infected));

    [Fact]
    public void The_evidence_counts_as_people_do() => Assert.Equal(
        ["reads or submits mail at 1 of its 1 destination", "comes back to a destination after half an hour or more (1 time)", "active in 5 of the last 24 hours, 1 attempt in the busiest one"],
        HostClassifier.Evidence(Quiet with { MailProviders = 1, LongRepeats = 1, BusiestHour = 1 }, HostCase.ThirdPartyServer));

    /// <summary>Whoever writes a mail twice a day comes back too: only of a mail server is that a queue.</summary>
    [Theory]
    [InlineData(true, "tries again after half an hour or more, as a queue does (4 times)")]
    [InlineData(false, "comes back to a destination after half an hour or more (4 times)")]
    public void Only_a_server_has_a_queue(bool receivesMail, string evidence) =>
        Assert.Contains(evidence, HostClassifier.Evidence(Quiet with { LongRepeats = 4, ReceivesMail = receivesMail }, HostCase.DirectSender));

    private static HostSigns SignsOf(string description) => description switch
    {
        "its destination is read by IMAP too" => Quiet with { MailProviders = 1 },
        "twenty PCs behind one address, each with its own server" => Quiet with { Attempts = 200, Destinations = 20, DestinationsInADay = 20, MailProviders = 15, BusiestHour = 80, Rate = Fast, WideWindows = 4 },
        "a camera" => Quiet with { Period = 300 },
        "a mailer with five MXs" => Quiet with { Destinations = 5, DestinationsInADay = 5, RepeatRatio = 0.5 },
        "more destinations than a device has" => Quiet with { Destinations = 6, DestinationsInADay = 6 },
        "a server with a forward" => Quiet with { ReceivesMail = true, Destinations = 12, DestinationsInADay = 12, LongRepeats = 4 },
        "a mailing list: fast and wide, from a server" => Quiet with { ReceivesMail = true, Attempts = 300, Destinations = 32, DestinationsInADay = 150, Rate = Fast, WideWindows = 2, RepeatRatio = 0.3 },
        "fast alone" => Quiet with { Rate = Fast },
        "wide alone" => Quiet with { WideWindows = 5, Destinations = 32, DestinationsInADay = 40, RepeatRatio = 0.5 },
        "fast and wide" => Quiet with { Rate = Fast, WideWindows = 2, Destinations = 32, RepeatRatio = 0.5 },
        "wide, and never again" => Quiet with { Attempts = 100, WideWindows = 2, Destinations = 32, RepeatRatio = 0.01 },
        "fast, and never again" => Quiet with { Attempts = 100, Rate = Fast, Destinations = 32, RepeatRatio = 0.01 },
        "a server that is fast and wide and never tries again" => Quiet with { ReceivesMail = true, Attempts = 1000, Rate = Fast, WideWindows = 4, Destinations = 32, RepeatRatio = 0.01 },
        "replies that nobody asked for" => new HostSigns { Unasked = 40, StrangerWindows = 2 },
        "replies in one window alone" => new HostSigns { Unasked = 4, StrangerWindows = 1 },
        _ => throw new ArgumentOutOfRangeException(nameof(description)),
    };
}
