using System.CommandLine;
using System.Net;
using Router.Configuration;
using Router.Telemetry;

namespace Router.Cli;

/// <summary>Which hosts a verb shows: <c>--host</c>, <c>--group</c>, <c>--case</c>, <c>--top</c>.</summary>
internal sealed class HostFilter
{
    public static readonly string[] Cases = ["third_party_server", "direct_sender", "home_server", "infected", "triangular", "unclear"];

    private readonly Option<string?> _host = new("--host") { Description = "Only this host, or the hosts of this prefix.", HelpName = "PREFIX" };
    private readonly Option<string?> _group = new("--group") { Description = "Only the hosts of this group.", HelpName = "NAME" };
    private readonly Option<string?> _case = new("--case") { Description = $"Only hosts of this case: {Wording.OneOf(Cases)}.", HelpName = "CASE" };
    private readonly Option<int?> _top = new("--top") { HelpName = "N" };

    private readonly int? _defaultTop;

    /// <param name="top">How many are shown where --top is not given; null: all.</param>
    public HostFilter(Command verb, int? top)
    {
        _defaultTop = top;
        _top.Description = $"Only so many, those with the most attempts. Default: {(top is { } few ? $"{few}, with --json all" : "all")}.";
        _host.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !AddressSyntax.TryPrefix(text, out _, out _)) result.AddError($"--host: '{text}' is not an address or a prefix");
        });
        _case.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !Cases.Contains(text, StringComparer.Ordinal)) result.AddError($"--case: '{text}' is not a case: use {Wording.OneOf(Cases)}");
        });
        _top.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var count) && count < 1) result.AddError("--top: use a number from 1 on");
        });
        foreach (var option in new Option[] { _host, _group, _case, _top }) verb.Add(option);
    }

    public AttemptsSnapshot Apply(ParseResult parsed, AttemptsSnapshot snapshot, bool asJson = false)
    {
        var hosts = snapshot.Hosts.AsEnumerable();
        if (parsed.GetValue(_host) is { } host && AddressSyntax.TryPrefix(host, out var address, out var length))
        {
            var prefix = AddressSyntax.PrefixOf(address, length);
            hosts = hosts.Where(item => AddressSyntax.TryPrefix(item.Host, out var own, out var ownLength) && IsIn(own, ownLength, prefix));
        }

        if (parsed.GetValue(_group) is { } group) hosts = hosts.Where(item => string.Equals(item.Group, group, StringComparison.Ordinal));
        if (parsed.GetValue(_case) is { } hostCase) hosts = hosts.Where(item => string.Equals(item.Case, hostCase, StringComparison.Ordinal));
        return snapshot with { Hosts = [.. (parsed.GetValue(_top) ?? (asJson ? null : _defaultTop)) is { } top ? hosts.Take(top) : hosts] };
    }

    /// <summary>A subscriber that is a whole IPv6 prefix is meant by any address of it too.</summary>
    private static bool IsIn(IPAddress own, int ownLength, IPNetwork prefix) =>
        prefix.Contains(own) || AddressSyntax.PrefixOf(own, ownLength).Contains(prefix.BaseAddress);
}
