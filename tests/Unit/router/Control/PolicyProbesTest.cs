using Router.Control;
using Unit.Configuration;

namespace Unit.Control;

/// <summary>F10: the probes prove a policy whose phases are about some destinations and groups only.</summary>
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
        Assert.DoesNotContain(probes, probe => probe is { Phase: "limit", Seen: "blocked" });
        Assert.Equal(
            ["dynamic", "ungrouped"],
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
}
