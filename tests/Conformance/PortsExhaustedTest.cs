using System.Net;
using Router.Configuration;
using Support;

namespace Conformance;

/// <summary>Two outside addresses, and hosts that may have as many ports as there are.</summary>
public sealed class PortsExhaustedTest() : Scenario(Default with
{
    Nat = Default.Nat! with { Addresses = [IPAddress.Parse(Outside), IPAddress.Parse("203.0.113.77")], PortForwards = [] },
    Sessions = new SessionsConfiguration { Capacity = 65_536, PerSubscriber = new PerSubscriberConfiguration { Ports = 65_535, Sessions = 65_536 } },
})
{
    [Fact]
    [Requirement("RFC 6888", "REQ-13", Level.Should)]
    [Requirement("RFC 7857", "section 4", Level.Should)]
    public void The_last_free_port_is_found_and_after_it_no_other_address_is_given()
    {
        string[] hosts = HostsOfOneAddress();
        for (int port = 2; port < ushort.MaxValue - 1; port += 2)
            Assert.Equal(port, SourcePort(Out(Udp(hosts[0], (ushort)port, Remote, 53))));
        byte[] last = Out(Udp(hosts[1], 500, Remote, 500));
        Assert.Equal(ushort.MaxValue - 1, SourcePort(last));

        Router.Moved();
        byte[] datagram = Udp(hosts[2], 500, Remote, 500);
        Router.Receive("lan", datagram);
        AssertPacket.That(Router.SentOne("lan")).FromTo(LanGateway, hosts[2]).IsIcmp(3, 1).Quotes(datagram);
        Assert.Equal("lan received 1, lan dropped PortsExhausted 1, lan generated 1, lan sent 1", Router.Moved());
    }

    /// <summary>Three hosts that share an outside address, which an echo shows.</summary>
    private string[] HostsOfOneAddress()
    {
        string[] all = [.. Enumerable.Range(30, 20).Select(number => $"192.168.25.{number}")];
        foreach (string host in all)
            Router.Host("lan", host);
        string[] shared = [.. all.GroupBy(host => new IPAddress(Out(Echo(host, Remote, 1)).AsSpan(26, 4))).MaxBy(group => group.Count())!];
        return shared[..3];
    }
}
