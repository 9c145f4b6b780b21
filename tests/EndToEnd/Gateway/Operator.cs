using Support.EndToEnd;

namespace EndToEnd;

/// <summary>Types what a guide says, on the gateway's machine, and looks at what comes.</summary>
internal sealed class Operator(GatewayLab lab, ITestOutputHelper output)
{
    const string Configuration = "/etc/op25b-router/router.jsonc";

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    /// <summary>Does all of a task; gives what was otherwise than the guide has it.</summary>
    public async Task<IReadOnlyList<string>> DoAsync(GuideTask task)
    {
        output.WriteLine($"{task.Number}. {task.Title}");
        Assert.Contains(task.Steps, step => step is TypedCommand);
        List<string> different = [];
        foreach (var step in task.Steps)
            if (step is FileEdit edit)
                await EditAsync(task, edit);
            else if (step is TypedCommand command && await TypeAsync(command) is { } said)
                different.Add($"task {task.Number}, {task.Title}\n$ {command.CommandLine}\n{said}\nwhere the guide has\n{string.Join('\n', command.Expected)}\n");
        return different;
    }

    /// <summary>What it said, where the guide has something else.</summary>
    async Task<string?> TypeAsync(TypedCommand command)
    {
        var said = "";
        var isAsExpected = await Eventually.HoldsAsync(async () => Guide.Matches(command, said = (await lab.TypeAsync(command.CommandLine)).Output), command.Eventually ? Soon : TimeSpan.Zero);
        output.WriteLine($"$ {command.CommandLine}\n{said}");
        return isAsExpected ? null : said;
    }

    /// <summary>As an editor would: those lines, which are there once, give way to the others.</summary>
    async Task EditAsync(GuideTask task, FileEdit edit)
    {
        var text = (await lab.TypeAsync($"cat {Configuration}")).Output;
        Assert.True(text.Split(edit.Before).Length == 2, $"task {task.Number}, {task.Title}: these lines are not once in the configuration\n{edit.Before}\nwhich is\n{text}");
        var changed = lab.PathOf("operator/edited");
        await File.WriteAllTextAsync(changed, text.Replace(edit.Before, edit.After, StringComparison.Ordinal));
        Assert.Equal(0, (await lab.TypeAsync($"cat {changed} > {Configuration}")).ExitCode);
        File.Delete(changed);
    }
}
