using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>Own mail servers by name in the lab: real resolvers, real mail. The configuration lists no address that anybody has.</summary>
[Collection(nameof(SharedMailLab))]
public sealed class OwnNamesTest(MailLab lab) : IAsyncLifetime
{
    const string Nobody = "198.51.100.99", Mta = "198.51.100.25", Resolver = "198.51.100.53", Other = "198.51.100.26";

    static readonly string[] Wildcard =
    [
        "--as-of", MailLab.WhileBlocking, "--set", $"Op25b:OwnMailServers:Addresses:0={Nobody}", "--set", "Op25b:OwnMailServers:Hosts:0=*.seikyou.example",
        "--set", $"Op25b:OwnMailServers:TrustedResolvers:0={Resolver}",
    ];

    readonly string _word = "w" + Guid.NewGuid().ToString("N");

    /// <summary>What dnsmasq answers a client opens the way to the provider's server, for this client and, without another question, for the next one.</summary>
    [Fact]
    public async Task A_real_resolver_s_answer_opens_port_25_of_the_provider_s_server()
    {
        await MailLab.RestartRouterAsync(Wildcard);
        Assert.Equal(2, (await MailLab.MailAsync("client", "taro@seikyou.example", _word, "--server", Mta)).ExitCode);
        await AskAsync("client", "mail.seikyou.example");

        var sent = await MailLab.MailAsync("client", "taro@seikyou.example", _word, "--server", "mail.seikyou.example");
        Assert.True(sent.ExitCode == 0, sent.ToString());
        await MailLab.ArrivedAsync("mta", _word);
        Assert.Equal(0, (await MailLab.MailAsync("home", "taro@seikyou.example", _word + "b", "--server", Mta)).ExitCode);

        var known = Assert.Single((await StatusAsync())["ownNames"]!["addresses"]!.AsArray(), entry => entry!["address"]!.GetValue<string>() == Mta)!;
        Assert.Equal(("learnt", "mail.seikyou.example", "*.seikyou.example"), (known["origin"]!.GetValue<string>(), known["name"]!.GetValue<string>(), known["host"]!.GetValue<string>()));
        var metrics = await MailLab.MetricsAsync();
        Assert.True(metrics[Series.Of("router_op25b_dns_answers_total", ("outcome", "learnt"))] >= 1);
        Assert.True(metrics[Series.Of("router_op25b_own_mail_servers", ("origin", "learnt"))] >= 1);
        var explained = await MailLab.LabAsync("explain", "tcp", "192.168.25.10:40000", $"{Mta}:25", "--at", MailLab.WhileBlocking,
            "--set", $"Op25b:OwnMailServers:Addresses:0={Nobody}", "--set", "Op25b:OwnMailServers:Hosts:0=*.seikyou.example", "--set", $"Op25b:OwnMailServers:TrustedResolvers:0={Resolver}");
        Assert.Contains("(learnt: mail.seikyou.example is 198.51.100.25 until ", explained.Output, StringComparison.Ordinal);
    }

    /// <summary>The outside's own dnsmasq says the same of the same name, and is nobody's trusted resolver.</summary>
    [Fact]
    public async Task A_foreign_resolver_s_answer_opens_nothing()
    {
        await MailLab.RestartRouterAsync([.. Wildcard[..^1], $"Op25b:OwnMailServers:TrustedResolvers:0={Other}"]);
        await AskAsync("client", "mail.seikyou.example");
        Assert.Equal(2, (await MailLab.MailAsync("client", "taro@seikyou.example", _word, "--server", Mta)).ExitCode);
        Assert.Empty((await StatusAsync())["ownNames"]!["addresses"]!.AsArray());
        Assert.Empty(await MailLab.MailboxAsync("mta", _word));
    }

    public async ValueTask InitializeAsync() => await lab.UpAsync();

    /// <summary>Leaves a router that blocks by ICMP, as the other tests of the lab expect it.</summary>
    public async ValueTask DisposeAsync() => await MailLab.RestartRouterAsync("--as-of", MailLab.WhileBlocking);

    /// <summary>As a client does: through the C library, by the resolver of its resolv.conf.</summary>
    static async Task AskAsync(string host, string name) => Assert.Contains(Mta, await MailLab.LabCheckedAsync("exec", host, "getent", "ahostsv4", name), StringComparison.Ordinal);

    static async Task<JsonNode> StatusAsync() => JsonNode.Parse(await MailLab.LabCheckedAsync("status", "--json"))!;
}
