using Support;

namespace EndToEnd;

/// <summary>The tasks of docs/operators-guide.md, typed as they stand there on a gateway with subscribers who send, read their mail, and try port 25.</summary>
public sealed class OperatorsGuideTest(ITestOutputHelper output)
{
    const string InForceAt = "2008-03-20T12:00:00+09:00";

    [Fact]
    public async Task Every_task_of_the_operators_guide_does_what_it_says()
    {
        foreach (var tool in new[] { "dnsmasq", "curl", "tshark", "promtool" })
            Needs.Tool(tool);
        var tasks = Guide.Read("docs/operators-guide.md");
        Assert.Equal(Enumerable.Range(1, 23), tasks.Select(task => task.Number));
        await using var lab = await GatewayLab.CreateAsync();
        await using var resolver = lab.StartUpstream("--host-record=smtp.seikyou.example,198.51.100.26");
        await using var web = lab.Home.Namespace.Start("/usr/bin/python3", "-m", "http.server", "80", "--directory", lab.Folder.CreateSubdirectory("web").FullName);
        await lab.StartAsync(await File.ReadAllTextAsync(Repository.PathOf("docs/examples/gateway.jsonc"), TestContext.Current.CancellationToken), "--as-of", InForceAt);
        await using var subscribers = await GatewaySubscribers.StartAsync(lab);

        // All of them, so that one look tells of all that has changed.
        List<string> different = [];
        var @operator = new Operator(lab, output);
        foreach (var task in tasks)
            different.AddRange(await @operator.DoAsync(task));
        Assert.True(different.Count == 0, $"{string.Join('\n', different)}\n{lab.Said}");
    }
}
