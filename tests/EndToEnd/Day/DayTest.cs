using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Router.Op25b;
using Support;

namespace EndToEnd.Day;

/// <summary>
/// OP25B.md section 5: a day before the date. The mail is real (<see cref="DayLab"/>); the day is that of the real forwarding loop in virtual time, into which what was captured is
/// played again and again (<see cref="Replay"/>). Whom it will hit, and why, is what <c>op25b-router report</c> says in the end.
/// </summary>
[Collection(MailLab.Collection)]
public sealed partial class DayTest(DayLab lab) : IClassFixture<DayLab>, IAsyncLifetime
{
    const int Smtp = 25, Submission = 587;

    static readonly TimeSpan End = new(23, 58, 0);

    /// <summary>Each subscriber as the report names it, over IPv4 and over IPv6, and its case.</summary>
    static readonly (string[] Names, string Case, string Advice)[] Subscribers =
    [
        (["192.168.25.10", "2001:db8:25:10::/64"], "third_party_server", "change the outgoing (SMTP) server's port from 25 to 587 or 465"),
        (["192.168.25.20", "2001:db8:25:1::/64"], "home_server", "as its smarthost"),
        (["192.168.25.30", "2001:db8:25:30::/64"], "direct_sender", "our mail server as its outgoing server"),
        (["192.168.25.40", "2001:db8:25:40::/64"], "infected", "Take it off the network"),
        (["192.168.25.50", "2001:db8:25:50::/64"], "third_party_server", "change the outgoing (SMTP) server's port from 25 to 587 or 465"),
    ];

