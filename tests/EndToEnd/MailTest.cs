using System.Security.Cryptography;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// Real mail through the lab, over each family (named as the metrics name it): delivered or refused at both ends, and the only policy counters that moved. Frames are TCP's
/// business and are not counted.
/// </summary>
[Collection(MailLab.Collection)]
public sealed class MailTest(MailLab lab) : IClassFixture<MailLab>, IAsyncLifetime
{
    const string Outside = "info@example.net";

    /// <summary>The family that the provider's server relays over: Postfix is told which one it prefers.</summary>
    const string Mta = "ipv4";

    bool _isOther;

    readonly string _word = "w" + Guid.NewGuid().ToString("N");

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task The_provider_s_server_relays_on_25_for_its_own_range(string family)
    {
        var before = await MailLab.MetricsAsync();
        await AssertSentAsync(await MailLab.MailAsync("client", family, Outside, _word, "--server", "mail.seikyou.example"), "external");
        await AssertOnlyMovedAsync(before, (Attempts(family, "dynamic", "allowed_own"), 1), (Attempts(Mta, "ungrouped", "allowed_own"), 1));
    }

    [Theory]
    [InlineData("ipv4", "587", "-tls")]
    [InlineData("ipv4", "465", "-tlsc")]
    [InlineData("ipv6", "587", "-tls")]
    [InlineData("ipv6", "465", "-tlsc")]
    public async Task The_provider_s_server_takes_submissions_with_a_password(string family, string port, string tls)
    {
        var before = await MailLab.MetricsAsync();
        string[] options = [.. lab.Taro.Select(option => option == "-tls" ? tls : option)];
        await AssertSentAsync(await MailLab.MailAsync("client", family, Outside, _word, ["--server", "mail.seikyou.example", "--port", port, .. options]), "external");
        await AssertOnlyMovedAsync(before, (Attempts(Mta, "ungrouped", "allowed_own"), 1));
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task An_outside_server_takes_submissions_on_587_and_the_filter_does_not_look_at_it(string family)
    {
        var before = await MailLab.MetricsAsync();
        await AssertSentAsync(await MailLab.MailAsync("client", family, Outside, _word, ["--server", "mx.example.net", "--port", "587", .. lab.Hanako]), "external");
        await AssertOnlyMovedAsync(before);
    }

    /// <summary>F7, F15: what a person sees, over each family.</summary>
    [Theory]
    [InlineData("ipv4", "Icmp", "No route to host")]
    [InlineData("ipv4", "Reset", "Connection refused")]
    [InlineData("ipv6", "Icmp", "Permission denied")]
    [InlineData("ipv6", "Reset", "Connection refused")]
    public async Task Straight_to_the_outside_on_25_is_refused_at_once(string family, string action, string text)
    {
        await RestartRouterAsync("--as-of", MailLab.WhileBlocking, "--set", $"Op25b:Phases:1:Action={action}");
        var log = (await MailLab.LogAsync("external")).Length;
        var before = await MailLab.MetricsAsync();
        var result = await MailLab.MailAsync("client", family, Outside, _word, "--server", "mx.example.net");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(text, result.Output + result.Error, StringComparison.Ordinal);
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        Assert.DoesNotContain("connect from", await MailLab.LogAsync("external", log), StringComparison.Ordinal);
        await AssertOnlyMovedAsync(before, (Attempts(family, "dynamic", "blocked"), 1), (Blocked, 1));
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task Where_the_action_is_Drop_the_sender_waits_in_vain(string family)
    {
        await RestartRouterAsync("--as-of", MailLab.WhileBlocking, "--set", "Op25b:Phases:1:Action=Drop");
        var before = await MailLab.MetricsAsync();
        var result = await MailLab.MailAsync("client", family, Outside, _word, "--server", "mx.example.net", "--timeout", "3");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("timeout", result.Output + result.Error, StringComparison.Ordinal);
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        var after = await MailLab.MetricsAsync();
        Assert.Equal(1, after[Attempts(family, "dynamic", "blocked")] - before[Attempts(family, "dynamic", "blocked")]); // a SYN and its retries are one attempt (F19)
        Assert.InRange(after[Blocked] - before[Blocked], 2, 6);
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task A_home_server_is_deferred_and_its_queue_is_delivered_once_it_may_send(string family)
    {
        await MailLab.LabCheckedAsync("prefer", "home", family);
        var log = (await MailLab.LogAsync("home")).Length;
        var before = await MailLab.MetricsAsync();
        await MailLab.SendmailAsync("home", _word, Outside);
        await LoggedAsync("home", log, "connect to mx.example.net[203.0.113.25]:25: No route to host");
        await LoggedAsync("home", log, "connect to mx.example.net[2001:db8:25:3::25]:25: Permission denied");
        await LoggedAsync("home", log, "status=deferred");
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        var after = await MailLab.MetricsAsync();
        string[] families = ["ipv4", "ipv6"];
        Assert.All(families, one => Assert.True(after[Attempts(one, "dynamic", "blocked")] > before[Attempts(one, "dynamic", "blocked")]));
        Assert.Equal(after[Blocked] - before[Blocked], families.Sum(one => after[Attempts(one, "dynamic", "blocked")] - before[Attempts(one, "dynamic", "blocked")]));

        await RestartRouterAsync("--as-of", MailLab.BeforeBlocking);
        await MailLab.ArrivedAsync("external", _word);
        await LoggedAsync("home", log, "status=sent", family == "ipv4" ? "mx.example.net[203.0.113.25]:25" : "mx.example.net[2001:db8:25:3::25]:25");
        Assert.Equal(1, (await MailLab.MetricsAsync())[Attempts(family, "dynamic", "monitored", "notice")]);
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task The_world_reaches_the_provider_s_server_and_the_server_at_home_several_recipients_at_once(string family)
    {
        await MailLab.LabCheckedAsync("prefer", "external", family);
        var before = await MailLab.MetricsAsync();
        var log = (await MailLab.LogAsync("external")).Length;
        await MailLab.SendmailAsync("external", _word, "taro@seikyou.example", "jiro@seikyou.example", "saburo@home.example");
        await MailLab.ArrivedAsync("mta", _word, 2);
        await MailLab.ArrivedAsync("home", _word);
        await LoggedAsync("external", log, "status=sent", "<saburo@home.example>", family == "ipv4" ? "[203.0.113.2]:25" : "[2001:db8:25:1::20]:25");
        await LoggedAsync("external", log, "status=sent", "<taro@seikyou.example>", family == "ipv4" ? "[198.51.100.25]:25" : "[2001:db8:25:2::25]:25");
        await AssertOnlyMovedAsync(before);
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task An_exempt_subscriber_sends_straight_to_the_outside(string family)
    {
        var before = await MailLab.MetricsAsync();
        await AssertSentAsync(await MailLab.MailAsync("fixed", family, Outside, _word, "--server", "mx.example.net"), "external");
        await AssertOnlyMovedAsync(before, (Attempts(family, "fixed-ip", "allowed_exempt"), 1));
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task Before_the_date_everything_passes_and_is_counted(string family)
    {
        await RestartRouterAsync("--as-of", MailLab.BeforeBlocking);
        await AssertSentAsync(await MailLab.MailAsync("client", family, Outside, _word, "--server", "mx.example.net"), "external");
        Assert.Equal(1, (await MailLab.MetricsAsync())[Attempts(family, "dynamic", "monitored", "notice")]);
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task After_the_SMTP_AUTH_date_the_provider_s_server_relays_only_with_a_password(string family)
    {
        await MailLab.LabCheckedAsync("auth", "after");
        var refused = await MailLab.MailAsync("client", family, Outside, _word, "--server", "mail.seikyou.example");
        Assert.Equal(24, refused.ExitCode);
        Assert.Contains("Relay access denied", refused.Output, StringComparison.Ordinal);
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        await AssertSentAsync(await MailLab.MailAsync("client", family, Outside, _word, ["--server", "mail.seikyou.example", "--port", "587", .. lab.Taro]), "external");
        await MailLab.LabCheckedAsync("auth", "before");
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task Twenty_megabytes_arrive_byte_for_byte(string family)
    {
        var before = await MailLab.MetricsAsync();
        var sent = RandomNumberGenerator.GetBytes(20_000_000);
        var file = Path.GetTempFileName();
        var attachment = "/tmp/" + _word;
        try
        {
            await File.WriteAllBytesAsync(file, sent, TestContext.Current.CancellationToken);
            await MailLab.LabFromAsync(file, "exec", "client", "dd", "of=" + attachment, "status=none");
            await AssertSentAsync(await MailLab.MailAsync("client", family, Outside, _word, ["--server", "mx.example.net", "--port", "587", "--attach", "@" + attachment, "--suppress-data", .. lab.Hanako]), "external");
        }
        finally
        {
            File.Delete(file);
            await MailLab.LabAsync("exec", "client", "rm", "-f", attachment);
        }

        var mail = await MailLab.LabCheckedAsync("exec", "external", "cat", (await MailLab.ArrivedAsync("external", _word))[0]);
        var part = mail[mail.LastIndexOf("Content-Transfer-Encoding: BASE64", StringComparison.OrdinalIgnoreCase)..];
        part = part[(part.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        Assert.Equal(sent, Convert.FromBase64String(part[..part.IndexOf("\n--", StringComparison.Ordinal)]));
        await AssertOnlyMovedAsync(before);
    }

    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task A_hundred_mails_at_once_arrive_by_the_provider_s_server(string family)
    {
        var before = await MailLab.MetricsAsync();
        await MailLab.LabCheckedAsync("exec", "client", "smtp-source", family == "ipv4" ? "-4" : "-6", "-c", "-m", "100", "-s", "20", "-l", "2048", "-S", _word, "-f", "taro@seikyou.example", "-t", Outside, "mail.seikyou.example:25");
        await MailLab.ArrivedAsync("external", _word, 100);
        var after = await MailLab.MetricsAsync();
        Assert.Equal(before[Blocked], after[Blocked]);
        Assert.InRange(after[Attempts(family, "dynamic", "allowed_own")] - before[Attempts(family, "dynamic", "allowed_own")], 20, 100);
    }

    /// <summary>RFC 4862: what the host has is the router's advertisement alone. ICMPv6 1/1 is what its kernel calls "Permission denied".</summary>
    [Fact]
    public async Task A_host_that_the_advertisement_configured_sends_by_the_provider_s_server_and_is_refused_straight_to_the_outside()
    {
        Assert.Matches(@"^default via fe80::[0-9a-f:]+ dev eth0 proto ra ", await MailLab.LabCheckedAsync("exec", "phone", "ip", "-6", "route", "show", "default"));
        Assert.DoesNotContain("inet ", await MailLab.LabCheckedAsync("exec", "phone", "ip", "addr", "show", "dev", "eth0"), StringComparison.Ordinal);
        var before = await MailLab.MetricsAsync();
        await AssertSentAsync(await MailLab.MailAsync("phone", "ipv6", Outside, _word, "--server", "mail.seikyou.example"), "external");
        await AssertOnlyMovedAsync(before, (Attempts("ipv6", "dynamic", "allowed_own"), 1), (Attempts(Mta, "ungrouped", "allowed_own"), 1));

        before = await MailLab.MetricsAsync();
        var prohibited = await ProhibitedAsync();
        var result = await MailLab.MailAsync("phone", "ipv6", Outside, _word, "--server", "mx.example.net");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("Permission denied", result.Output + result.Error, StringComparison.Ordinal);
        Assert.Equal(prohibited + 1, await ProhibitedAsync());
        await AssertOnlyMovedAsync(before, (Attempts("ipv6", "dynamic", "blocked"), 1), (Blocked, 1));
    }

    public async ValueTask InitializeAsync() => await lab.UpAsync();

    /// <summary>Leaves a router that blocks by ICMP, whatever the test made of it.</summary>
    public async ValueTask DisposeAsync()
    {
        Assert.Empty((await MailLab.MetricsAsync()).Imbalances());
        if (_isOther)
            await RestartRouterAsync("--as-of", MailLab.WhileBlocking);
    }

    /// <summary>ICMPv6 messages of type 1, destination unreachable, that the phone has received.</summary>
    static async Task<int> ProhibitedAsync() =>
        int.Parse((await MailLab.LabCheckedAsync("exec", "phone", "awk", "$1 == \"Icmp6InType1\" { n = $2 } END { print n + 0 }", "/proc/net/snmp6")).Trim());

    async Task RestartRouterAsync(params string[] options)
    {
        _isOther = true;
        await MailLab.RestartRouterAsync(options);
    }

    static Series Blocked => Counters.Dropped("lan", "Op25bBlocked");

    static Series Attempts(string family, string group, string outcome, string phase = "op25b") =>
        Series.Of("router_op25b_attempts_total", ("family", family), ("group", group), ("phase", phase), ("outcome", outcome));

    async Task AssertSentAsync(ProcessResult result, string host)
    {
        Assert.True(result.ExitCode == 0, result.ToString());
        await MailLab.ArrivedAsync(host, _word);
    }

    static Task LoggedAsync(string host, int before, params string[] words) =>
        Eventually.TrueAsync(async () => (await MailLab.LogAsync(host, before)).Split('\n').Any(line => words.All(word => line.Contains(word, StringComparison.Ordinal))),
            MailLab.Soon, () => $"{host}'s log has a line with {string.Join(" and ", words)}");

    /// <summary>
    /// Machines, unlike namespaces, speak by themselves: their kernels and bridges tell their groups and neighbours that they are there. And they are slow: where Postfix closes without
    /// waiting for the answer to QUIT, both ends' last segments cross, and a RST comes when its number is acknowledged already (RFC 5961: its receiver would not take it either).
    /// </summary>
    static bool IsChatter(Series series) =>
        MailLab.Elsewhere is not null && series.Label("reason") is ("MulticastNotRouted" or "MartianSource" or "NeighborDiscoveryNotForUs" or "TcpResetOutOfWindow");

    /// <summary>Of attempts and drops, exactly these moved.</summary>
    static async Task AssertOnlyMovedAsync(Metrics before, params (Series Series, double Amount)[] expected)
    {
        var after = await MailLab.MetricsAsync();
        var moved = after.Values.Where(sample => sample.Key.Name is "router_op25b_attempts_total" or "router_dropped_frames_total" && sample.Value != before[sample.Key] && !IsChatter(sample.Key))
            .Select(sample => $"{sample.Key} +{sample.Value - before[sample.Key]}");
        var (expectedText, movedText) = (string.Join('\n', expected.Select(entry => $"{entry.Series} +{entry.Amount}").Order(StringComparer.Ordinal)), string.Join('\n', moved.Order(StringComparer.Ordinal)));
        Assert.True(expectedText == movedText, $"expected to move:\n{expectedText}\nmoved:\n{movedText}");
    }
}
