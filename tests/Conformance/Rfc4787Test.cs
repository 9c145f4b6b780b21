using System.Text;
using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

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

    [Theory]
    [InlineData("203.0.113.0/24", true)]
    [InlineData("192.168.0.0/16", false)]
    [InlineData("192.168.25.128/25", false)]
    [Requirement("RFC 4787", "REQ-7", Level.Must)]
    public void An_outside_network_that_collides_with_an_inside_one_is_refused(string outside, bool isGood)
    {
        string address = isGood ? "203.0.113.2/24" : outside == "192.168.0.0/16" ? "192.168.77.2/16" : "192.168.25.130/25";
        ConfigurationResult result = ConfigurationLoader.Load(new("router.jsonc"), Encoding.UTF8.GetBytes($$"""
            { "Interfaces": [ { "Name": "lan", "Role": "Lan", "Tap": "tap0", "Addresses": ["192.168.25.1/24"] },
                              { "Name": "wan", "Role": "Wan", "Tap": "tap1", "Addresses": ["{{address}}"] } ] }
            """));
        Assert.Equal(isGood, result.Configuration is not null);
        Assert.Equal(isGood ? [] : [$"{outside} overlaps 192.168.25.0/24 of 'lan'"], result.Errors.Select(error => error.Message));
    }

    [Fact]
    [Requirement("RFC 4787", "REQ-9a", Level.Must)]
    [Requirement("RFC 5382", "REQ-8a", Level.Must)]
    public void A_hairpinned_packet_shows_the_outside_address_and_port()
    {
        Router.Receive("lan", Tcp(Client, 40000, Outside, 8080));
        AssertPacket.That(Router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(Outside, Home).IsTcp(40000, 80, Syn);
        Router.Receive("lan", Tcp(Home, 80, Outside, 40000, Syn | Ack));
        AssertPacket.That(Router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(Outside, Client).IsTcp(8080, 40000, Syn | Ack);
        Assert.Equal("lan received 2, lan forwarded 2, lan sent 2, sessions 1, mappings 1", Router.Moved());
    }

    /// <summary>What an FTP, SIP or STUN gateway would look for is full of inside addresses, and they arrive as they were sent.</summary>
    [Theory]
    [InlineData(5060, "INVITE sip:bob@203.0.113.25 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.25.10:40000\r\nContact: <sip:alice@192.168.25.10:40000>\r\n\r\n")]
    [InlineData(69, "\0\u0001192.168.25.10\0octet\0")]
    [InlineData(1719, "192.168.25.10:40000")]
    [Requirement("RFC 4787", "REQ-10", Level.Should)]
    public void The_payload_of_a_datagram_is_nobodys_business(ushort port, string payload)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(payload);
        Assert.Equal(bytes, AssertPacket.That(Out(Udp(Client, 40000, Remote, port, bytes))).FromTo(Outside, Remote).IsUdp(40000, port).Payload);

        // No gateway waits for a second connection either.
        Router.Receive("wan", Udp(Elsewhere, port, Outside, 40001));
        Assert.Empty(Router.Sent("lan"));
    }

    [Fact]
    [Requirement("RFC 4787", "REQ-11", Level.Must)]
    public void Collisions_and_load_change_no_behaviour()
    {
        string[] hosts = [.. Enumerable.Range(30, 200).Select(i => $"192.168.25.{i}")];
        ushort[] ports = [.. hosts.Select(host => SourcePort(Out(Udp(host, 40000, Remote, 3478))))];
        Assert.Equal(hosts.Length, ports.Distinct().Count());
        Assert.All(ports, port => Assert.True(port >= 1024 && port % 2 == 0, $"{port}"));
        for (int i = 0; i < hosts.Length; i++)
        {
            AssertPacket.That(Out(Udp(hosts[i], 40000, Elsewhere, 3479))).FromTo(Outside, Elsewhere).IsUdp(ports[i], 3479);
            AssertPacket.That(AnswerTo(hosts[i], ports[i])).FromTo(Remote, hosts[i]).IsUdp(3478, 40000);
        }

        Assert.Equal("lan received 400, lan forwarded 400, lan sent 200, wan received 200, wan forwarded 200, wan sent 400, sessions 400, mappings 200", Router.Moved());
    }

    [Fact]
    [Requirement("RFC 4787", "REQ-12", Level.MustNot)]
    public void No_ICMP_message_ends_a_mapping()
    {
        byte[] inside = Udp(Client, 40000, Remote, 3478), translated = Out(inside);
        for (byte type = 0; type <= 18; type++)
            for (byte code = 0; code <= 15; code++)
            {
                Router.Receive("wan", Error(Remote, Outside, type, code, translated));
                Router.Receive("lan", Error(Client, Remote, type, code, Udp(Remote, 3478, Client, 40000)));
            }

        Router.Sent("lan");
        Router.Moved();
        AssertPacket.That(In(Udp(Remote, 3478, Outside, 40000))).FromTo(Remote, Client).IsUdp(3478, 40000);
        Assert.Equal("lan sent 1, wan received 1, wan forwarded 1", Router.Moved());
    }

    private byte[] AnswerTo(string host, ushort port)
    {
        Router.Host("lan", host);
        return In(Udp(Remote, 3478, Outside, port));
    }
}