    public async ValueTask InitializeAsync() => await lab.SentAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void Everybody_s_real_mail_passed_and_was_counted()
    {
        var hosts = Hosts(lab.LiveReport);
        Assert.Equal(Subscribers.SelectMany(subscriber => subscriber.Names).Order(StringComparer.Ordinal), hosts.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, (host, _)) in hosts)
        {
            var tried = lab.Conversations.Count(one => Name(one.Inside) == name && one is { Port: Smtp, IsInbound: false });
            Assert.Equal((name, tried, tried, 0, 0), (name, Number(host, "attempts"), Number(host, "monitored"), Number(host, "limited"), Number(host, "blocked")));
        }
    }

    [Fact]
    public async Task The_day_s_report_names_each_one_s_case_with_evidence_and_advice()
    {
        using var day = Day(one => true);
        day.RunUntil(new(3, 30, 0));
        Assert.Equal((2, 0), (day.AlertsRaised(AlertKind.Infected), day.AlertsRaised(AlertKind.Triangular)));
        Assert.Equal(["192.168.25.40", "2001:db8:25:40::/64"], day.Attempts.Hosts.Where(host => host.Alert == "infected").Select(host => host.Host).Order(StringComparer.Ordinal));
        day.RunUntil(End);
        Assert.Equal((2, 0), (day.AlertsRaised(AlertKind.Infected), day.AlertsRaised(AlertKind.Triangular)));

        var text = await day.ReportAsync();
        TestContext.Current.AddAttachment("report", text);
        var report = JsonNode.Parse(await day.ReportAsync("--json"))!;
        Assert.Equal(("notice", "Monitor", "2008-04-01T11:00:00+09:00"), ((string?)report["phase"], (string?)report["mode"], (string?)report["effectiveFrom"]));
        var hosts = Hosts(report.ToJsonString());
        Assert.Equal(Subscribers.SelectMany(one => one.Names, (one, name) => $"{name} {one.Case}").Order(StringComparer.Ordinal),
            hosts.Select(entry => $"{entry.Key} {entry.Value.Host["case"]}").Order(StringComparer.Ordinal));
        Assert.All(Subscribers, one => Assert.All(one.Names, name => Assert.Contains(one.Advice, hosts[name].Advice, StringComparison.Ordinal)));
        Assert.All(hosts.Values, one => Assert.Equal((Number(one.Host, "attempts"), 0, 0), (Number(one.Host, "monitored"), Number(one.Host, "limited"), Number(one.Host, "blocked"))));
        foreach (var (name, expected) in Subscribers.Zip(Evidence).SelectMany(pair => pair.First.Names.Select(name => (name, pair.Second))))
        {
            string[] said = [name, .. hosts[name].Host["evidence"]!.AsArray().Select(line => HowFast().Replace((string)line!, "more than N attempts in N s"))];
            Assert.Equal([name, .. expected], said);
        }
        Assert.Empty(report["stations"]!.AsArray());
    }

    /// <summary>Many PCs behind one address: that they read their mail where they send it makes them case 1, and nothing else; many destinations alone make nobody infected.</summary>
    [Fact]
    public void Twenty_PCs_that_read_no_mail_are_not_called_infected()
    {
        using var day = Day(one => one.Port != Submission);
        day.RunUntil(End);
        var office = day.Attempts.Hosts.Where(host => host.Host is "192.168.25.50" or "2001:db8:25:50::/64").ToList();
        Assert.Equal(["unclear", "unclear"], office.Select(host => host.Case));
        Assert.Equal((2, 0), (day.AlertsRaised(AlertKind.Infected), day.AlertsRaised(AlertKind.Triangular)));
    }

    /// <summary>What each of <see cref="Subscribers"/> is said to have done, in both families.</summary>
    static readonly string[][] Evidence =
    [
        ["reads or submits mail at 1 of its 1 destination", "comes back to a destination after half an hour or more (3 times)", "active in 4 of the last 24 hours, 1 attempt in the busiest one"],
        [
            "receives mail on port 25 itself", "reads and submits no mail at its 2 destinations", "tries again after half an hour or more, as a queue does (16 times)",
            "active in 6 of the last 24 hours, 4 attempts in the busiest one",
        ],
        ["reads and submits no mail at its 1 destination", "tries every 5 minutes", "active in 24 of the last 24 hours, 12 attempts in the busiest one"],
        [
            "more than N attempts in N s, more than once", "20 or more destinations in 10 minutes, in 2 windows", "hardly ever tries a destination again (0 % of the attempts)",
            "reads and submits no mail at the 32 destinations that are remembered", "active in 1 of the last 24 hours, 50 attempts in the busiest one",
        ],
        [
            "20 or more destinations in 10 minutes, in 8 windows", "reads or submits mail at 25 of its 25 destinations", "comes back to a destination after half an hour or more (175 times)",
            "active in 8 of the last 24 hours, 25 attempts in the busiest one",
        ],
    ];

    /// <summary>The day of everybody, in each family; those conversations only that <paramref name="happens"/> lets.</summary>
    Replay Day(Func<Conversation, bool> happens)
    {
        var day = new Replay(DayLab.Configuration(), DayLab.Midnight, lab.Neighbors);
        foreach (var subscriber in lab.Conversations.Where(happens).GroupBy(one => Name(one.Inside)))
            Schedule(day, Array.FindIndex(Subscribers, one => one.Names.Contains(subscriber.Key)), [.. subscriber]);
        return day;
    }

    static void Schedule(Replay day, int subscriber, IReadOnlyList<Conversation> all)
    {
        switch (subscriber)
        {
            case 0: // four times in office hours, each time the server of the mail program is asked first
                foreach (var at in Times("9:10 11:40 14:20 16:50"))
                    Follow(day, at, TimeSpan.FromMinutes(1), all);
                break;
            case 1: // mail comes and goes; three times the other side is closed, and the queue goes on trying for an hour
                foreach (var at in Times("1:20 8:40 13:05 19:30 22:15"))
                    Follow(day, at, TimeSpan.Zero, all.Where(one => one.IsInbound));
                foreach (var at in Times("2:00 10:00 20:00"))
                {
                    Follow(day, at, TimeSpan.Zero, all.Where(one => one.IsRefused).DistinctBy(one => one.Outside));
                    Follow(day, at + TimeSpan.FromMinutes(35), TimeSpan.Zero, all.Where(one => one.IsRefused).DistinctBy(one => one.Outside));
                    Follow(day, at + TimeSpan.FromMinutes(75), TimeSpan.Zero, all.Where(one => one is { IsInbound: false, IsRefused: false }));
                }
                break;
            case 2:
                for (var at = TimeSpan.Zero; at < End; at += TimeSpan.FromMinutes(5))
                    Follow(day, at, TimeSpan.Zero, all);
                break;
            case 3: // as fast as it really was, and again twenty minutes later, to others
                foreach (var (at, burst) in Times("3:00 3:20").Zip(Bursts(all)))
                    foreach (var one in burst)
                        day.Schedule(at + one.Began - burst[0].Began, one);
                break;
            case 4: // in eight minutes of each of the office's hours, every PC sends by each of its servers
                var random = new SeededRandom(20);
                for (var hour = 9; hour < 17; hour++)
                    foreach (var pc in all.GroupBy(one => one.Outside))
                        Follow(day, TimeSpan.FromHours(hour) + TimeSpan.FromSeconds(random.Next(480)), TimeSpan.FromSeconds(30), pc);
                break;
        }
    }

    /// <summary>One after the other.</summary>
    static void Follow(Replay day, TimeSpan at, TimeSpan pause, IEnumerable<Conversation> conversations)
    {
        foreach (var one in conversations)
        {
            day.Schedule(at, one);
            at += pause;
        }
    }

    static IEnumerable<Conversation[]> Bursts(IReadOnlyList<Conversation> all) => all.Chunk(all.Count / 2);

    static IEnumerable<TimeSpan> Times(string times) => times.Split(' ').Select(time => TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The subscriber's name: an IPv6 host's is its /64.</summary>
    static string Name(IPAddress inside) =>
        inside.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? inside.ToString() : $"{new IPAddress([.. inside.GetAddressBytes()[..8], .. new byte[8]])}/64";

    /// <summary>How fast the burst was depends on what else this machine does.</summary>
    [GeneratedRegex("more than [0-9]+ attempts in [0-9]+ s", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HowFast();

    static int Number(JsonNode host, string name) => host[name]!.GetValue<int>();

    static Dictionary<string, (JsonNode Host, string Advice)> Hosts(string report) =>
        JsonNode.Parse(report)!["hosts"]!.AsArray().ToDictionary(entry => (string)entry!["host"]!["host"]!, entry => (entry!["host"]!, (string)entry!["adviceEnglish"]!));
}
