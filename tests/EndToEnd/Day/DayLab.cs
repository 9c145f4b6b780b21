using System.Globalization;
using System.Net;
using Router.Configuration;
using Support;
using Support.EndToEnd;

namespace EndToEnd.Day;

/// <summary>
/// The lab with more subscribers, in the phase that only monitors, where each of them sends real mail with real programs while tcpdump looks on. It is done once, for all tests.
/// </summary>
public sealed class DayLab : IAsyncLifetime
{
    internal const string Outside = "info@example.net";

    /// <summary>The day: a Friday before the date of the lab's notice. The real mail is sent at its noon.</summary>
    internal static readonly DateTimeOffset Midnight = new(2008, 3, 21, 0, 0, 0, TimeSpan.FromHours(9));

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>In IPv6 each of these subscribers has a /64, which the router leads to the host by its address in the LAN.</summary>
    static readonly string[] Delegated = ["10", "30", "40", "50"];

    static readonly string[] Settings =
    [
        .. Delegated.SelectMany((number, index) => new[]
        {
            $"Routes:{index + 2}:Destination=2001:db8:25:{number}::/64", $"Routes:{index + 2}:Via=2001:db8:25:1::{number}", $"Op25b:Groups:0:Sources:{index + 2}=2001:db8:25:{number}::/64",
        }),
    ];

    readonly MailLab _lab = new();
    readonly string _word = "w" + Guid.NewGuid().ToString("N");

    Task? _sent;

    internal IReadOnlyList<Conversation> Conversations { get; private set; } = [];

    /// <summary>The report of the router that carried the mail.</summary>
    internal string LiveReport { get; private set; } = "";

    /// <summary>Who answers ARP and Neighbor Discovery beside the router.</summary>
    internal IEnumerable<(string Interface, IPAddress Address)> Neighbors =>
        Conversations.SelectMany(one => new[] { ("lan", one.Inside), ("wan", one.Outside) })
            .Concat(Delegated.Select(number => ("lan", IPAddress.Parse($"2001:db8:25:1::{number}")))).Distinct();

    internal static RouterConfiguration Configuration() =>
        ConfigurationLoader.Load(new(ConfigurationFile) { Settings = Settings }) is { Configuration: { } configuration } ? configuration : throw new InvalidOperationException("the lab's configuration has errors");

    static string ConfigurationFile => $"/run/op25b-lab/{MailLab.Prefix}/router/router.jsonc";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    internal Task SentAsync()
    {
        Needs.Met(MailLab.Elsewhere is null, "makes network namespaces beside the lab's, and so is not for machines elsewhere");
        foreach (var tool in new[] { "tcpdump", "nft", "ethtool", "curl", "smtp-source" })
            Needs.Tool(tool);
        return _sent ??= SendAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await SubscribersAsync("down");
        await _lab.DisposeAsync();
    }

    async Task SendAsync()
    {
        await _lab.UpAsync();
        await SubscribersAsync("up");
        await MailLab.RestartRouterAsync(["--as-of", Midnight.AddHours(12).ToString("o", CultureInfo.InvariantCulture), .. Settings.SelectMany(setting => new[] { "--set", setting })]);
        await using var capture = await Capture.StartAsync($"{MailLab.Prefix}-router", new Dictionary<string, string> { ["lan"] = Topology.LanTap, ["wan"] = Topology.WanTap });
        await Task.WhenAll(ReceiveAtHomeAsync(), SendFromClientAsync(), SendFromCameraAsync(), SendFromBotAsync(), SendFromOfficeAsync());
        await MailLab.ArrivedAsync("external", _word, 2 * (2 + 1 + 50 + 50));
        await SendFromHomeAsync();
        var report = await HostProcess.RunAsync(UserspaceRouter.Binary, "report", "--json", "--config", ConfigurationFile);
        Assert.True(report.ExitCode == 0, report.ToString());
        LiveReport = report.Output;
        Conversations = Conversation.Of(await capture.EndAsync());
    }

    /// <summary>One mail to port 25 of an outside server, and one to its port 587, with TLS and a password: as a mail program that its user has half set up.</summary>
    async Task SendFromClientAsync()
    {
        foreach (var family in new[] { "ipv4", "ipv6" })
        {
            await SentAsync(MailLab.MailAsync("client", family, Outside, _word, ["--server", "mx.example.net", "--port", "587", .. _lab.Hanako]));
            await SentAsync(MailLab.MailAsync("client", family, Outside, _word, "--server", "mx.example.net"));
        }
    }

