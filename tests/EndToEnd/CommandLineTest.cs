using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>The verbs that need no running router: exit codes and JSON are a contract.</summary>
public sealed class CommandLineTest : IDisposable
{
    const string Configuration = """
        {
          // the smallest gateway that filters
          "Interfaces": [
            { "Name": "lan", "Role": "Lan", "Tap": "op25b-lan", "Addresses": ["192.168.25.1/24"] },
            { "Name": "wan", "Role": "Wan", "Tap": "op25b-wan", "Addresses": ["203.0.113.2/24"] } ],
          "Nat": { "Addresses": ["203.0.113.2"] },
          "Op25b": {
            "Groups": [ { "Name": "dynamic", "Sources": ["192.168.25.0/24"] } ],
            "Phases": [ { "Name": "op25b", "From": "2008-04-01T11:00:00+09:00", "Mode": "Block", "Action": "Icmp" } ] }
        }
        """;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("op25b-cli-");

    string ConfigurationFile { get; }

    public CommandLineTest()
    {
        Needs.File(UserspaceRouter.Binary, "build it: dotnet build -c Release");
        ConfigurationFile = Path.Combine(_folder.FullName, "router.json");
        File.WriteAllText(ConfigurationFile, Configuration);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Explain_says_whose_rule_drops_port_25_and_what_would_pass()
    {
        var answer = await RouterAsync("explain", "--config", ConfigurationFile, "tcp", "192.168.25.10:40000", "203.0.113.25:25");
        Assert.Equal(4, answer.ExitCode);
        Assert.Contains("587", answer.Output, StringComparison.Ordinal);
        Assert.Contains("op25b", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_lets_submission_pass()
    {
        Assert.Equal(0, (await RouterAsync("explain", "--config", ConfigurationFile, "tcp", "192.168.25.10:40000", "203.0.113.25:587")).ExitCode);
    }

    [Fact]
    public async Task Explain_in_json_has_the_published_fields()
    {
        var answer = await RouterAsync("explain", "--json", "--config", ConfigurationFile, "tcp", "192.168.25.10:40000", "203.0.113.25:25");
        var json = JsonNode.Parse(answer.Output)!.AsObject();
        Assert.Equal("dropped", json["verdict"]!.GetValue<string>());
        foreach (var field in new[] { "reason", "stage", "rule", "mend" })
            Assert.NotNull(json[field]);
    }

    [Fact]
    public async Task Explain_at_a_moment_before_the_phase_lets_25_pass()
    {
        Assert.Equal(0, (await RouterAsync("explain", "--config", ConfigurationFile, "--at", "2008-04-01T10:59:59+09:00", "tcp", "192.168.25.10:40000", "203.0.113.25:25")).ExitCode);
        Assert.Equal(4, (await RouterAsync("explain", "--config", ConfigurationFile, "--at", "2008-04-01T11:00:00+09:00", "tcp", "192.168.25.10:40000", "203.0.113.25:25")).ExitCode);
    }

    [Fact]
    public async Task Check_accepts_a_good_configuration()
    {
        Assert.Equal(0, (await RouterAsync("check", "--config", ConfigurationFile)).ExitCode);
    }

    [Fact]
    public async Task Check_names_file_line_key_and_mend_of_every_error()
    {
        await File.WriteAllTextAsync(ConfigurationFile, Configuration.Replace("\"Wan\"", "\"Van\"", StringComparison.Ordinal).Replace("\"Nat\"", "\"nat\"", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var answer = await RouterAsync("check", "--config", ConfigurationFile);
        Assert.Equal(2, answer.ExitCode);
        foreach (var part in new[] { "router.json:5", "Interfaces:1:Role", "router.json:6", "nat" })
            Assert.Contains(part, answer.Output + answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_and_wrong_usage_have_their_exit_codes()
    {
        Assert.Equal(0, (await RouterAsync("version")).ExitCode);
        Assert.Equal(2, (await RouterAsync("nonsense")).ExitCode);
    }

    static Task<ProcessResult> RouterAsync(params string[] arguments) => HostProcess.RunAsync([UserspaceRouter.Binary, .. arguments]);
}
