using Support;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// Real Postfix and dnsmasq around our router, at a policy time when blocking is in force: lab/lab under a name of this process's own, or what LAB_COMMAND names in its
/// place (vagrant/lab: the same verbs for virtual machines, which are up already).
/// </summary>
public sealed class MailLab : IAsyncLifetime
{
    /// <summary>The collection of the tests that use it, one class after the other: there is one lab of this name.</summary>
    internal const string Collection = "Mail";

    internal const string BeforeBlocking = "2008-03-20T12:00:00+09:00", WhileBlocking = "2008-04-02T12:00:00+09:00";

    /// <summary>Another command than lab/lab, for machines that are not here.</summary>
    internal static readonly string? Elsewhere = Environment.GetEnvironmentVariable("LAB_COMMAND");

    /// <summary>A machine may be emulated, and then takes ten times as long for everything.</summary>
    internal static readonly TimeSpan Soon = TimeSpan.FromSeconds(Elsewhere is null ? 40 : 240);

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(Elsewhere is null ? 90 : 600);

    static readonly string[] Submission = ["-tls", "--tls-verify", "--auth", "PLAIN"];

    /// <summary>SMTP AUTH at the provider's server and at the outside one.</summary>
    internal string[] Taro => [.. Submission, "--tls-ca-path", Certificates, "--auth-user", "taro@mail.seikyou.example", "--auth-password", "taro-secret"];

    internal string[] Hanako => [.. Submission, "--tls-ca-path", Certificates, "--auth-user", "hanako@mx.example.net", "--auth-password", "hanako-secret"];

    internal static string Prefix => $"t{Environment.ProcessId}-0";

    static string Certificates => Elsewhere is null ? $"/run/op25b-lab/{Prefix}/certificates.pem" : "/var/lib/op25b-lab/certificates.pem";

    /// <summary>The configuration of a host's Postfix, there.</summary>
    internal static string ConfigurationOf(string host) => Elsewhere is null ? $"/run/op25b-lab/{Prefix}/{host}/etc" : $"/var/lib/op25b-lab/{host}/etc";

    static string[] Command => Elsewhere is null ? [Path.Combine(Repository.Root, "lab", "lab"), "--prefix", Prefix] : [Elsewhere];

    Task? _up;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Brings it up, once. Each test asks for it, since only a test can be skipped.</summary>
    internal Task UpAsync()
    {
        if (Elsewhere is not null)
            return _up ??= RestartRouterAsync("--as-of", WhileBlocking);
        Needs.Root();
        foreach (var tool in new[] { "ip", "postfix", "saslpasswd2", "dnsmasq", "swaks", "openssl" })
            Needs.Tool(tool);
        Needs.File(UserspaceRouter.Binary, "build it: dotnet build -c Release");
        return _up ??= LabCheckedAsync("up", "--as-of", WhileBlocking);
    }

    public async ValueTask DisposeAsync()
    {
        if (_up is not null && Elsewhere is null)
            await LabAsync("down");
    }

    internal static Task<ProcessResult> LabAsync(params string[] arguments) =>
        HostProcess.RunAsync([.. Command, .. arguments], Limit);

    /// <summary>The same with the file as standard input.</summary>
    internal static async Task LabFromAsync(string file, params string[] arguments)
    {
        var result = await HostProcess.RunAsync(["sh", "-c", "input=$1; shift; exec \"$@\" <\"$input\"", "sh", file, .. Command, .. arguments], Limit);
        Assert.True(result.ExitCode == 0, $"lab {string.Join(' ', arguments)} <{file}: {result}");
    }

    internal static async Task<string> LabCheckedAsync(params string[] arguments)
    {
        var result = await LabAsync(arguments);
        Assert.True(result.ExitCode == 0, $"lab {string.Join(' ', arguments)}: {result}");
        return result.Output;
    }

    /// <summary>The same router process anew, with other options; its counters begin at zero.</summary>
    internal static Task RestartRouterAsync(params string[] options) => LabCheckedAsync(["router", .. options]);

    /// <summary>One mail over a family, ipv4 or ipv6.</summary>
    internal static Task<ProcessResult> MailAsync(string host, string family, string to, string word, params string[] options) =>
        LabAsync(["mail", host, family == "ipv6" ? "-6" : "-4", "--to", to, "--header", $"Subject: {word}", "--timeout", Elsewhere is null ? "10" : "60", .. options]);

    /// <summary>Gives a mail to the host's own Postfix.</summary>
    internal static async Task SendmailAsync(string host, string word, params string[] recipients)
    {
        var text = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(text, $"Subject: {word}\n\n{word}\n");
            await LabFromAsync(text, ["sendmail", host, .. recipients]);
        }
        finally
        {
            File.Delete(text);
        }
    }

    internal static async Task<string[]> MailboxAsync(string host, string word) =>
        (await LabCheckedAsync("mailbox", host, word)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Waits until exactly so many mails with the word have arrived; gives their files.</summary>
    internal static async Task<string[]> ArrivedAsync(string host, string word, int count = 1)
    {
        string[] found = [];
        await Eventually.TrueAsync(async () => (found = await MailboxAsync(host, word)).Length >= count, Soon, () => $"{count} mails with {word} on {host}; there are {found.Length}");
        Assert.Equal(count, found.Length);
        return found;
    }

    /// <summary>The lines of the host's mail log that came since it was <paramref name="before"/> characters long.</summary>
    internal static async Task<string> LogAsync(string host, int before = 0) => (await LabCheckedAsync("log", host))[before..];

    internal static async Task<Metrics> MetricsAsync()
    {
        if (Elsewhere is not null)
            return new Metrics(await LabCheckedAsync("metrics"));
        var status = System.Text.Json.Nodes.JsonNode.Parse(await LabCheckedAsync("status", "--json"))!;
        using var client = new HttpClient();
        return new Metrics(await client.GetStringAsync(new Uri($"http://{status["metrics"]!["listen"]!.GetValue<string>()}/metrics"), TestContext.Current.CancellationToken));
    }
}