    /// <summary>One mail straight to the recipient's server.</summary>
    Task SendFromCameraAsync() => ShellAsync("camera", $"""
        smtp-source -4 -S {_word} -f camera@home.example -t {Outside} 203.0.113.25:25
        smtp-source -6 -S {_word} -f camera@home.example -t {Outside} [2001:db8:25:3::25]:25
        """);

    /// <summary>Twice twenty-five mails at once, each to another server.</summary>
    Task SendFromBotAsync() => ShellAsync("bot", $$"""
        burst() {
            for number in $(seq "$2" $(($2 + 24))); do smtp-source "-$1" -S {{_word}} -f you@won.example -t {{Outside}} "$(printf "$3" "$number")" & jobs="$jobs $!"; done
            for job in $jobs; do wait "$job"; done
            jobs=
        }
        for first in 101 126; do
            burst 4 $first 203.0.113.%s:25
            burst 6 $first '[2001:db8:25:3::%s]:25'
        done
        """);

    /// <summary>Twenty PCs, each with a server of its own somewhere outside, and five of them with a second one: one mail to its port 587, one to its port 25.</summary>
    Task SendFromOfficeAsync() => ShellAsync("pcs", $$"""
        printf 'Subject: {{_word}}\n\nFrom a PC.\n' >"$work/mail"
        mail() { curl -sS --max-time 30 --interface "$1" --url "smtp://$2" --mail-from pc@example.net --mail-rcpt {{Outside}} --upload-file "$work/mail" $3; }
        pc() {
            mail "$1" "$2:587" "--ssl-reqd -k --user hanako@mx.example.net:hanako-secret --login-options AUTH=PLAIN"
            mail "$1" "$2:25" ""
        }
        for server in $(seq 101 125); do
            number=$((101 + (server - 101) % 20))
            pc 10.25.0.$number 203.0.113.$server & four=$!
            pc 2001:db8:25:50::$number "[2001:db8:25:3::$server]" & six=$!
            wait $four
            wait $six
        done
        """);

    /// <summary>The world writes to the server at home.</summary>
    async Task ReceiveAtHomeAsync()
    {
        foreach (var (family, count) in new[] { ("ipv4", 1), ("ipv6", 2) })
        {
            await MailLab.LabCheckedAsync("prefer", "external", family);
            await MailLab.SendmailAsync("external", _word, "saburo@home.example");
            await MailLab.ArrivedAsync("home", _word, count);
        }
    }

    /// <summary>The server at home finds the outside ones closed, and its queue tries again until they are open.</summary>
    async Task SendFromHomeAsync()
    {
        foreach (var family in new[] { "ipv4", "ipv6" })
        {
            var word = "w" + Guid.NewGuid().ToString("N");
            await MailLab.LabCheckedAsync("prefer", "home", family);
            await MailLab.LabCheckedAsync("exec", "external", "nft", "table inet closed { chain incoming { type filter hook input priority 0; tcp dport 25 reject with tcp reset; }; }");
            var log = (await MailLab.LogAsync("home")).Length;
            await MailLab.SendmailAsync("home", word, Outside, "info@example.org");
            await Eventually.TrueAsync(async () => (await MailLab.LogAsync("home", log)).Split('\n').Count(line => line.Contains("status=deferred", StringComparison.Ordinal)) >= 2, MailLab.Soon, () => "both mails are deferred");
            await MailLab.LabCheckedAsync("exec", "external", "nft", "delete table inet closed");
            await MailLab.ArrivedAsync("external", word, 2);
        }
    }

    static async Task SentAsync(Task<ProcessResult> sending)
    {
        var result = await sending;
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    static async Task ShellAsync(string host, string script)
    {
        var result = await HostProcess.RunAsync(["ip", "netns", "exec", $"{MailLab.Prefix}-{host}", "sh", "-ec", $"""
            PATH=$PATH:/usr/sbin:/sbin work=$(mktemp -d) jobs=
            trap 'rm -rf "$work"' EXIT
            {script}
            """], Limit);
        Assert.True(result.ExitCode == 0, $"{host}: {result}");
    }

    static async Task SubscribersAsync(string verb)
    {
        var result = await HostProcess.RunAsync([Repository.PathOf("tests/EndToEnd/Day/subscribers"), verb, MailLab.Prefix], Limit);
        Assert.True(result.ExitCode == 0, $"subscribers {verb}: {result}");
    }
}
