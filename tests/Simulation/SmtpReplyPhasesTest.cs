using System.Net;
using Router.Configuration;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>F15, F16, F17: SmtpReply in phases that block not everything, or not yet. A conversation is answered as a whole, and no byte of it passes.</summary>
public abstract class SmtpReplyPhasesTest
{
    private const string Bye = "221 2.0.0 Bye\r\n";

    private static readonly DateTimeOffset CutOver = TestRouter.Start + TimeSpan.FromSeconds(10);

    private static readonly PhaseConfiguration Limit = TestConfiguration.Phase(PhaseMode.Limit, PhaseAction.SmtpReply) with { SessionsPerMinute = 1 };

    private readonly Family _family;

    private protected SmtpReplyPhasesTest(Family family) => _family = family;

    /// <summary>What no session has is a part of what the limit refused.</summary>
    [Fact]
    public void A_client_beyond_the_limit_is_told_why()
    {
        using TestRouter router = Open(Limit);
        Passes(router, 40000);
        router.Moved();
        AssertConverses(router, NewClient(router, 40001));
        Assert.Equal("lan received 5, lan dropped Op25bLimited 5, lan generated 4, lan sent 4, op25b dynamic limited 1", router.Moved());
        Assert.Single(router.Attempts().Hosts);

        // What stands goes on.
        router.Receive("wan", Frames.TcpSegment(_family.Remote, 25, _family.Seen(_family.Client), 40000, router.Interface("wan").Mac, Syn | Ack));
        Assert.Single(router.Sent("lan"));
        router.Receive("lan", Frames.TcpSegment(_family.Client, 40000, _family.Remote, 25, router.Interface("lan").Mac, Ack));
        Assert.Single(router.Sent("wan"));
    }

    /// <summary>The late segments of the session that was would carry the rest of the conversation to the server.</summary>
    [Theory]
    [InlineData("Limit")]
    [InlineData("Drain")]
    public void A_SYN_that_is_refused_ends_the_session_that_it_would_open_anew(string phase)
    {
        using TestRouter router = phase == "Limit" ? Open(Limit) : Open(
            TestConfiguration.Phase(PhaseMode.Monitor, name: "notice"),
            TestConfiguration.Phase(PhaseMode.Block, PhaseAction.SmtpReply, CutOver) with { OpenSessions = OpenSessions.Drain, DrainSeconds = 60 });
        OpenAndClose(router);
        if (phase == "Drain")
            router.Wait(TimeSpan.FromSeconds(10));
        Assert.Equal(1, router.Path.Sessions.Count);
        AssertConverses(router, NewClient(router));
        Assert.Equal(0, router.Path.Sessions.Count);
    }

    /// <summary>The client never heard that it was refused, and by now a session is free.</summary>
    [Fact]
    public void A_SYN_that_comes_again_and_passes_ends_the_conversation()
    {
        using TestRouter router = Open(Limit with { SessionsPerMinute = 20 });
        for (ushort i = 0; i < 20; i++)
            Passes(router, (ushort)(40000 + i));
        SmtpClient client = NewClient(router, 50000);
        client.Send(Syn);
        client.Hear();
        Assert.Equal(1, router.Path.Smtp.Count);
        router.Wait(TimeSpan.FromSeconds(3.25));
        router.Sent("lan");
        Passes(router, 50000);
        Assert.Equal(0, router.Path.Smtp.Count);
        router.Wait(TimeSpan.FromSeconds(20));
        Assert.Empty(router.Sent("lan"));
    }

    /// <summary>F16: staged by destination, and by contract.</summary>
    [Fact]
    public void A_phase_about_some_destinations_answers_for_those_alone()
    {
        using TestRouter router = Open(TestConfiguration.Phase(PhaseMode.Block, PhaseAction.SmtpReply) with { Only = ["mobile-carriers"], Groups = ["dynamic"] });
        Passes(router, 40000);
        AssertConverses(router, NewClient(router, 40001, _family.OtherRemote));
        router.Receive("servers", Frames.TcpSegment(_family.Server, 40000, _family.OtherRemote, 25, router.Interface("servers").Mac));
        Assert.Single(router.Sent("wan"));
    }

