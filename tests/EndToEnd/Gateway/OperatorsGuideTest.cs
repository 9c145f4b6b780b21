using Support;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>The tasks of docs/operators-guide.md, typed as they stand there on a gateway with subscribers who send, read their mail, and try port 25.</summary>
public sealed class OperatorsGuideTest(ITestOutputHelper output)
{
    const string Configuration = "/etc/op25b-router/router.jsonc", InForceAt = "2008-03-20T12:00:00+09:00";

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Every_task_of_the_operators_guide_does_what_it_says()
    {
        foreach (var tool in new[] { "dnsmasq", "curl", "tshark" })
            Needs.Tool(tool);
        var tasks = Guide.Read(await File.ReadAllTextAsync(Repository.PathOf("docs/operators-guide.md"), TestContext.Current.CancellationToken)).ToArray();
        Assert.Equal(Enumerable.Range(1, 20), tasks.Select(task => task.Number));
        await using var lab = await GatewayLab.CreateAsync();
        await using var resolver = lab.External.Namespace.Start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces", "--listen-address=203.0.113.53",
            $"--pid-file={lab.PathOf("dnsmasq.pid")}", "--local=/seikyou.example/", "--host-record=smtp.seikyou.example,198.51.100.26");
        await using var web = lab.Home.Namespace.Start("/usr/bin/python3", "-m", "http.server", "80", "--directory", lab.Folder.CreateSubdirectory("web").FullName);
        await lab.StartAsync(await File.ReadAllTextAsync(Repository.PathOf("docs/examples/gateway.jsonc"), TestContext.Current.CancellationToken), "--as-of", InForceAt);
        await using var subscribers = await GatewaySubscribers.StartAsync(lab);

        // All of them, so that one look tells of all that has changed.
        List<string> different = [];
        foreach (var task in tasks)
        {
            output.WriteLine($"{task.Number}. {task.Title}");
            Assert.Contains(task.Steps, step => step is TypedCommand);
            foreach (var step in task.Steps)
                if (step is FileEdit edit)
                    await EditAsync(lab, task, edit);
                else if (step is TypedCommand command && await TypeAsync(lab, command) is { } said)
                    different.Add($"task {task.Number}, {task.Title}\n$ {command.CommandLine}\n{said}\nwhere the guide has\n{string.Join('\n', command.Expected)}\n");
        }
        Assert.True(different.Count == 0, $"{string.Join('\n', different)}\n{lab.Said}");
    }

    /// <summary>What it said, where the guide has something else.</summary>
    async Task<string?> TypeAsync(GatewayLab lab, TypedCommand command)
    {
        var said = "";
        var isAsExpected = await Eventually.HoldsAsync(async () => Guide.Matches(command, said = (await lab.TypeAsync(command.CommandLine)).Output), command.Eventually ? Soon : TimeSpan.Zero);
        output.WriteLine($"$ {command.CommandLine}\n{said}");
        return isAsExpected ? null : said;
    }

    /// <summary>As an editor would: those lines, which are there once, give way to the others.</summary>
    static async Task EditAsync(GatewayLab lab, GuideTask task, FileEdit edit)
    {
        var text = (await lab.TypeAsync($"cat {Configuration}")).Output;
        Assert.True(text.Split(edit.Before).Length == 2, $"task {task.Number}, {task.Title}: these lines are not once in the configuration\n{edit.Before}\nwhich is\n{text}");
        var changed = lab.PathOf("operator/edited");
        await File.WriteAllTextAsync(changed, text.Replace(edit.Before, edit.After, StringComparison.Ordinal));
        Assert.Equal(0, (await lab.TypeAsync($"cat {changed} > {Configuration}")).ExitCode);
        File.Delete(changed);
    }
}
