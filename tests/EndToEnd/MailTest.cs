using System.Security.Cryptography;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>Real mail through the lab: delivered or refused at both ends, and the only policy counters that moved. Frames are TCP's business and are not counted.</summary>
public sealed class MailTest(MailLab lab) : IClassFixture<MailLab>, IAsyncLifetime
{
    const string Outside = "info@example.net";

    bool _isOther;

    readonly string _word = "w" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task The_provider_s_server_relays_on_25_for_its_own_range()
    {
        var before = await MailLab.MetricsAsync();
        await AssertSentAsync(await MailLab.MailAsync("client", Outside, _word, "--server", "mail.seikyou.example"), "external");
        await AssertOnlyMovedAsync(before, (Attempts("dynamic", "allowed_own"), 1), (Attempts("ungrouped", "allowed_own"), 1));
    }

    [Theory]
    [InlineData("587", "-tls")]
    [InlineData("465", "-tlsc")]
    public async Task The_provider_s_server_takes_submissions_with_a_password(string port, string tls)
    {
        var before = await MailLab.MetricsAsync();
        string[] options = [.. lab.Taro.Select(option => option == "-tls" ? tls : option)];
        await AssertSentAsync(await MailLab.MailAsync("client", Outside, _word, ["--server", "mail.seikyou.example", "--port", port, .. options]), "external");
        await AssertOnlyMovedAsync(before, (Attempts("ungrouped", "allowed_own"), 1));
    }

    [Fact]
    public async Task An_outside_server_takes_submissions_on_587_and_the_filter_does_not_look_at_it()
    {
        var before = await MailLab.MetricsAsync();
        await AssertSentAsync(await MailLab.MailAsync("client", Outside, _word, ["--server", "mx.example.net", "--port", "587", .. lab.Hanako]), "external");
        await AssertOnlyMovedAsync(before);
    }

    [Theory]
    [InlineData("Icmp", "No route to host")]
    [InlineData("Reset", "Connection refused")]
    public async Task Straight_to_the_outside_on_25_is_refused_at_once(string action, string text)
    {
        await RestartRouterAsync("--as-of", MailLab.WhileBlocking, "--set", $"Op25b:Phases:1:Action={action}");
        var log = (await MailLab.LogAsync("external")).Length;
        var before = await MailLab.MetricsAsync();
        var result = await MailLab.MailAsync("client", Outside, _word, "--server", "mx.example.net");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(text, result.Output + result.Error, StringComparison.Ordinal);
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        Assert.DoesNotContain("connect from", await MailLab.LogAsync("external", log), StringComparison.Ordinal);
        await AssertOnlyMovedAsync(before, (Attempts("dynamic", "blocked"), 1), (Blocked, 1));
    }

    [Fact]
    public async Task Where_the_action_is_Drop_the_sender_waits_in_vain()
    {
        await RestartRouterAsync("--as-of", MailLab.WhileBlocking, "--set", "Op25b:Phases:1:Action=Drop");
        var before = await MailLab.MetricsAsync();
        var result = await MailLab.MailAsync("client", Outside, _word, "--server", "mx.example.net", "--timeout", "3");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("timeout", result.Output + result.Error, StringComparison.Ordinal);
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        var after = await MailLab.MetricsAsync();
        Assert.Equal(1, after[Attempts("dynamic", "blocked")] - before[Attempts("dynamic", "blocked")]); // a SYN and its retries are one attempt (F19)
        Assert.InRange(after[Blocked] - before[Blocked], 2, 6);
    }

    [Fact]
    public async Task A_home_server_is_deferred_and_its_queue_is_delivered_once_it_may_send()
    {
        var log = (await MailLab.LogAsync("home")).Length;
        var before = await MailLab.MetricsAsync();
        await MailLab.SendmailAsync("home", _word, Outside);
        await LoggedAsync("home", log, "status=deferred", "No route to host");
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        var after = await MailLab.MetricsAsync();
        Assert.True(after[Blocked] > before[Blocked]);
        Assert.Equal(after[Blocked] - before[Blocked], after[Attempts("dynamic", "blocked")] - before[Attempts("dynamic", "blocked")]);

        await RestartRouterAsync("--as-of", MailLab.BeforeBlocking);
        await MailLab.ArrivedAsync("external", _word);
        await LoggedAsync("home", log, "status=sent", "mx.example.net[203.0.113.25]:25");
        Assert.Equal(1, (await MailLab.MetricsAsync())[Series.Of("router_op25b_attempts_total", ("family", "ipv4"), ("group", "dynamic"), ("phase", "notice"), ("outcome", "monitored"))]);
    }

    [Fact]
    public async Task The_world_reaches_the_provider_s_server_and_the_server_at_home_several_recipients_at_once()
    {
        var before = await MailLab.MetricsAsync();
        var log = (await MailLab.LogAsync("external")).Length;
        await MailLab.SendmailAsync("external", _word, "taro@seikyou.example", "jiro@seikyou.example", "saburo@home.example");
        await MailLab.ArrivedAsync("mta", _word, 2);
        await MailLab.ArrivedAsync("home", _word);
        await LoggedAsync("external", log, "status=sent", "<saburo@home.example>");
        await AssertOnlyMovedAsync(before);
    }