    [Fact]
    public void Each_phase_has_its_own_action()
    {
        using TestRouter router = Open(
            TestConfiguration.Phase(PhaseMode.Block, PhaseAction.Reset, name: "first"),
            TestConfiguration.Phase(PhaseMode.Block, PhaseAction.SmtpReply, CutOver),
            TestConfiguration.Phase(PhaseMode.Block, PhaseAction.Icmp, CutOver + TimeSpan.FromSeconds(10), name: "last"));
        SmtpClient client = NewClient(router);
        client.Send(Syn);
        Assert.StartsWith("Rst, Ack", Assert.Single(client.Hear()), StringComparison.Ordinal);
        router.Wait(TimeSpan.FromSeconds(10));
        client.Connect();
        Assert.StartsWith("554-5.7.1", client.HearText(), StringComparison.Ordinal);
        client.Send(Ack);
        router.Wait(TimeSpan.FromSeconds(10));
        byte[] command = client.Segment(Ack | Psh, "QUIT\r\n");
        router.Receive("lan", command);
        AssertPacket.That(router.SentOne("lan")).IsIcmp(_family.Prohibited.Type, _family.Prohibited.Code).Quotes(command);
    }

    /// <summary>Toward own servers too, in whatever mode the phase is.</summary>
    [Fact]
    public void A_host_in_quarantine_is_told_by_the_phases_action()
    {
        using TestRouter router = Open(TestConfiguration.Phase(PhaseMode.Monitor, PhaseAction.SmtpReply));
        router.Path.Filter.Quarantine.Hold(IpAddress.From(IPAddress.Parse(_family.Client)), long.MaxValue);
        AssertConverses(router, NewClient(router, destination: _family.Own));
        Assert.Equal("lan received 5, lan dropped Op25bQuarantined 5, lan generated 4, lan sent 4, op25b dynamic blocked 1", router.Moved());
    }

    /// <summary>From the SYN to the last acknowledgment, and nothing of it beyond the router.</summary>
    private static void AssertConverses(TestRouter router, SmtpClient client)
    {
        client.Connect();
        Assert.StartsWith("554-5.7.1", client.HearText(), StringComparison.Ordinal);
        client.Send(Ack);
        client.Say("QUIT\r\n");
        Assert.Equal(Bye, client.HearText());
        client.Send(Fin | Ack);
        client.Next++;
        Assert.Equal([$"Ack seq {client.Expected} ack {client.Next} "], client.Hear());
        Assert.Equal(0, router.Path.Smtp.Count);
        Assert.Empty(router.Sent("wan"));
        Assert.Empty(router.Sent("servers"));
    }

    private void OpenAndClose(TestRouter router)
    {
        (string client, string remote) = (_family.Client, _family.Remote);
        (MacAddress lan, MacAddress wan) = (router.Interface("lan").Mac, router.Interface("wan").Mac);
        router.Receive("lan", Frames.TcpSegment(client, 40000, remote, 25, lan, Syn, sequence: 1000));
        router.Receive("wan", Frames.TcpSegment(remote, 25, _family.Seen(client), 40000, wan, Syn | Ack, sequence: 5000, acknowledgment: 1001));
        router.Receive("lan", Frames.TcpSegment(client, 40000, remote, 25, lan, Fin | Ack, sequence: 1001, acknowledgment: 5001));
        router.Receive("wan", Frames.TcpSegment(remote, 25, _family.Seen(client), 40000, wan, Fin | Ack, sequence: 5001, acknowledgment: 1002));
        router.Sent("lan");
        router.Sent("wan");
        Assert.Equal(Router.Sessions.SessionState.Closed, router.Path.Sessions[0].State);
    }

    private void Passes(TestRouter router, ushort port)
    {
        router.Receive("lan", Frames.TcpSegment(_family.Client, port, _family.Remote, 25, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("wan")).IsTcp(destinationPort: 25, flags: Syn);
    }

    private SmtpClient NewClient(TestRouter router, ushort port = 40000, string? destination = null) => new(router, port, _family.Client, destination ?? _family.Remote);

    private TestRouter Open(params PhaseConfiguration[] phases)
    {
        RouterConfiguration configuration = TestConfiguration.WithPhases(phases);
        var router = new TestRouter(configuration with
        {
            Op25b = configuration.Op25b with
            {
                DestinationSets = new Dictionary<string, IReadOnlyList<IPNetwork>>(StringComparer.Ordinal)
                {
                    ["mobile-carriers"] = [IPNetwork.Parse($"{Family.Ipv4.OtherRemote}/32"), IPNetwork.Parse($"{Family.Ipv6.OtherRemote}/128")],
                },
            },
        });
        router.Host("lan", _family.Client);
        router.Host("servers", _family.Own);
        router.Host("servers", _family.Server);
        router.Host("wan", _family.Remote);
        router.Host("wan", _family.OtherRemote);
        return router;
    }
}

public sealed class SmtpReplyPhasesIpv4Test() : SmtpReplyPhasesTest(Family.Ipv4);

public sealed class SmtpReplyPhasesIpv6Test() : SmtpReplyPhasesTest(Family.Ipv6);
