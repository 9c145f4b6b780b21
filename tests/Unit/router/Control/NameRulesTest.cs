using System.Net;
using Microsoft.Extensions.Time.Testing;
using Router.Configuration;
using Router.Control;
using Router.Telemetry;
using Support;

namespace Unit.Control;

/// <summary><c>explain</c> says which name allowed an address, and until when.</summary>
public sealed class NameRulesTest
{
    private static readonly FakeTimeProvider Time = new(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly OwnNamesSnapshot Known = new()
    {
        Addresses =
        [
            new OwnNameAddress("mail.seikyou.example", "mail.seikyou.example", "203.0.113.25", "resolved", null, new DateTimeOffset(2026, 11, 30, 23, 0, 0, TimeSpan.Zero)),
            new OwnNameAddress("*.seikyou.example", "mx.seikyou.example", "203.0.113.26", "learnt", 90, null),
            new OwnNameAddress("*.removed.example", "mx.removed.example", "203.0.113.27", "learnt", 90, null),
        ],
    };

    [Theory]
    [InlineData("203.0.113.25", "forwarded", "Op25b:OwnMailServers:Hosts:0 \"mail.seikyou.example\" (resolved: mail.seikyou.example is 203.0.113.25, until answers say otherwise; last confirmed 2026-11-30T23:00:00Z)")]
    [InlineData("203.0.113.26", "forwarded", "Op25b:OwnMailServers:Hosts:1 \"*.seikyou.example\" (learnt: mx.seikyou.example is 203.0.113.26 until 2026-12-01T00:01:30Z)")]
    [InlineData("203.0.113.27", "dropped", "Op25b:Phases:0 \"op25b\" (Block, Icmp); Op25b:Groups:0 \"dynamic\" (not exempt)")]
    public void The_rule_names_the_name(string destination, string verdict, string rule)
    {
        Explanation explanation = Explain("192.168.25.10", destination, Known);
        Assert.Equal((verdict, rule), (explanation.Verdict, explanation.Rule));
    }

    [Fact]
    public void A_resolved_server_may_send_and_a_learnt_one_may_not()
    {
        OwnNamesSnapshot known = new()
        {
            Addresses =
            [
                new OwnNameAddress("mail.seikyou.example", "mail.seikyou.example", "198.51.100.25", "resolved", null, null),
                new OwnNameAddress("*.seikyou.example", "www.seikyou.example", "198.51.100.80", "learnt", 90, null),
            ],
        };
        Assert.Equal("Op25b:OwnMailServers:Hosts:0 \"mail.seikyou.example\" (resolved: mail.seikyou.example is 198.51.100.25, until answers say otherwise)", Explain("198.51.100.25", "203.0.113.25", known).Rule);
        Assert.Equal("dropped", Explain("198.51.100.80", "203.0.113.25", known).Verdict);
    }

    [Fact]
    public void Without_a_running_router_names_lead_nowhere() => Assert.Equal("dropped", Explain("192.168.25.10", "203.0.113.25", names: null).Verdict);

    private static Explanation Explain(string source, string destination, OwnNamesSnapshot? names) => Explainer.Explain(
        TestConfiguration.WithNames("mail.seikyou.example", "*.seikyou.example"),
        new ExplainRequest { Protocol = ExplainProtocol.Tcp, Source = new(IPAddress.Parse(source), 40000), Destination = new(IPAddress.Parse(destination), 25) }, Time, names);
}
