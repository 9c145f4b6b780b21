using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>Own mail servers by name in the lab: real resolvers, real mail. The configuration lists no address that anybody has.</summary>
[Collection(MailLab.Collection)]
public sealed class OwnNamesTest(MailLab lab) : IClassFixture<MailLab>, IAsyncLifetime
{
    const string Foreign = "198.51.100.26";

    static readonly string[] Names =
    [
        "--set", "Op25b:OwnMailServers:Addresses:0=198.51.100.99", "--set", "Op25b:OwnMailServers:Addresses:1=2001:db8:25:2::99",
        "--set", "Op25b:OwnMailServers:Hosts:0=*.seikyou.example",
    ];

    readonly string _word = "w" + Guid.NewGuid().ToString("N");

    /// <summary>
    /// F2: what dnsmasq answers a client opens the way to the provider's server, for this client and, without another question, for the next one. The phone knows nothing but
    /// IPv6, its resolver too.
    /// </summary>
    [Theory]
    [InlineData("ipv4", "client", "192.168.25.10:40000", "198.51.100.25", "198.51.100.53")]
    [InlineData("ipv6", "phone", "[2001:db8:25:1::10]:40000", "2001:db8:25:2::25", "2001:db8:25:2::53")]
    public async Task A_real_resolver_s_answer_opens_port_25_of_the_provider_s_server(string family, string host, string source, string mta, string resolver)
    {
        string[] trusted = [.. Names, "--set", $"Op25b:OwnMailServers:TrustedResolvers:0={resolver}"];
        await RestartAsync(["--as-of", MailLab.WhileBlocking, .. trusted]);
        Assert.Equal(2, (await MailLab.MailAsync(host, family, "taro@seikyou.example", _word, "--server", mta)).ExitCode);
        await AskAsync(family, host, mta);

        var sent = await MailLab.MailAsync(host, family, "taro@seikyou.example", _word, "--server", "mail.seikyou.example");
        Assert.True(sent.ExitCode == 0, sent.ToString());
        await MailLab.ArrivedAsync("mta", _word);
        Assert.Equal(0, (await MailLab.MailAsync("home", family, "taro@seikyou.example", _word + "b", "--server", mta)).ExitCode);

        var known = Assert.Single((await StatusAsync())["ownNames"]!["addresses"]!.AsArray(), entry => string.Equals(entry!["address"]!.GetValue<string>(), mta, StringComparison.Ordinal))!;
        Assert.Equal(("learnt", "mail.seikyou.example", "*.seikyou.example"), (known["origin"]!.GetValue<string>(), known["name"]!.GetValue<string>(), known["host"]!.GetValue<string>()));
        var metrics = await MailLab.MetricsAsync();
        Assert.True(metrics[Series.Of("router_op25b_dns_answers_total", ("outcome", "learnt"))] >= 1);
        Assert.True(metrics[Series.Of("router_op25b_own_mail_servers", ("origin", "learnt"))] >= 1);
        var explained = await MailLab.LabAsync(["explain", "tcp", source, family == "ipv6" ? $"[{mta}]:25" : $"{mta}:25", "--at", MailLab.WhileBlocking]);
        Assert.Contains($"(learnt: mail.seikyou.example is {mta} until ", explained.Output, StringComparison.Ordinal);
    }

    /// <summary>A resolver that answers and is not the one that is trusted teaches nothing, whatever it says.</summary>
    [Theory]
    [InlineData("ipv4", "client", "198.51.100.25")]
    [InlineData("ipv6", "phone", "2001:db8:25:2::25")]
    public async Task A_foreign_resolver_s_answer_opens_nothing(string family, string host, string mta)
    {
        await RestartAsync(["--as-of", MailLab.WhileBlocking, .. Names, "--set", $"Op25b:OwnMailServers:TrustedResolvers:0={Foreign}"]);
        await AskAsync(family, host, mta);
        Assert.Equal(2, (await MailLab.MailAsync(host, family, "taro@seikyou.example", _word, "--server", mta)).ExitCode);
        Assert.Empty((await StatusAsync())["ownNames"]!["addresses"]!.AsArray());
        Assert.Empty(await MailLab.MailboxAsync("mta", _word));
    }

    public async ValueTask InitializeAsync() => await lab.UpAsync();

    /// <summary>Leaves a router that blocks by ICMP, as the other tests of the lab expect it.</summary>
    public async ValueTask DisposeAsync() => await RestartAsync("--as-of", MailLab.WhileBlocking);

    /// <summary>The phone's way out ends with the router that advertised it, and begins with the next one's advertisement.</summary>
    static async Task RestartAsync(params string[] options)
    {
        await MailLab.RestartRouterAsync(options);
        await Eventually.TrueAsync(async () => (await MailLab.LabCheckedAsync("exec", "phone", "ip", "-6", "route", "show", "default")).Length > 0, MailLab.Soon, () => "the phone has a default route");
    }

    /// <summary>As a client does: through the C library, by the resolver of its resolv.conf.</summary>
    static async Task AskAsync(string family, string host, string mta) => Assert.Contains(
        mta, await MailLab.LabCheckedAsync("exec", host, "getent", family == "ipv6" ? "ahostsv6" : "ahostsv4", "mail.seikyou.example"), StringComparison.Ordinal);

    static async Task<JsonNode> StatusAsync() => JsonNode.Parse(await MailLab.LabCheckedAsync("status", "--json"))!;
}
