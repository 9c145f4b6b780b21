using System.Net;
using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>RFC 6888: what is asked of a NAT that many subscribers share.</summary>
public sealed class Rfc6888Test : Scenario
{
    /// <summary>One limit for ports of UDP and TCP, and for identifiers; who is at it goes on with what it has, and so do the others.</summary>
    [Fact]
    [Requirement("RFC 6888", "REQ-4", Level.Must)]
    public void A_subscriber_has_as_many_ports_as_the_configuration_says()
    {
        Restart(With(new() { Ports = 3 }));
        Out(Udp(Client, 40000, Remote, 5000));
        Out(Tcp(Client, 40000, Remote, 443));
        Out(Echo(Client, Remote, 77));
        Assert.Equal("lan received 3, lan forwarded 3, wan sent 3, sessions 3, mappings 3", Router.Moved());
        foreach (byte[] more in new[] { Udp(Client, 40001, Remote, 5000), Tcp(Client, 40001, Remote, 443), Echo(Client, Remote, 78) })
            AssertRefused(more, "PortQuotaExceeded");
        Out(Udp(Client, 40000, Elsewhere, 5000));
        Out(Udp(Other, 40001, Remote, 5000));
        Assert.Equal("lan received 2, lan forwarded 2, wan sent 2, sessions 2, mappings 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 6888", "REQ-5", Level.Should)]
    public void A_subscriber_has_as_many_sessions_as_the_configuration_says()
    {
        Restart(With(new() { Sessions = 3 }));
        for (ushort port = 1; port <= 3; port++)
            Out(Udp(Client, 40000, Remote, port));
        Router.Moved();
        AssertRefused(Udp(Client, 40000, Remote, 4), "SessionQuotaExceeded");
        AssertRefused(Tcp(Client, 40000, Remote, 443), "SessionQuotaExceeded");
        Out(Udp(Client, 40000, Remote, 3));
        Out(Udp(Other, 40000, Remote, 3));
        Assert.Equal("lan received 2, lan forwarded 2, wan sent 2, sessions 1, mappings 1", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 6888", "REQ-5", Level.Should)]
    public void A_subscriber_opens_as_many_sessions_in_a_second_as_the_configuration_says()
    {
        Restart(With(new() { CreationsPerSecond = 3 }));
        for (int second = 0; second < 3; second++)
        {
            for (ushort port = 1; port <= 3; port++)
                Out(Udp(Client, 40000, Remote, (ushort)(second * 10 + port)));
            Router.Moved();
            AssertRefused(Udp(Client, 40000, Remote, 99), "CreationRateExceeded");
            Out(Udp(Client, 40000, Remote, 1));
            Assert.Equal("lan received 1, lan forwarded 1, wan sent 1", Router.Moved());
            Pass(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    [Requirement("RFC 6888", "REQ-6", Level.Must)]
    public void A_destination_can_be_exempt_from_translation()
    {
        Restart(Default with { Nat = Default.Nat! with { ExemptDestinations = [IPNetwork.Parse($"{Elsewhere}/32")] } });
        AssertPacket.That(Out(Udp(Client, 40000, Elsewhere, 5000))).IsIpv4(ttl: 63).FromTo(Client, Elsewhere).IsUdp(40000, 5000);
        AssertPacket.That(Out(Tcp(Client, 40000, Elsewhere, 443))).IsIpv4(ttl: 63).FromTo(Client, Elsewhere).IsTcp(40000, 443, Syn);
        AssertPacket.That(Out(Echo(Client, Elsewhere, 77))).IsIpv4(ttl: 63).FromTo(Client, Elsewhere).IsEcho(8, 77);
        AssertPacket.That(In(Udp(Elsewhere, 5000, Client, 40000))).IsIpv4(ttl: 63).FromTo(Elsewhere, Client).IsUdp(5000, 40000);
        Assert.Equal("lan received 3, lan forwarded 3, lan sent 1, wan received 1, wan forwarded 1, wan sent 3, sessions 3", Router.Moved());
        AssertPacket.That(Out(Udp(Client, 40000, Remote, 5000))).FromTo(Outside, Remote).IsUdp(40000, 5000);
        Assert.Equal("lan received 1, lan forwarded 1, wan sent 1, sessions 1, mappings 1", Router.Moved());
    }

    /// <summary>A mapping of UDP ends five minutes after its last packet; its port rests from then on.</summary>
    [Theory]
    [InlineData(120)]
    [InlineData(600)]
    [Requirement("RFC 6888", "REQ-8", Level.ShouldNot)]
    public void A_port_rests_before_another_host_has_it(int seconds)
    {
        Restart(Default with { Nat = Default.Nat! with { PortRestSeconds = seconds } });
        Out(Udp(Client, 40000, Remote, 5000));
        Router.Wait(TimeSpan.FromSeconds(302));
        Pass(TimeSpan.FromSeconds(seconds - 2) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, Router.Path.Sessions.Count);
        Assert.NotEqual(40000, SourcePort(Out(Udp(Other, 40000, Remote, 5000))));
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(40000, SourcePort(Out(Udp(Home, 40000, Remote, 5000))));
    }

    [Fact]
    [Requirement("RFC 6888", "REQ-8", Level.ShouldNot)]
    public void A_port_of_tracked_TCP_and_ones_own_do_not_rest()
    {
        Conversation.FromClient(Router).Play("c:S s:SA c:A c:FA s:FA");
        Out(Udp(Client, 40000, Remote, 5000));
        Router.Wait(TimeSpan.FromSeconds(302));
        Assert.Equal(0, Router.Path.Sessions.Count);
        Pass(TimeSpan.Zero);
        Assert.Equal(40000, SourcePort(Out(Tcp(Other, 40000, Remote, 443))));
        Assert.Equal(40000, SourcePort(Out(Udp(Client, 40000, Remote, 5000))));
    }

    private static RouterConfiguration With(PerSubscriberConfiguration quotas) =>
        Default with { Sessions = new SessionsConfiguration { Capacity = 4096, PerSubscriber = quotas } };

    /// <summary>REQ-11: dropped, and its sender is told.</summary>
    private void AssertRefused(byte[] frame, string reason)
    {
        Router.Receive("lan", frame);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, Client).IsIcmp(3, 1).Quotes(frame);
        AssertSilence();
        Assert.Equal($"lan received 1, lan dropped {reason} 1, lan generated 1, lan sent 1", Router.Moved());
    }
}
