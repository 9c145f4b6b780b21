using Router.Configuration;
using Support;

namespace Conformance;

/// <summary>Queries to port 53, of which there are many, with the limits that a configuration has where it says nothing.</summary>
public sealed class DnsTest() : Scenario(Default with { Sessions = new SessionsConfiguration() })
{
    private const int PortsPerSubscriber = 4096, Queries = 6000;

    [Fact]
    [Requirement("Practice", "DNS timer", Level.Expected)]
    public void An_answered_query_is_forgotten_after_ten_seconds_and_a_waiting_one_is_not()
    {
        Out(Udp(Client, 40000, Remote, 53));
        Pass(TimeSpan.FromMilliseconds(299_999));
        AssertPacket.That(In(Udp(Remote, 53, Outside, 40000))).FromTo(Remote, Client).IsUdp(53, 40000);

        // Two servers were asked, or one twice: the second answer has ten seconds.
        Pass(TimeSpan.FromMilliseconds(9_999));
        AssertPacket.That(In(Udp(Remote, 53, Outside, 40000))).FromTo(Remote, Client).IsUdp(53, 40000);
        Router.Moved();
        Pass(TimeSpan.FromSeconds(10));
        Router.Receive("wan", Udp(Remote, 53, Outside, 40000));
        Assert.Empty(Router.Sent("lan"));
        Assert.Equal("wan received 1, wan delivered 1, wan generated 1, wan sent 1, sessions -1, mappings -1", Router.Moved());
    }

    [Fact]
    [Requirement("Practice", "DNS flood", Level.Expected)]
    public void A_flood_of_queries_takes_one_hosts_ports_only_and_gives_them_back_once_answered()
    {
        for (int i = 0; i < Queries; i++)
            Router.Receive("lan", Udp(Client, (ushort)(20_000 + i), Remote, 53));
        int told = Router.Sent("lan").Count, asked = Router.Sent("wan").Count;
        Assert.Equal(PortsPerSubscriber, asked);
        Assert.Equal($"lan received {Queries}, lan forwarded {asked}, lan dropped PortQuotaExceeded {Queries - asked}, lan generated {told}, lan sent {told}, wan sent {asked}, "
            + $"sessions {asked}, mappings {asked}", Router.Moved());
        AssertPacket.That(Out(Udp(Other, 20_000, Remote, 53))).FromTo(Outside, Remote).IsUdp(destinationPort: 53);
        Router.Moved();

        for (int i = 0; i < asked; i++)
            Router.Receive("wan", Udp(Remote, 53, Outside, (ushort)(20_000 + i)));
        Assert.Equal(asked, Router.Sent("lan").Count);
        Router.Moved();
        Router.Wait(TimeSpan.FromSeconds(25));
        Assert.Equal($"sessions {-asked}, mappings {-asked}", Router.Moved());
        Pass(TimeSpan.Zero);
        Out(Udp(Client, 50_000, Remote, 53));
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1, mappings 1", Router.Moved());
    }
}
