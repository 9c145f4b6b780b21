using Router.Configuration;
using Support;

namespace Conformance;

/// <summary>No room for another session, or for another mapping (RFC 6888 section 4).</summary>
public sealed class FullTablesTest() : Scenario(Default with { Sessions = new SessionsConfiguration { Capacity = 600 } })
{
    [Fact]
    [Requirement("RFC 6888", "REQ-11a", Level.Must)]
    [Requirement("RFC 6888", "REQ-11b", Level.Should)]
    [Requirement("RFC 6888", "REQ-11c", Level.Should)]
    [Requirement("RFC 6888", "REQ-11d", Level.MustNot)]
    [Requirement("Practice", "full table", Level.Expected)]
    public void A_full_table_drops_and_tells_sender_and_operator_and_evicts_nobody()
    {
        for (ushort port = 1; port <= 600; port++)
            Out(Udp(Client, 40000, Remote, port));
        Router.Moved();
        byte[] datagram = Udp(Other, 40000, Remote, 53);
        Router.Receive("lan", datagram);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Other).IsIcmp(3, 1).Quotes(datagram);

        // The operator: this account is the Prometheus counter router_dropped_frames_total.
        Assert.Equal("lan received 1, lan dropped SessionTableFull 1, lan generated 1, lan sent 1", Router.Moved());
        for (ushort port = 1; port <= 600; port++)
            AssertPacket.That(In(Udp(Remote, port, Outside, 40000))).FromTo(Remote, Client).IsUdp(port, 40000);
        Assert.Equal("lan sent 600, wan received 600, wan forwarded 600", Router.Moved());
    }
}
