using Support;

namespace Conformance;

/// <summary>RFC 4787: what NAT does to UDP.</summary>
public sealed class Rfc4787Test : Scenario
{
    [Fact]
    [Requirement("RFC 4787", "REQ-1", Level.Must)]
    public void One_inside_endpoint_has_one_outside_port_for_all_destinations()
    {
        AssertPacket.That(Out(Udp(Client, 40000, Remote, 53))).FromTo(Outside, Remote).IsUdp(40000, 53);
        AssertPacket.That(Out(Udp(Client, 40000, Remote, 123))).FromTo(Outside, Remote).IsUdp(40000, 123);
        ushort port = SourcePort(Out(Udp(Other, 40000, Remote, 53)));
        AssertPacket.That(Out(Udp(Other, 40000, Elsewhere, 3478))).FromTo(Outside, Elsewhere).IsUdp(port, 3478);
        Assert.Equal("lan received 4, lan forwarded 4, wan sent 4, sessions 4, mappings 2", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 4787", "REQ-3", Level.MustNot)]
    public void Two_inside_hosts_never_share_an_outside_port()
    {
        byte[] first = Out(Udp(Client, 40000, Remote, 53)), second = Out(Udp(Other, 40000, Remote, 53));
        Assert.NotEqual(SourcePort(first), SourcePort(second));
        AssertPacket.That(In(Udp(Remote, 53, Outside, SourcePort(second)))).FromTo(Remote, Other).IsUdp(53, 40000);
        AssertPacket.That(In(Udp(Remote, 53, Outside, SourcePort(first)))).FromTo(Remote, Client).IsUdp(53, 40000);
        Assert.Equal("lan received 2, lan forwarded 2, lan sent 2, wan received 2, wan forwarded 2, wan sent 2, sessions 2, mappings 2", Router.Moved());
    }

    [Theory]
    [InlineData(500)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(65535)]
    [Requirement("RFC 4787", "REQ-3a", Level.Recommended)]
    [Requirement("RFC 4787", "REQ-4", Level.Recommended)]
    public void A_port_that_cannot_be_kept_stays_in_its_range_and_keeps_its_parity(ushort port)
    {
        Assert.Equal(port, SourcePort(Out(Udp(Client, port, Remote, 500))));
        ushort instead = SourcePort(Out(Udp(Other, port, Remote, 500)));
        Assert.Equal((port < 1024, port % 2), (instead < 1024, instead % 2));
        Assert.Equal("lan received 2, lan forwarded 2, wan sent 2, sessions 2, mappings 2", Router.Moved());
    }

    [Theory]
    [InlineData(120, true)]
    [InlineData(299, true)]
    [InlineData(300, false)]
    [Requirement("RFC 4787", "REQ-5", Level.MustNot)]
    public void A_mapping_lives_five_minutes(int seconds, bool lives)
    {
        Out(Udp(Client, 40000, Remote, 3478));
        Pass(TimeSpan.FromSeconds(seconds));
        Router.Receive("wan", Udp(Remote, 3478, Outside, 40000));
        Assert.Equal(lives ? 1 : 0, Router.Sent("lan").Count);
    }

    [Fact]
    [Requirement("RFC 4787", "REQ-6", Level.Must)]
    public void Packets_from_inside_keep_the_mapping()
    {
        for (int i = 0; i < 3; i++)
        {
            Out(Udp(Client, 40000, Remote, 3478));
            Pass(TimeSpan.FromSeconds(299));
        }

        AssertPacket.That(In(Udp(Remote, 3478, Outside, 40000))).FromTo(Remote, Client).IsUdp(3478, 40000);
        Assert.Equal("lan received 3, lan forwarded 3, lan sent 1, wan received 1, wan forwarded 1, wan sent 3, sessions 1, mappings 1", Router.Moved());
    }
}
