using Support;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// OP25B.md section 2, SmtpReply: the only refusal that a person can read, with real mail programs over each family. The server that was tried hears nothing of it.
/// </summary>
[Collection(MailLab.Collection)]
public sealed class SmtpReplyTest(MailLab lab) : IClassFixture<MailLab>, IAsyncLifetime
{
    const string Outside = "info@example.net", HelpUrl = "https://www.seikyou.example/port25";

    /// <summary>swaks: the server refused in its greeting.</summary>
    const int RefusedByGreeting = 21;

    /// <summary>tests/MailClient, which sends with MailKit.</summary>
    static readonly string MailClient = Path.Combine(Repository.Root, "tests/MailClient/bin/Release/net10.0/MailClient");

    readonly string _word = "w" + Guid.NewGuid().ToString("N");

    [Theory]
    [InlineData("ipv4", "203.0.113.25", "192.168.25.10")]
    [InlineData("ipv6", "2001:db8:25:3::25", "2001:db8:25:1::10")]
    public async Task Every_mail_program_reads_why(string family, string server, string client)
    {
        foreach (var tool in new[] { "curl", "python3" })
            Needs.Tool(tool);
        Needs.File(MailClient, "build it: dotnet build -c Release");
        var log = (await MailLab.LogAsync("external")).Length;
        var before = await MailLab.MetricsAsync();
        var swaks = await MailLab.MailAsync("client", family, Outside, _word, "--server", "mx.example.net");
        Assert.Equal(RefusedByGreeting, swaks.ExitCode);
        AssertReads(swaks, $"<** 554-5.7.1 Port 25 is blocked for {client} by its provider.", $"<** 554 5.7.1 See {HelpUrl}", "<-  221 2.0.0 Bye");
        AssertReads(await OnClientAsync("curl", family == "ipv4" ? "-4" : "-6", "-v", "--max-time", "20", "--mail-from", "a@client.example", "--mail-rcpt", Outside, "-T", "/etc/hostname", "smtp://mx.example.net"), "554 5.7.1", HelpUrl);
        AssertReads(await OnClientAsync("/usr/bin/python3", "-c", $"import smtplib; smtplib.SMTP('{server}', timeout=20)"), "SMTPConnectError", "554", HelpUrl);
        AssertReads(await OnClientAsync(MailClient, server, "a@client.example", Outside), "SmtpCommandException", client, HelpUrl);
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        Assert.DoesNotContain("connect from", await MailLab.LogAsync("external", log), StringComparison.Ordinal);
        var after = await MailLab.MetricsAsync();
        Assert.Equal(4, after[Attempts(family)] - before[Attempts(family)]);
    }

    [Fact]
    public async Task A_home_server_logs_why_over_both_families_and_keeps_its_mail()
    {
        var log = (await MailLab.LogAsync("home")).Length;
        await MailLab.SendmailAsync("home", _word, Outside);
        await LoggedAsync("home", log, "[203.0.113.25] refused to talk to me: 554-5.7.1 Port 25 is blocked for 192.168.25.20 by", HelpUrl);
        await LoggedAsync("home", log, "[2001:db8:25:3::25] refused to talk to me: 554-5.7.1 Port 25 is blocked for 2001:db8:25:1::20 by", HelpUrl);
        await LoggedAsync("home", log, "status=deferred", HelpUrl);
        Assert.Empty(await MailLab.MailboxAsync("external", _word));
        await MailLab.RestartRouterAsync("--as-of", MailLab.BeforeBlocking);
        await MailLab.ArrivedAsync("external", _word);
    }

    /// <summary>What a second implementation says of the router's segments: checksums, numbers, SMTP.</summary>
    [Theory]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    public async Task A_capture_of_the_conversation_decodes_cleanly(string family)
    {
        foreach (var tool in new[] { "tcpdump", "tshark" })
            Needs.Tool(tool);
        var folder = Directory.CreateTempSubdirectory("op25b-capture-");
        try
        {
            var file = Path.Combine(folder.FullName, "conversation.pcap");
            await using var capture = HostProcess.Start("ip", "netns", "exec", $"{MailLab.Prefix}-client", "tcpdump", "-Z", "root", "--immediate-mode", "-U", "-i", "eth0", "-w", file, "tcp port 25");
            await Eventually.TrueAsync(() => capture.Error.Contains("listening on", StringComparison.Ordinal), MailLab.Soon, () => "tcpdump listens: " + capture.Error);
            Assert.Equal(RefusedByGreeting, (await MailLab.MailAsync("client", family, Outside, _word, "--server", "mx.example.net")).ExitCode);
            string[] expected = ["0x0012|", "0x0018|554", "0x0019|221", "0x0010|"];
            var said = "";
            await Eventually.TrueAsync(
                async () => (said = await DecodeAsync(file, "tcp.srcport == 25", "tcp.flags", "smtp.response.code")).Split('\n').Length > expected.Length,
                MailLab.Soon, () => $"the last acknowledgment is captured: {said}");
            Assert.Equal(expected, said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')[0]));
            Assert.Contains(HelpUrl, await DecodeAsync(file, "smtp.response", "smtp.rsp.parameter"), StringComparison.Ordinal);
            Assert.Equal("", await DecodeAsync(file, "_ws.malformed || tcp.analysis.flags || tcp.srcport == 25 && (tcp.checksum.status != 1 || ip.checksum.status == 0)", "frame.number", "_ws.expert.message"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(MailLab.Elsewhere is not null, "It captures and sends in namespaces of this machine.");
        await lab.UpAsync();
        await MailLab.RestartRouterAsync("--as-of", MailLab.WhileBlocking, "--set", "Op25b:Phases:1:Action=SmtpReply", "--set", $"Op25b:SmtpReply:HelpUrl={HelpUrl}");
    }

    public async ValueTask DisposeAsync() => Assert.Empty((await MailLab.MetricsAsync()).Imbalances());

    static Task<ProcessResult> OnClientAsync(params string[] command) => MailLab.LabAsync(["exec", "client", .. command]);

    /// <summary>The fields of each captured frame that the filter takes, a line each; checksums are verified.</summary>
    static async Task<string> DecodeAsync(string file, string filter, params string[] fields)
    {
        var result = await HostProcess.RunAsync(["tshark", "-r", file, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", filter, "-T", "fields", "-E", "separator=|",
            .. fields.SelectMany(field => new[] { "-e", field })], TimeSpan.FromSeconds(30));
        return result.Output;
    }

    static void AssertReads(ProcessResult result, params string[] texts)
    {
        Assert.NotEqual(0, result.ExitCode);
        Assert.All(texts, text => Assert.Contains(text, result.Output + result.Error, StringComparison.Ordinal));
    }

    static Series Attempts(string family) =>
        Series.Of("router_op25b_attempts_total", ("family", family), ("group", "dynamic"), ("phase", "op25b"), ("outcome", "blocked"));

    static Task LoggedAsync(string host, int before, params string[] words) =>
        Eventually.TrueAsync(async () => (await MailLab.LogAsync(host, before)).Split('\n').Any(line => words.All(word => line.Contains(word, StringComparison.Ordinal))),
            MailLab.Soon, () => $"{host}'s log has a line with {string.Join(" and ", words)}");
}
