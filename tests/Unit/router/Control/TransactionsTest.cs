using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Router;
using Router.Configuration;
using Router.Control;
using Unit.Configuration;

namespace Unit.Control;

/// <summary>Reload, confirm and roll back, with real files and a stand-in for the data path.</summary>
public sealed class TransactionsTest : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;
    private readonly List<string> _applied = [];
    private Predicate<string> _isTaken = _ => false;

    private string File => _directory.Of("router.jsonc");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_reload_applies_the_file_and_says_what_it_means()
    {
        using var transactions = Start("Monitor");
        Write("Block");
        var report = await transactions.ReloadAsync(new(), "admin", _cancellation);
        Assert.True(report.Applied);
        Assert.Equal(["phase op25b: Mode Monitor becomes Block"], report.Changes);
        Assert.Equal(["Block"], _applied);
        Assert.Empty(transactions.Status().Differences);
        Assert.Equal(["start start Confirmed", "reload admin Confirmed"], transactions.History.Select(entry => $"{entry.How} {entry.By} {entry.State}"));

        Assert.False((await transactions.ReloadAsync(new(), "admin", _cancellation)).Applied);
        Assert.Equal(["Block"], _applied);
    }

    [Fact]
    public async Task A_dry_run_touches_nothing()
    {
        using var transactions = Start("Monitor");
        Write("Block");
        Assert.Equal(["phase op25b: Mode Monitor becomes Block"], (await transactions.ReloadAsync(new() { DryRun = true }, "admin", _cancellation)).Changes);
        Write("Blok");
        Assert.NotEmpty((await transactions.ReloadAsync(new() { DryRun = true }, "admin", _cancellation)).Errors);
        Assert.Empty(_applied);
        Assert.True(transactions.LastReloadSucceeded);
    }

    [Fact]
    public async Task A_bad_file_and_one_that_needs_a_restart_are_refused()
    {
        using var transactions = Start("Monitor");
        System.IO.File.WriteAllText(File, Text("Blok", "\"Sessions\": { \"Capacity\": 1 },"));
        var report = await transactions.ReloadAsync(new(), "admin", _cancellation);
        Assert.Equal(2, report.Errors.Count);
        Assert.False(transactions.LastReloadSucceeded);
        Assert.StartsWith("2 errors, the first: ", transactions.Status().FileProblem!, StringComparison.Ordinal);

        System.IO.File.WriteAllText(File, Text("Block", "\"Sessions\": { \"Capacity\": 2048 }, \"BusyPollMicroseconds\": 5,"));
        Assert.Equal(["BusyPollMicroseconds", "Sessions:Capacity"], (await transactions.ReloadAsync(new(), "admin", _cancellation)).NeedsRestart);
        Assert.Empty(_applied);
        Assert.False(transactions.LastReloadSucceeded);

        System.IO.File.Delete(File);
        Assert.Contains("there is no such file", Assert.Single((await transactions.ReloadAsync(new(), "admin", _cancellation)).Errors), StringComparison.Ordinal);
        Write("Monitor");
        await transactions.ReloadAsync(new(), "admin", _cancellation);
        Assert.True(transactions.LastReloadSucceeded);
    }

    /// <summary>Metrics that cannot be served where the file says: a reload is refused, also one on trial, and the way back goes without them.</summary>
    [Fact]
    public async Task What_cannot_be_applied_leaves_all_as_it_was_and_does_not_bar_the_way_back()
    {
        using var transactions = Start("Monitor");
        string[] before = [.. transactions.History.Select(entry => $"{entry.How} {entry.State}")];
        System.IO.File.WriteAllText(File, Text("Block", Metrics(9126)));
        _isTaken = address => address is "127.0.0.1:9126";
        foreach (var request in new[] { new ReloadRequest(), new ReloadRequest { ConfirmWithinSeconds = 60 } })
        {
            var refused = await transactions.ReloadAsync(request, "admin", _cancellation);
            Assert.Equal((true, "no room on 127.0.0.1:9126; nothing was applied"), (refused.IsRefused, refused.Message));
            Assert.Equal(before, transactions.History.Select(entry => $"{entry.How} {entry.State}"));
        }
        Assert.Empty(_applied);

        System.IO.File.WriteAllText(File, Text("Block", Metrics(9127)));
        Assert.True((await transactions.ReloadAsync(new(), "admin", _cancellation)).Applied);
        System.IO.File.WriteAllText(File, Text("Monitor", Metrics(9128)));
        Assert.True((await transactions.ReloadAsync(new(), "admin", _cancellation)).Applied);
        _isTaken = address => address is "127.0.0.1:9127";
        var back = await transactions.RollBackAsync("admin", _cancellation);
        Assert.Equal((true, "no room on 127.0.0.1:9127"), (back.Applied, Assert.Single(back.Warnings)));
        Assert.Equal(["Block", "Monitor", "Block"], _applied);
    }

    /// <summary>The history goes along, and both places say what became of it: the file may name either at the next start.</summary>
    [Fact]
    public async Task Another_state_directory_has_the_history_and_the_one_before_too()
    {
        using (var transactions = Start("Monitor"))
        {
            System.IO.File.WriteAllText(File, Text("Block", "").Replace(_directory.Of("state"), _directory.Of("other"), StringComparison.Ordinal));
            Assert.True((await transactions.ReloadAsync(new() { ConfirmWithinSeconds = 5 }, "admin", _cancellation)).Applied);
        }

        // A crash in the midst of the trial, and then a roll-back by hand.
        Assert.Equal("Monitor", ModeOf(Choose()));
        using (var next = Restart())
        {
            Assert.True((await next.ReloadAsync(new(), "admin", _cancellation)).Applied);
            Assert.Equal("Block", ModeOf(Choose()));
            Assert.True((await next.RollBackAsync("admin", _cancellation)).Applied);
        }

        Assert.Equal("Monitor", ModeOf(Choose()));
        Assert.Equal(System.IO.File.ReadAllText(_directory.Of("state/configurations/history.json")), System.IO.File.ReadAllText(_directory.Of("other/configurations/history.json")));
        Directory.CreateDirectory(_directory.Of("blocked"));
        System.IO.File.WriteAllText(_directory.Of("blocked/configurations"), "in the way");
        using var last = Restart();
        System.IO.File.WriteAllText(File, Text("Off", "").Replace(_directory.Of("state"), _directory.Of("blocked"), StringComparison.Ordinal));
        var refused = await last.ReloadAsync(new(), "admin", _cancellation);
        Assert.True(refused.IsRefused);
        Assert.EndsWith("; change State:Directory, or let the router write there; nothing was applied", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A mapping log and metrics that both cannot be had where they were: neither bars the way back.</summary>
    [Fact]
    public async Task Each_part_beside_forwarding_stays_where_it_is_when_its_place_of_before_is_gone()
    {
        const string Log = "\"Nat\": { \"Addresses\": [\"203.0.113.2\"] }, \"MappingLog\": { \"File\": { \"Directory\": \"/one\" } },";
        System.IO.File.WriteAllText(File, Text("Monitor", Metrics(9126) + Log));
        using var transactions = Restart();
        System.IO.File.WriteAllText(File, Text("Block", Metrics(9127) + Log.Replace("/one", "/other", StringComparison.Ordinal)));
        Assert.True((await transactions.ReloadAsync(new() { ConfirmWithinSeconds = 5 }, "admin", _cancellation)).Applied);
        _isTaken = place => place is "127.0.0.1:9126" or "/one";
        var back = await transactions.RollBackAsync("admin", _cancellation);
        Assert.Equal((true, "no room on 127.0.0.1:9126 no room in /one"), (back.Applied, string.Join(' ', back.Warnings)));
        Assert.Equal(["Block", "Monitor"], _applied);
    }

    private static string Metrics(int port) => $"\"Metrics\": {{ \"Listen\": \"127.0.0.1:{port}\" }},";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_trial_ends_by_itself_with_or_without_a_state_directory(bool isLasting)
    {
        using var transactions = Start("Monitor", isLasting);
        Write("Block", isLasting);
        var report = await transactions.ReloadAsync(new() { ConfirmWithinSeconds = 5 }, "admin", _cancellation);
        Assert.Equal(!isLasting, report.Message.Contains("There is no State:Directory", StringComparison.Ordinal));
        Assert.True((await transactions.ReloadAsync(new(), "SIGHUP", _cancellation)).IsRefused);
        Assert.Equal(["Block"], _applied);

        _time.Advance(TimeSpan.FromSeconds(5));
        await transactions.ConfirmAsync("admin", _cancellation); // its turn is after the roll-back's
        Assert.Equal(["Block", "Monitor"], _applied);
        Assert.Equal(["phase op25b: Mode Monitor becomes Block"], transactions.Status().Differences);
        Assert.Equal(["start Confirmed", "reload RolledBack", "rollback Confirmed"], transactions.History.Select(entry => $"{entry.How} {entry.State}"));

        using var next = Restart();
        Assert.Equal(isLasting ? "Monitor" : "Block", ModeOf(Choose()));
        Assert.Equal(isLasting, Choose().IsCopy);
    }

    [Fact]
    public async Task A_trial_that_is_confirmed_stays()
    {
        using var transactions = Start("Monitor");
        Write("Block");
        await transactions.ReloadAsync(new() { ConfirmWithinSeconds = 5 }, "admin", _cancellation);
        Assert.True((await transactions.ConfirmAsync("admin", _cancellation)).Applied);
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.True((await transactions.ConfirmAsync("admin", _cancellation)).IsRefused);
        Assert.Equal(["Block"], _applied);
        Assert.Null(Choose().Notice);
        Assert.Equal("Block", ModeOf(Choose()));
    }

    [Fact]
    public async Task A_crash_within_a_trial_finds_the_last_confirmed_copy_until_the_file_changes()
    {
        using (var transactions = Start("Monitor"))
        {
            Write("Block");
            await transactions.ReloadAsync(new() { ConfirmWithinSeconds = 5 }, "admin", _cancellation);
        }

        var chosen = Choose();
        Assert.Equal("Monitor", ModeOf(chosen));
        Assert.StartsWith($"NOT USING {File}: it was applied and never confirmed", chosen.Notice!, StringComparison.Ordinal);
        using var next = Restart();
        Assert.Equal("Monitor", ModeOf(Choose()));
        Assert.Equal(["phase op25b: Mode Monitor becomes Block"], next.Status().Differences);

        Write("Off");
        Assert.Equal("Off", ModeOf(Choose()));
    }

    [Fact]
    public async Task A_second_trial_goes_back_to_what_was_confirmed()
    {
        using var transactions = Start("Monitor");
        foreach (var mode in new[] { "Block", "Off" })
        {
            Write(mode);
            Assert.True((await transactions.ReloadAsync(new() { ConfirmWithinSeconds = 5 }, "admin", _cancellation)).Applied);
            _time.Advance(TimeSpan.FromSeconds(4));
        }

        Assert.Equal(["Block", "Off"], _applied);
        Write("Monitor");
        Assert.True((await transactions.ReloadAsync(new() { ConfirmWithinSeconds = 5 }, "admin", _cancellation)).IsRefused);
        await transactions.RollBackAsync("admin", _cancellation);
        Assert.Equal(["Block", "Off", "Monitor"], _applied);
    }

    [Fact]
    public async Task Rollback_goes_back_step_by_step_and_a_restart_stays_there()
    {
        using var transactions = Start("Monitor");
        foreach (var mode in new[] { "Block", "Off" })
        {
            Write(mode);
            await transactions.ReloadAsync(new(), "admin", _cancellation);
        }

        await transactions.RollBackAsync("admin", _cancellation);
        Assert.Equal("Block", ModeOf(Choose()));
        await transactions.RollBackAsync("admin", _cancellation);
        Assert.Equal("Monitor", ModeOf(Choose()));
        Assert.True((await transactions.RollBackAsync("admin", _cancellation)).IsRefused);
        Assert.Equal(["Block", "Off", "Block", "Monitor"], _applied);

        Assert.True((await transactions.ReloadAsync(new(), "admin", _cancellation)).Applied);
        Assert.Equal("Off", ModeOf(Choose()));
    }

    [Fact]
    public async Task The_history_is_bounded_and_so_are_its_files()
    {
        using var transactions = Start("Monitor");
        for (var i = 0; i < 50; i++)
        {
            System.IO.File.WriteAllText(File, Text("Monitor", $"\"Sessions\": {{ \"PerSubscriber\": {{ \"Ports\": {i + 1} }} }},"));
            Assert.True((await transactions.ReloadAsync(new(), "admin", _cancellation)).Applied);
        }

        Assert.Equal(ConfigurationStore.MostEntries, transactions.History.Count);
        Assert.Equal(ConfigurationStore.MostEntries + 1, Directory.GetFiles(_directory.Of("state/configurations")).Length);
    }

    [Fact]
    public async Task A_trial_that_cannot_be_written_down_is_not_begun_and_a_plain_reload_warns()
    {
        using var transactions = Start("Monitor");
        Directory.Delete(_directory.Of("state/configurations"), recursive: true);
        System.IO.File.WriteAllText(_directory.Of("state/configurations"), "in the way");
        Write("Block");
        Assert.True((await transactions.ReloadAsync(new() { ConfirmWithinSeconds = 5 }, "admin", _cancellation)).IsRefused);
        Assert.Empty(_applied);
        Assert.NotEmpty((await transactions.ReloadAsync(new(), "admin", _cancellation)).Warnings);
        Assert.Equal(["Block"], _applied);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[null, {\"number\":1,\"at\":\"2026-12-01T00:00:00Z\",\"by\":\"x\",\"how\":\"x\",\"hash\":\"../../etc/passwd\"}]")]
    public void A_history_that_makes_no_sense_stops_nobody(string text)
    {
        Directory.CreateDirectory(_directory.Of("state/configurations"));
        System.IO.File.WriteAllText(_directory.Of("state/configurations/history.json"), text);
        using var transactions = Start("Monitor");
        Assert.Single(transactions.History);
    }

    private Transactions Start(string mode, bool isLasting = true)
    {
        Write(mode, isLasting);
        return Restart();
    }

    private Transactions Restart() => new(Choose(), (configuration, _) =>
    {
        if (configuration.Metrics is { } metrics && _isTaken($"{metrics.Listen}")) throw new ApplianceException($"no room on {metrics.Listen}") { Part = SidePart.Metrics };
        if (configuration.MappingLog?.File is { } log && _isTaken(log.Directory)) throw new ApplianceException($"no room in {log.Directory}") { Part = SidePart.MappingLog };
        _applied.Add($"{configuration.Op25b.Phases[0].Mode}");
        return Task.FromResult(new EndedSessions(0, []));
    }, _time, NullLogger.Instance);

    private StartConfiguration Choose()
    {
        var sources = new ConfigurationSources(File);
        var (result, text) = ConfigurationLoader.LoadWithText(sources);
        Assert.Empty(result.Errors);
        return StartConfiguration.Choose(sources, result, text!);
    }

    private static string ModeOf(StartConfiguration chosen) => $"{chosen.Loaded.Configuration!.Op25b.Phases[0].Mode}";

    private void Write(string mode, bool isLasting = true) => System.IO.File.WriteAllText(File, Text(mode, "", isLasting));

    private string Text(string mode, string more, bool isLasting = true) => Loading.With(
        $$"""{{more}} {{(isLasting ? $"\"State\": {{ \"Directory\": \"{_directory.Of("state")}\" }}," : "")}} "Op25b": { "Phases": [ { "Name": "op25b", "From": "2008-04-01T11:00:00+09:00", "Mode": "{{mode}}" } ] }""");
}
