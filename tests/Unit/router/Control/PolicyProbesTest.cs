using Router.Configuration;
using Router.Control;
using Support;
using Unit.Configuration;

namespace Unit.Control;

/// <summary>F10: the built-in probe table, through the real forwarder, also where phases are about some destinations and groups only.</summary>
public sealed class PolicyProbesTest
{
    [Fact]
    public void Phases_with_a_scope_are_probed_inside_and_outside_of_it()
    {
        var configuration = Loading.LoadGood(Loading.With("""
            "Routes": [{ "Destination": "0.0.0.0/0", "Via": "203.0.113.1" }],
            "Nat": { "Addresses": ["203.0.113.2"] },
            "Op25b": {
              "Groups": [{ "Name": "dynamic", "Sources": ["192.168.25.0/27"] }, { "Name": "fixed", "Sources": ["192.168.25.9"], "Exempt": true, "Reason": "contract" }],
              "DestinationSets": { "carriers": ["192.0.2.0/24"] },
              "Phases": [
                { "Name": "carriers", "From": "2008-03-01T11:00:00Z", "Mode": "Block", "Only": ["carriers"], "Groups": ["dynamic"] },
                { "Name": "limit", "From": "2008-03-02T11:00:00Z", "Mode": "Limit", "SessionsPerMinute": 1 },
                { "Name": "op25b", "From": "2008-03-03T11:00:00Z", "Mode": "Block" }] }
            """));
        var probes = PolicyProbes.Run(configuration, TimeProvider.System);
        Assert.DoesNotContain(probes, probe => !probe.IsAsExpected);
        Assert.Equal(
            ["dynamic 192.0.2.1:25"],
            probes.Where(probe => probe is { Phase: "carriers", Seen: "blocked" }).Select(probe => $"{probe.Group} {probe.Destination}"));
        // F5 holds where new sessions are limited, and each limit is for subscribers.
        Assert.Equal(
            ["wan SYN+ACK 203.0.113.1:25 203.0.113.2:40000"],
            probes.Where(probe => probe is { Phase: "limit", Seen: "blocked" }).Select(probe => $"{probe.Interface} {probe.Segment} {probe.Source} {probe.Destination}"));
        Assert.Equal(
            ["", "dynamic", "ungrouped"],
            probes.Where(probe => probe is { Phase: "op25b", Seen: "blocked" }).Select(probe => probe.Group).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("2008-03-01T10:59:59Z", null, "forwarded")]
    [InlineData("2008-03-01T11:00:00Z", "Op25b:Phases:0 \"limit\" (Limit, 7 a minute, Reset); Op25b:Groups:0 \"dynamic\" (not exempt)", "forwarded")]
    [InlineData("2008-03-02T11:00:00Z", "Op25b:Phases:1 \"op25b\" (Block, Icmp); Op25b:Groups:0 \"dynamic\" (not exempt)", "dropped")]
    public void Explain_names_the_phase_and_its_limit(string at, string? rule, string verdict)
    {
        var configuration = Loading.LoadGood(Loading.With("""
            "Nat": { "Addresses": ["203.0.113.2"] },
            "Op25b": { "Groups": [{ "Name": "dynamic", "Sources": ["192.168.25.0/24"] }], "Phases": [
                { "Name": "limit", "From": "2008-03-01T11:00:00Z", "Mode": "Limit", "SessionsPerMinute": 7, "Action": "Reset" },
                { "Name": "op25b", "From": "2008-03-02T11:00:00Z", "Mode": "Block" }] }
            """));
        var seen = Explainer.Explain(configuration, new()
        {
            Protocol = ExplainProtocol.Tcp,
            Source = System.Net.IPEndPoint.Parse("192.168.25.10:40000"),
            Destination = System.Net.IPEndPoint.Parse("203.0.113.25:25"),
            At = DateTimeOffset.Parse(at),
        }, TimeProvider.System);
        Assert.Equal((rule, verdict), (seen.Rule, seen.Verdict));
    }

    [Fact]
    public void The_table_has_every_interface_group_and_way_and_is_as_the_configuration_says()
    {
        IReadOnlyList<PolicyProbe> probes = Run(TestConfiguration.Default);
        Assert.All(probes, probe => Assert.True(probe.IsAsExpected, probe.ToString()));
        foreach (string row in (string[])
        [
            "lan dynamic SYN 203.0.113.1:25 blocked", "lan dynamic ACK 203.0.113.1:25 blocked", "lan dynamic SYN+ACK 203.0.113.1:25 blocked", "lan dynamic SYN 203.0.113.1:587 passes",
            "lan dynamic SYN 203.0.113.1:465 passes", "lan dynamic SYN 198.51.100.25:25 passes", "lan fixed-ip SYN 203.0.113.1:25 passes", "lan fixed-ip ACK 203.0.113.1:25 no session",
            "servers ungrouped SYN 203.0.113.1:25 blocked", "lan  SYN 203.0.113.1:25 spoofed", "servers  SYN 203.0.113.1:25 spoofed", "wan  SYN+ACK 203.0.113.2:40000 blocked",
            "wan  SYN+ACK 198.51.100.2:40000 blocked",
            "lan dynamic SYN [2001:db8:25:3::1]:25 blocked", "lan dynamic ACK [2001:db8:25:3::1]:25 blocked", "lan dynamic SYN [2001:db8:25:3::1]:587 passes",
            "lan dynamic SYN [2001:db8:25:2::25]:25 passes", "lan fixed-ip SYN [2001:db8:25:3::1]:25 passes", "servers ungrouped SYN [2001:db8:25:3::1]:25 blocked",
            "lan  SYN [2001:db8:25:3::1]:25 spoofed", "wan  SYN+ACK [2001:db8:25:1::2]:40000 blocked",
        ])
            Assert.Contains(row, probes.Select(probe => $"{probe.Interface} {probe.Group} {probe.Segment} {probe.Destination} {probe.Seen}"));
    }

    [Theory]
    [InlineData("Off")]
    [InlineData("Monitor")]
    [InlineData("Limit")]
    [InlineData("Block")]
    public void In_each_mode_it_is_as_the_configuration_says(string mode)
    {
        IReadOnlyList<PolicyProbe> probes = Run(TestConfiguration.With(Enum.Parse<PhaseMode>(mode)));
        Assert.All(probes, probe => Assert.True(probe.IsAsExpected, probe.ToString()));
        Assert.Equal(mode == "Block", probes.Any(probe => probe is { Seen: "blocked", Interface: not "wan" }));
        Assert.Equal(mode == "Limit", probes.Any(probe => probe is { Seen: "limited", Segment: "ACK" }));
        Assert.DoesNotContain(probes, probe => probe is { Seen: "limited", Segment: "SYN" });
        Assert.Equal(mode is "Limit" or "Block", probes.Any(probe => probe is { Seen: "blocked", Interface: "wan" }));
        Assert.All(probes.Where(probe => probe.Destination.Port is 587 or 465), probe => Assert.Equal("passes", probe.Seen));
    }

    /// <summary>Whatever the sender gets, nothing of his passes.</summary>
    [Theory]
    [InlineData("Drop")]
    [InlineData("Reset")]
    [InlineData("SmtpReply")]
    public void With_each_action_it_is_as_the_configuration_says(string action) =>
        Assert.All(Run(TestConfiguration.With(PhaseMode.Block, Enum.Parse<PhaseAction>(action))), probe => Assert.True(probe.IsAsExpected, probe.ToString()));

    /// <summary>Quotas are for subscribers, not for the proof.</summary>
    [Fact]
    public void The_smallest_quota_is_in_nobody_s_way()
    {
        RouterConfiguration configuration = TestConfiguration.Default with
        {
            Sessions = new SessionsConfiguration { Capacity = 4096, PerSubscriber = new PerSubscriberConfiguration { Ports = 1, Sessions = 2, CreationsPerSecond = 1 } },
        };
        Assert.All(Run(configuration), probe => Assert.True(probe.IsAsExpected, probe.ToString()));
    }

    [Fact]
    public void Many_own_servers_are_all_proved()
    {
        RouterConfiguration configuration = TestConfiguration.Default with
        {
            Op25b = TestConfiguration.Default.Op25b with
            {
                OwnMailServers = new OwnMailServersConfiguration { Addresses = [.. Enumerable.Range(1, 250).Select(i => System.Net.IPAddress.Parse($"198.18.0.{i}"))] },
            },
        };
        IReadOnlyList<PolicyProbe> probes = Run(configuration);
        Assert.All(probes, probe => Assert.True(probe.IsAsExpected, probe.ToString()));
        Assert.True(probes.Count > 750, $"{probes.Count}");
    }

    [Fact]
    public void Without_an_outside_there_is_nothing_to_prove() =>
        Assert.Empty(Run(TestConfiguration.Default with { Interfaces = [.. TestConfiguration.Default.Interfaces.Take(2)], Routes = [], Nat = null }));

    /// <summary>A provider often gives no network of its own in IPv6, and routes by link-local addresses.</summary>
    [Fact]
    public void Where_the_outside_has_a_link_local_address_only_a_host_behind_the_default_route_is_probed()
    {
        var configuration = Loading.LoadGood("""
            {
              "Interfaces": [
                { "Name": "lan", "Role": "Lan", "Tap": "lan", "Addresses": ["2001:db8:25:1::1/64"] },
                { "Name": "wan", "Role": "Wan", "Tap": "wan", "Addresses": ["fe80::2/64"] } ],
              "Routes": [{ "Destination": "::/0", "Via": "fe80::1", "Interface": "wan" }, { "Destination": "2001:db8::/64", "Via": "2001:db8:25:1::9" }],
              "Op25b": { "Groups": [{ "Name": "dynamic", "Sources": ["2001:db8:25:1::/64"] }], "Phases": [{ "Name": "op25b", "From": "2008-03-03T11:00:00Z", "Mode": "Block" }] }
            }
            """);
        IReadOnlyList<PolicyProbe> probes = PolicyProbes.Run(configuration, TimeProvider.System);
        Assert.All(probes, probe => Assert.True(probe.IsAsExpected, probe.ToString()));
        Loading.AssertLines(
            [
                "lan dynamic SYN [3fff::1]:25 blocked", "lan dynamic SYN [3fff::1]:587 passes", "lan dynamic SYN [3fff::1]:465 passes", "lan dynamic ACK [3fff::1]:25 blocked",
                "lan dynamic SYN+ACK [3fff::1]:25 blocked", "lan  SYN [3fff::1]:25 spoofed", "wan  SYN+ACK [2001:db8:25:1::2]:40000 blocked",
            ],
            probes.Select(probe => $"{probe.Interface} {probe.Group} {probe.Segment} {probe.Destination} {probe.Seen}"));
    }

    private static IReadOnlyList<PolicyProbe> Run(RouterConfiguration configuration) => PolicyProbes.Run(configuration, TimeProvider.System);
}
