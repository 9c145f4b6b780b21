using System.Globalization;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// F16, F17: a real Postfix on the server at home has a conversation open with the outside when the blocking begins. The outside server takes its time over it: Postfix's own
/// restriction <c>sleep</c>.
/// </summary>
[Collection(MailLab.Collection)]
public sealed class CutOverTest(MailLab lab) : IClassFixture<MailLab>, IAsyncLifetime
{
    const string Outside = "info@example.net", CutOver = "2008-04-01T11:00:00+09:00";

    const int PauseSeconds = 13;

    /// <summary>Long enough that the router is up, and the conversation open, before it is over; short enough that the conversation is open still.</summary>
    static readonly TimeSpan Lead = TimeSpan.FromSeconds(10);

    readonly string _word = "w" + Guid.NewGuid().ToString("N");

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task Kill_ends_an_open_conversation_and_the_mail_stays_in_the_queue(string family)
    {
        var log = await OpenBeforeCutOverAsync(family, "Kill");
        await LoggedAsync(log, "lost connection with mx.example.net[" + AddressOf(family));
        await LoggedAsync(log, "status=deferred");
        await LoggedAsync(log, "connect to mx.example.net[203.0.113.25]:25: No route to host");
        await LoggedAsync(log, "connect to mx.example.net[2001:db8:25:3::25]:25: Permission denied");
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task Drain_lets_an_open_conversation_end_and_refuses_the_next(string family)
    {
        var log = await OpenBeforeCutOverAsync(family, "Drain");
        await LoggedAsync(log, "status=sent", "mx.example.net[" + AddressOf(family));
        await MailLab.ArrivedAsync("external", _word);

        var next = "w" + Guid.NewGuid().ToString("N");
        log = (await MailLab.LogAsync("home")).Length;
        await MailLab.SendmailAsync("home", next, Outside);
        await LoggedAsync(log, "connect to mx.example.net[203.0.113.25]:25: No route to host");
        await LoggedAsync(log, "connect to mx.example.net[2001:db8:25:3::25]:25: Permission denied");
        await LoggedAsync(log, "status=deferred");
        Assert.Empty(await MailLab.MailboxAsync("external", next));
    }

    /// <summary>Returns when the conversation has been let through, and the blocking has begun; gives the length of the sender's log at the beginning.</summary>
    async Task<int> OpenBeforeCutOverAsync(string family, string openSessions)
    {
        await MailLab.LabCheckedAsync("prefer", "home", family);
        var asOf = (DateTimeOffset.Parse(CutOver, CultureInfo.InvariantCulture) - Lead).ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
        string[] drain = openSessions == "Drain" ? ["--set", "Op25b:Phases:1:DrainSeconds=60"] : [];
        await MailLab.RestartRouterAsync(["--as-of", asOf, "--set", $"Op25b:Phases:1:OpenSessions={openSessions}", .. drain]);
        var log = (await MailLab.LogAsync("home")).Length;
        await MailLab.SendmailAsync("home", _word, Outside);
        var monitored = Series.Of("router_op25b_attempts_total", ("family", family), ("group", "dynamic"), ("phase", "notice"), ("outcome", "monitored"));
        await Eventually.TrueAsync(async () => (await MailLab.MetricsAsync())[monitored] == 1, MailLab.Soon, () => "the conversation begins before the cut-over");
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        await Eventually.TrueAsync(async () => (await MailLab.MetricsAsync())[Series.Of("router_op25b_phase_info", ("phase", "op25b"), ("mode", "Block"))] == 1, MailLab.Soon, () => "the blocking begins");
        return log;
    }

    static string AddressOf(string family) => family == "ipv6" ? "2001:db8:25:3::25]" : "203.0.113.25]";

    static Task LoggedAsync(int before, params string[] words) =>
        Eventually.TrueAsync(async () => (await MailLab.LogAsync("home", before)).Split('\n').Any(line => words.All(word => line.Contains(word, StringComparison.Ordinal))),
            MailLab.Soon, () => $"home's log has a line with {string.Join(" and ", words)}");

    public async ValueTask InitializeAsync()
    {
        await lab.UpAsync();
        await SlowAsync($"sleep {PauseSeconds}");
    }

    public async ValueTask DisposeAsync()
    {
        await SlowAsync("");
        // What was refused must not be delivered into the next test.
        await MailLab.LabCheckedAsync("exec", "home", "postsuper", "-c", MailLab.ConfigurationOf("home"), "-d", "ALL");
    }

    static async Task SlowAsync(string restrictions)
    {
        await MailLab.LabCheckedAsync("exec", "external", "postconf", "-c", MailLab.ConfigurationOf("external"), "-e", "smtpd_data_restrictions=" + restrictions);
        await MailLab.LabCheckedAsync("exec", "external", "postfix", "-c", MailLab.ConfigurationOf("external"), "reload");
    }
}
