using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Router.Configuration;
using Router.Names;
using Router.Op25b;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using Support;
using Unit.Control;
using Unit.Telemetry;

namespace Unit.Names;

/// <summary>What an administrator meets: names across restarts, broken files, and a configuration that names others than before.</summary>
public sealed class NameServiceTest : IDisposable
{
    private const string Whole = "mail.seikyou.example", Wildcard = "*.seikyou.example";

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => _directory.Dispose();

    private string File => _directory.Of("state/names.json");

    [Fact]
    public async Task What_was_resolved_and_learnt_is_there_after_a_restart_and_a_removed_name_is_not()
    {
        var names = NewNames(Whole, Wildcard);
        await using (Start(names, AnswerWith("192.0.2.1")))
        {
            await Eventually(() => names.Resolved.Count == 1);
            names.Learnt.TryLearn(Address("192.0.2.2"), DnsName.Of("mx.seikyou.example"), host: 1, milliseconds: 600_000, now: 0);
        }

        _time.Advance(TimeSpan.FromSeconds(100));
        var again = NewNames(Wildcard, Whole);
        await using (Start(again, Fail))
        {
            Assert.True(again.IsSender(Address("192.0.2.1")));
            var learnt = Assert.Single(again.Learnt.All());
            Assert.Equal(("mx.seikyou.example", 0, "192.0.2.2", 500_000L), (learnt.Name, learnt.Host, learnt.Address.ToString(), learnt.EndsAt));
        }

        var other = NewNames("mail.other.example", "*.other.example");
        await using (Start(other, Fail))
        {
            Assert.Equal(0, other.Resolved.Count + other.Learnt.Count);
        }
    }

    [Fact]
    public async Task What_is_over_meanwhile_is_not_learnt_again()
    {
        var names = NewNames(Wildcard);
        await using (Start(names, Fail))
            names.Learnt.TryLearn(Address("192.0.2.2"), DnsName.Of("mx.seikyou.example"), host: 0, milliseconds: 600_000, now: 0);
        _time.Advance(TimeSpan.FromSeconds(600));
        var again = NewNames(Wildcard);
        await using (Start(again, Fail))
            Assert.Equal(0, again.Learnt.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[null, {}, { \"host\": 5 }]")]
    [InlineData("[null, {}]")]
    [InlineData("""[{ "host": "*.seikyou.example", "name": "mx.elsewhere.example", "address": "192.0.2.66", "until": "2026-12-01T01:00:00Z" }]""")]
    [InlineData("""[{ "host": "*.seikyou.example", "name": "seikyou.example", "address": "192.0.2.66", "until": "2026-12-01T01:00:00Z" }]""")]
    [InlineData("""[{ "host": "*.seikyou.example", "name": "mx.seikyou.example", "address": "127.0.0.1", "until": "2026-12-01T01:00:00Z" }]""")]
    [InlineData("""[{ "host": "*.seikyou.example", "name": "mx.seikyou.example", "address": "192.168.25.66", "until": "2026-12-01T01:00:00Z" }]""")] // a subscriber's, today
    [InlineData("""[{ "host": "*.seikyou.example", "name": "mx.seikyou.example", "address": "192.0.2.66" }]""")]
    [InlineData("""[{ "host": "mail.seikyou.example", "name": "mail.seikyou.example", "address": "192.0.2", "seen": "2026-12-01T00:00:00Z" }]""")]
    public async Task A_file_that_is_broken_or_says_too_much_allows_nothing(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        await System.IO.File.WriteAllTextAsync(File, text, TestContext.Current.CancellationToken);
        var names = NewNames(Wildcard, Whole);
        await using (Start(names, Fail))
            Assert.Equal(0, names.Resolved.Count + names.Learnt.Count);
    }

    [Fact]
    public async Task A_time_in_the_file_is_no_longer_than_an_answer_s_may_be()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        await System.IO.File.WriteAllTextAsync(
            File, """[{ "host": "*.seikyou.example", "name": "mx.seikyou.example", "address": "192.0.2.66", "until": "2126-12-01T01:00:00Z" }]""", TestContext.Current.CancellationToken);
        var names = NewNames(Wildcard);
        await using (Start(names, Fail))
            Assert.Equal(LearntServers.Ceiling, Assert.Single(names.Learnt.All()).EndsAt);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_does_not_end_the_router()
    {
        await System.IO.File.WriteAllTextAsync(_directory.Of("state"), "a file in the way", TestContext.Current.CancellationToken);
        var names = NewNames(Whole);
        await using (Start(names, AnswerWith("192.0.2.1")))
            await Eventually(() => names.Resolved.Count == 1);
    }

    private static Task<NameAnswer> Fail(string name, bool ipv6, CancellationToken cancellation) => Task.FromResult(NameAnswer.Failed("no resolver answers"));

    private static AskName AnswerWith(string address) => (_, ipv6, _) => Task.FromResult(ipv6 ? new([], TimeSpan.Zero) : new NameAnswer([IPAddress.Parse(address)], TimeSpan.FromSeconds(300)));

    private static OwnNames NewNames(params string[] hosts)
    {
        using var router = new TestRouter();
        return new(hosts, new KeyedHash(new SeededRandom(25)), router.Path.Routes);
    }

    private static IpAddress Address(string text) => IpAddress.From(IPAddress.Parse(text));

    /// <summary>The loop is a lock here: what is posted is done at once.</summary>
    private NameService Start(OwnNames names, AskName ask)
    {
        var configuration = TestConfiguration.WithNames([.. names.Patterns.Hosts]) with { State = new() { Directory = Path.GetDirectoryName(File) } };
        using var path = new TestRouter();
        var dns = path.Path.Dns;
        return NameService.Start(configuration, _time, NullLogger.Instance,
            work =>
            {
                lock (names) work(names, 0);
            },
            _ => Task.FromResult(Snapshots.Of(1) with { OwnNames = OwnNamesTaker.Take(names, dns) }), ask);
    }

    private static async Task Eventually(Func<bool> condition)
    {
        while (!condition()) await Task.Delay(1, TestContext.Current.CancellationToken);
    }
}
