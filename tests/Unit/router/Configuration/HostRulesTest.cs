using static Unit.Configuration.Loading;

namespace Unit.Configuration;

public sealed class HostRulesTest
{
    private const string Own = "--set Op25b:OwnMailServers:", Path = "Op25b:OwnMailServers:";

    [Fact]
    public void A_wildcard_needs_somebody_to_believe() => AssertLines(
        [$"{Own}Hosts:0  {Path}Hosts:0  '*.seikyou.example' cannot be looked up, and there is nobody to learn its addresses from; list the resolvers that clients ask in {Path}TrustedResolvers, or the servers' addresses in {Path}Addresses"],
        Errors(With(""), "Op25b:OwnMailServers:Hosts:0=*.seikyou.example"));

    [Theory]
    [InlineData("Hosts:1=MAIL.seikyou.example", "Hosts:1", "'MAIL.seikyou.example' is there twice; keep one of the two")]
    [InlineData("Hosts:1=*", "Hosts:1", "'*' is not a host name; write it as mail.seikyou.example or *.seikyou.example")]
    [InlineData("Hosts:1=mail.*.example", "Hosts:1", "'mail.*.example' is not a host name; write it as mail.seikyou.example or *.seikyou.example")]
    [InlineData("TrustedResolvers:0=resolver.example", "TrustedResolvers:0", "'resolver.example' is not an address; write it as 198.51.100.25 or 2001:db8:25:2::25")]
    [InlineData("TrustedResolvers:0=127.0.0.1", "TrustedResolvers:0", "127.0.0.1 cannot be a host's address; use the resolver's address")]
    [InlineData("TrustedResolvers:0=ff02::fb", "TrustedResolvers:0", "ff02::fb cannot be a host's address; use the resolver's address")]
    [InlineData("TrustedResolvers:0=fe80::53", "TrustedResolvers:0", "fe80::53 is link-local: what it answers never crosses the router; use the resolver's global address")]
    public void Settings(string setting, string path, string error) => AssertLines(
        [$"{Own}{path}  {Path}{path}  {error}"], Errors(With(""), "Op25b:OwnMailServers:Hosts:0=mail.seikyou.example", $"Op25b:OwnMailServers:{setting}"));

    [Fact]
    public void The_router_itself_is_no_resolver_and_none_is_there_twice() => AssertLines(
        [
            $"{Own}TrustedResolvers:0  {Path}TrustedResolvers:0  192.168.25.1 is the router's own address, and the router is no resolver; use the resolver's address",
            $"{Own}TrustedResolvers:2  {Path}TrustedResolvers:2  203.0.113.53 is there twice; keep one of the two",
        ],
        Errors(With(""), "Op25b:OwnMailServers:Hosts:0=*.seikyou.example", "Op25b:OwnMailServers:TrustedResolvers:0=192.168.25.1",
            "Op25b:OwnMailServers:TrustedResolvers:1=203.0.113.53", "Op25b:OwnMailServers:TrustedResolvers:2=203.0.113.53"));

    [Fact]
    public void Too_many_names() => AssertLines(
        [$"{Own}Hosts:64  {Path}Hosts:64  there are 65 names; use 64 at most: a wildcard takes the place of many"],
        Errors(With(""), [.. Enumerable.Range(0, 65).Select(i => $"Op25b:OwnMailServers:Hosts:{i}=m{i}.seikyou.example")]));

    /// <summary>Behind Servers alone nobody else can have sent an answer.</summary>
    [Theory]
    [InlineData("198.51.100.53", "")]
    [InlineData("203.0.113.53", "203.0.113.53 is outside: who forges its address, and works together with a subscriber, can teach any address")]
    [InlineData("9.9.9.9", "9.9.9.9 is outside: who forges its address, and works together with a subscriber, can teach any address")]
    [InlineData("192.168.25.53", "192.168.25.53 is behind a Lan interface: another subscriber there can forge its answers")]
    [InlineData("2001:db8:25:2::53", "")]
    [InlineData("2001:db8:25:7::53", "2001:db8:25:7::53 is behind a Lan interface: another subscriber there can forge its answers")]
    [InlineData("2001:4860:4860::8888", "2001:4860:4860::8888 is outside: who forges its address, and works together with a subscriber, can teach any address")]
    public void A_resolver_whose_answers_can_be_forged_is_warned_of(string resolver, string warning) => AssertLines(
        warning.Length == 0 ? [] : [warning],
        Warnings("TrustedResolvers", "Interfaces:2:Name=servers", "Interfaces:2:Role=Servers", "Interfaces:2:Tap=tap2", "Interfaces:2:Addresses:0=198.51.100.1/24", "Interfaces:2:Addresses:1=2001:db8:25:2::1/64",
            "Interfaces:0:Addresses:1=fe80::1/64", "Interfaces:1:Addresses:1=fe80::2/64", "Interfaces:2:Addresses:2=fe80::3/64",
            "Routes:0:Destination=2001:db8:25:7::/64", "Routes:0:Via=fe80::7", "Routes:0:Interface=lan", "Routes:1:Destination=::/0", "Routes:1:Via=fe80::9", "Routes:1:Interface=wan",
            "Op25b:OwnMailServers:Hosts:0=*.seikyou.example", $"Op25b:OwnMailServers:TrustedResolvers:0={resolver}"));

    [Fact]
    public void Whole_names_alone_need_no_trust_in_what_crosses_the_router() => Assert.Empty(
        Warnings("TrustedResolvers", "Op25b:OwnMailServers:Hosts:0=mail.seikyou.example", "Op25b:OwnMailServers:TrustedResolvers:0=203.0.113.53"));

    [Fact]
    public void A_wildcard_of_a_whole_top_level_domain_is_warned_of() => AssertLines(
        ["'*.example' covers a whole top-level domain: whoever has a name there is an own mail server"],
        Warnings("Hosts", "Op25b:OwnMailServers:Hosts:0=*.example", "Op25b:OwnMailServers:TrustedResolvers:0=203.0.113.53"));

    [Fact]
    public void Resolvers_without_names_are_warned_of() => AssertLines(
        ["has no effect: there are no names in Op25b:OwnMailServers:Hosts"], Warnings("TrustedResolvers", "Op25b:OwnMailServers:TrustedResolvers:0=203.0.113.53"));

    private static string[] Warnings(string about, params string[] settings)
    {
        var result = Load(With(""), settings);
        Assert.Empty(result.Errors);
        return [.. result.Warnings.Where(warning => warning.Path.Contains(about, StringComparison.Ordinal)).Select(warning => warning.Message)];
    }
}
