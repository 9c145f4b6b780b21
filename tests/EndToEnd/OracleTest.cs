using System.Text;
using System.Text.Json;
using Support;

namespace EndToEnd;

/// <summary>
/// The same stimuli (Oracle/*.py) through the kernel's router and through ours: what leaves on each side is the same, or the difference is explained beside the
/// stimulus. docs/linux-differences.md is written by this test: <c>UPDATE_DOCS=1</c> in the environment writes it anew, without it the file is held against what was seen.
/// </summary>
public sealed class OracleTest
{
    const string Document = "docs/linux-differences.md", Nothing = "nothing";

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>A narrow link outside, for what is about the MTU.</summary>
    static readonly Scenario Scenario = Scenario.Default with { WanMtu = 1400, Ipv6 = false };

    /// <summary>A stimulus, why ours does otherwise (null: it does not), and what came out on each side.</summary>
    sealed record Case(string Topic, string Title, string? Why, string[] Seen);

    [Theory]
    [MemberData(nameof(Routers.One), MemberType = typeof(Routers))]
    public async Task Every_difference_from_the_kernels_router_is_explained_and_every_explanation_has_one(RouterKind kind)
    {
        var (kernel, ours) = (await ObserveAsync(RouterKind.Kernel), await ObserveAsync(kind));
        Assert.Equal(kernel.Select(Name), ours.Select(Name));
        Assert.Distinct(ours.Select(Name));
        var pairs = kernel.Zip(ours).ToArray();

        Assert.Empty(pairs.Where(pair => pair.Second.Why is null && !pair.First.Seen.SequenceEqual(pair.Second.Seen)).Select(pair => $"not explained: {Tell(pair)}"));
        Assert.Empty(pairs.Where(pair => pair.Second.Why is not null && pair.First.Seen.SequenceEqual(pair.Second.Seen)).Select(pair => $"explained, and no difference: {Name(pair.Second)}"));
        var text = Write(pairs);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            await File.WriteAllTextAsync(Repository.PathOf(Document), text, TestContext.Current.CancellationToken);
        Assert.True(text == await File.ReadAllTextAsync(Repository.PathOf(Document), TestContext.Current.CancellationToken), $"{Document} is stale: run this test once with UPDATE_DOCS=1.");
    }

    /// <summary>The router is its own: the stimuli leave fragments waiting that never become whole.</summary>
    static async Task<Case[]> ObserveAsync(RouterKind kind)
    {
        Needs.Tool("nft");
        await using var router = await Lab.StartAsync(kind, Scenario);
        var told = await PythonScript.RunAsync("Oracle/oracle.py", "scapy", Limit, router.Network.Prefix);
        Assert.Empty((await router.ReadMetricsAsync())?.Imbalances() ?? []);
        return JsonSerializer.Deserialize<Case[]>(told, JsonSerializerOptions.Web)!;
    }

    static string Name(Case stimulus) => $"{stimulus.Topic}: {stimulus.Title}";

    static string Tell((Case Kernel, Case Ours) pair) => $"{Name(pair.Ours)}\nkernel:\n{string.Join('\n', pair.Kernel.Seen)}\nours:\n{string.Join('\n', pair.Ours.Seen)}";

    static string Write((Case Kernel, Case Ours)[] pairs)
    {
        var different = pairs.Where(pair => pair.Ours.Why is not null).ToArray();
        var text = new StringBuilder($"""
            # Where this router does otherwise than Linux

            <!-- Generated from tests/EndToEnd/Oracle, as root: UPDATE_DOCS=1 tests/EndToEnd/bin/Release/net10.0/EndToEnd -class EndToEnd.OracleTest -->

            {pairs.Length} stimuli, sent by scapy, go through a Linux kernel router (nftables: masquerade, port forwards and a firewall to the same policy) and through this one, in the
            same network. At {pairs.Length - different.Length} what leaves on each side is the same; these are the other {different.Length}, with what differs and why.

            `client` 192.168.25.10 and `home` .20 are inside, behind .1; `mta` 198.51.100.25 is the provider's server, behind .1; `external` 203.0.113.25, .26 and .1 are outside, behind
            203.0.113.2, on a link with MTU 1400. TCP 8080 of the outside is forwarded to port 80 of `home`. Ports `a` and `b` are the senders' own, `other` is one that
            the router chose.


            """);
        foreach (var topic in different.GroupBy(pair => pair.Ours.Topic))
        {
            text.Append($"## {topic.Key}\n\n| stimulus | Linux | this router | why |\n|---|---|---|---|\n");
            foreach (var (kernel, ours) in topic)
                text.Append($"| {ours.Title} | {Only(kernel, ours)} | {Only(ours, kernel)} | {ours.Why} |\n");
            text.Append('\n');
        }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>The lines that the other one has not; all of them where only the order differs.</summary>
    static string Only(Case one, Case other)
    {
        var rest = one.Seen.ToList();
        foreach (var line in other.Seen)
            rest.Remove(line);
        if (rest.Count == 0 && one.Seen.Length == other.Seen.Length)
            rest = [.. one.Seen];
        return rest.Count == 0 ? Nothing : string.Join("<br>", rest.Select(line => $"`{line}`"));
    }
}
