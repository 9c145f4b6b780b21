using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>The router's own log, in the form that was asked for.</summary>
public sealed class LogFormatTest : IAsyncLifetime
{
    Network _network = null!;

    public async ValueTask InitializeAsync()
    {
        Needs.Root();
        Needs.Tool("ip");
        _network = await Network.CreateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
            await _network.DisposeAsync();
    }

    [Fact]
    public async Task Json_is_an_object_a_line_with_number_and_name_and_the_option_is_stronger_than_the_key()
    {
        var lines = await LogAsync("--json", "--set", "Log:Format=Journal");
        var events = lines.Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.All(events, entry => Assert.NotNull(entry["Message"]));
        Assert.Equal(2, events.Single(entry => entry["EventName"]!.ToString() == "Version")["EventId"]!.GetValue<int>());
        Assert.Equal(["lan", "servers", "wan"], events.Where(entry => entry["EventName"]!.ToString() == "InterfaceReady").Select(entry => entry["State"]!["Interface"]!.ToString()));
    }

    [Fact]
    public async Task The_journals_has_its_priority_and_the_number() =>
        Assert.All(await LogAsync("--set", "Log:Format=Journal"), line => Assert.Matches(@"^<[0-7]>Router\[[0-9]+\] ", line));

    [Fact]
    public async Task For_people_it_has_the_time_and_the_level() =>
        Assert.All(await LogAsync(), line => Assert.Matches(@"^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z (info|warn|crit): Router\[[0-9]+\] ", line));

    async Task<string[]> LogAsync(params string[] arguments)
    {
        var configuration = UserspaceRouter.WriteConfiguration(_network, UserspaceRouter.Configuration(_network, RouterKind.Epoll, Scenario.Default with { Ipv6 = false }));
        var router = await UserspaceRouter.StartAsync(_network, configuration, arguments);
        await using var process = router.Process;
        await process.TerminateAsync(TimeSpan.FromSeconds(5));
        return router.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
