using Router.Configuration;
using Router.Packets;
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

    /// <summary>Port 25 is watched, not blocked: what is told of the attempt is that it went nowhere.</summary>
    [Fact]
    [Requirement("Practice", "full table", Level.Expected)]
    public void An_attempt_that_found_the_table_full_is_told_as_dropped()
    {
        Restart(Default with { Op25b = TestConfiguration.With(PhaseMode.Monitor).Op25b, Sessions = new SessionsConfiguration { Capacity = 600 } });
        var told = new List<string>();
        Router.Path.Witness.AttemptMade = (in Packet packet, Verdict verdict, long _) => told.Add($"{packet.Op25b}: {verdict.Outcome} {verdict.Reason}");
        Out(Tcp(Client, 40000, Remote, 25));
        for (ushort port = 1; port < 600; port++)
            Out(Udp(Client, 40000, Remote, port));
        Router.Receive("lan", Tcp(Other, 40000, Remote, 25));
        Assert.Empty(Router.Sent("wan"));
        Assert.Equal(["Monitored: Forwarded None", "Monitored: Dropped SessionTableFull"], told);
    }
}