    [Fact]
    public async Task An_exempt_subscriber_sends_straight_to_the_outside()
    {
        var before = await MailLab.MetricsAsync();
        await AssertSentAsync(await MailLab.MailAsync("fixed", Outside, _word, "--server", "mx.example.net"), "external");
        await AssertOnlyMovedAsync(before, (Attempts("fixed-ip", "allowed_exempt"), 1));
    }

    [Fact]
    public async Task Before_the_date_everything_passes_and_is_counted()
    {
        await RestartRouterAsync("--as-of", MailLab.BeforeBlocking);
        await AssertSentAsync(await MailLab.MailAsync("client", Outside, _word, "--server", "mx.example.net"), "external");
        Assert.Equal(1, (await MailLab.MetricsAsync())[Series.Of("router_op25b_attempts_total", ("family", "ipv4"), ("group", "dynamic"), ("phase", "notice"), ("outcome", "monitored"))]);
    }

    [Fact]
    public async Task After_the_SMTP_AUTH_date_the_provider_s_server_relays_only_with_a_password()
    {
        await MailLab.LabCheckedAsync("auth", "after");
        var refused = await MailLab.MailAsync("client", Outside, _word, "--server", "mail.seikyou.example");
        Assert.Equal(24, refused.ExitCode);
        Assert.Contains("Relay access denied", refused.Output, StringComparison.Ordinal);
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        await AssertSentAsync(await MailLab.MailAsync("client", Outside, _word, ["--server", "mail.seikyou.example", "--port", "587", .. lab.Taro]), "external");
        await MailLab.LabCheckedAsync("auth", "before");
    }

    [Fact]
    public async Task Twenty_megabytes_arrive_byte_for_byte()
    {
        var before = await MailLab.MetricsAsync();
        var sent = RandomNumberGenerator.GetBytes(20_000_000);
        var file = Path.GetTempFileName();
        var attachment = "/tmp/" + _word;
        try
        {
            await File.WriteAllBytesAsync(file, sent, TestContext.Current.CancellationToken);
            await MailLab.LabFromAsync(file, "exec", "client", "dd", "of=" + attachment, "status=none");
            await AssertSentAsync(await MailLab.MailAsync("client", Outside, _word, ["--server", "mx.example.net", "--port", "587", "--attach", "@" + attachment, "--suppress-data", .. lab.Hanako]), "external");
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

    [Fact]
    public async Task A_hundred_mails_at_once_arrive_by_the_provider_s_server()
    {
        var before = await MailLab.MetricsAsync();
        await MailLab.LabCheckedAsync("exec", "client", "smtp-source", "-c", "-m", "100", "-s", "20", "-l", "2048", "-S", _word, "-f", "taro@seikyou.example", "-t", Outside, "mail.seikyou.example:25");
        await MailLab.ArrivedAsync("external", _word, 100);
        var after = await MailLab.MetricsAsync();
        Assert.Equal(before[Blocked], after[Blocked]);
        Assert.InRange(after[Attempts("dynamic", "allowed_own")] - before[Attempts("dynamic", "allowed_own")], 20, 100);
    }

    public async ValueTask InitializeAsync() => await lab.UpAsync();

    /// <summary>Leaves a router that blocks by ICMP, whatever the test made of it.</summary>
    public async ValueTask DisposeAsync()
    {
        Assert.Empty((await MailLab.MetricsAsync()).Imbalances());
        if (_isOther)
            await RestartRouterAsync("--as-of", MailLab.WhileBlocking);
    }

    async Task RestartRouterAsync(params string[] options)
    {
        _isOther = true;
        await MailLab.RestartRouterAsync(options);
    }

    static Series Blocked => Counters.Dropped("lan", "Op25bBlocked");

    static Series Attempts(string group, string outcome) => Series.Of("router_op25b_attempts_total", ("family", "ipv4"), ("group", group), ("phase", "op25b"), ("outcome", outcome));

    async Task AssertSentAsync(ProcessResult result, string host)
    {
        Assert.True(result.ExitCode == 0, result.ToString());
        await MailLab.ArrivedAsync(host, _word);
    }

    static Task LoggedAsync(string host, int before, params string[] words) =>
        Eventually.TrueAsync(async () => (await MailLab.LogAsync(host, before)).Split('\n').Any(line => words.All(word => line.Contains(word, StringComparison.Ordinal))),
            MailLab.Soon, () => $"{host}'s log has a line with {string.Join(" and ", words)}");

    /// <summary>Of attempts and drops, exactly these moved. This version drops all IPv6, which the hosts speak of their own accord.</summary>
    static async Task AssertOnlyMovedAsync(Metrics before, params (Series Series, double Amount)[] expected)
    {
        var after = await MailLab.MetricsAsync();
        var moved = after.Values.Where(sample => sample.Key.Name is "router_op25b_attempts_total" or "router_dropped_frames_total" && sample.Value != before[sample.Key]
            && !(sample.Key.Label("reason") ?? "").StartsWith("Ipv6", StringComparison.Ordinal)).Select(sample => $"{sample.Key} +{sample.Value - before[sample.Key]}");
        Assert.Equal(expected.Select(entry => $"{entry.Series} +{entry.Amount}").Order(StringComparer.Ordinal), moved.Order(StringComparer.Ordinal));
    }
}
