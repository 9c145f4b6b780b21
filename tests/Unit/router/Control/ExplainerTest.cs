using System.Net;
using Microsoft.Extensions.Time.Testing;
using Router.Control;
using Support;

namespace Tests.Control;

/// <summary><c>explain</c> and the probes of <c>check</c> speak both families.</summary>
public sealed class ExplainerTest
{
    private static readonly FakeTimeProvider Time = new(TestRouter.Start);

    [Theory]
    [InlineData("[2001:db8:25:1::10]:40000", "[2001:db8:25:3::25]:25", "dropped", "Op25bBlocked")]
    [InlineData("[2001:db8:25:1::200]:40000", "[2001:db8:25:3::25]:25", "forwarded", null)]
    [InlineData("[2001:db8:25:1::10]:40000", "[2001:db8:25:2::25]:25", "forwarded", null)]
    [InlineData("[2001:db8:25:1::10]:40000", "[2001:db8:25:3::25]:587", "forwarded", null)]
    [InlineData("[2001:db8:25:1::10]:40000", "[2001:db8:ffff::25]:443", "forwarded", null)]
    [InlineData("[2001:db8:25:3::25]:40000", "[2001:db8:25:1::10]:443", "dropped", "UnsolicitedInboundSyn")]
    [InlineData("[2001:db8:25:3::25]:40000", "[2001:db8:25:1::20]:25", "forwarded", null)]
    [InlineData("192.168.25.10:40000", "203.0.113.25:25", "dropped", "Op25bBlocked")]
    public void A_connection_is_explained(string source, string destination, string verdict, string? reason)
    {
        (ExplainRequest? request, IReadOnlyList<string> errors) = ExplainArguments.Parse("tcp", source, destination, @in: null, at: null);
        Assert.Empty(errors);
        Explanation explanation = Explainer.Explain(TestConfiguration.Default, request!, Time);
        Assert.Equal((verdict, reason), (explanation.Verdict, explanation.Reason));
    }

    [Theory]
    [InlineData("2001:db8:25:1::10", "2001:db8:25:3::25", "forwarded")]
    [InlineData("2001:db8:25:3::25", "2001:db8:25:1::10", "forwarded")]
    public void An_echo_is_explained(string source, string destination, string verdict) => Assert.Equal(verdict, Explainer.Explain(TestConfiguration.Default,
        new ExplainRequest { Protocol = ExplainProtocol.Icmp, Source = new IPEndPoint(IPAddress.Parse(source), 0), Destination = new IPEndPoint(IPAddress.Parse(destination), 0) }, Time).Verdict);

    [Fact]
    public void The_probes_prove_the_policy_in_both_families()
    {
        IReadOnlyList<PolicyProbe> probes = PolicyProbes.Run(TestConfiguration.Default, Time);
        Assert.All(probes, probe => Assert.True(probe.IsAsExpected, probe.ToString()));
        foreach (System.Net.Sockets.AddressFamily family in new[] { System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.AddressFamily.InterNetworkV6 })
            Assert.Equal(["dynamic lan blocked", "fixed-ip lan passes", "ungrouped servers blocked"], probes
                .Where(probe => probe.Source.AddressFamily == family && probe.Destination.Port == 25 && probe is { Segment: "SYN", Seen: not "spoofed" } && probe.Destination.Address.ToString() is not "198.51.100.25" and not "2001:db8:25:2::25")
                .Select(probe => $"{probe.Group} {probe.Interface} {probe.Seen}").Order(StringComparer.Ordinal));
    }
}
