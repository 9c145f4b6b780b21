using System.Net;
using Support;

namespace Conformance;

/// <summary>Three outside addresses that do not follow each other.</summary>
public sealed class OutsideAddressesTest() : Scenario(Default with
{
    Nat = Default.Nat! with { Addresses = [.. Outsides.Select(IPAddress.Parse)], PortForwards = [] },
})
{
    private static readonly string[] Outsides = ["203.0.113.2", "203.0.113.77", "203.0.113.200"];

    [Fact]
    [Requirement("RFC 4787", "REQ-2", Level.Recommended)]
    [Requirement("RFC 6888", "REQ-2", Level.Must)]
    public void A_host_keeps_one_outside_address_for_every_protocol_and_destination()
    {
        foreach (string host in Hosts(20))
        {
            // Of protocols without ports each host speaks with a gateway of its own.
            string gateway = "203.0.113." + (100 + IPAddress.Parse(host).GetAddressBytes()[3]);
            Router.Host("wan", gateway);
            string[] sources = [.. new[]
            {
                Udp(host, 40000, Remote, 53), Udp(host, 40001, Elsewhere, 53), Tcp(host, 40000, Remote, 443), Tcp(host, 50000, Elsewhere, 80), Echo(host, Remote, 7),
                Portless(47, host, gateway), Portless(50, host, gateway),
            }.Select(frame => SourceOf(Out(frame)))];
            Assert.Single(sources.Distinct());
        }
    }

    [Fact]
    [Requirement("RFC 6888", "REQ-3", Level.ShouldNot)]
    public void Addresses_of_any_kind_are_used_and_their_answers_come_back()
    {
        foreach (string host in Hosts(60))
        {
            byte[] sent = Out(Udp(host, 40000, Remote, 53));
            AssertPacket.That(In(Udp(Remote, 53, SourceOf(sent), SourcePort(sent)))).FromTo(Remote, host).IsUdp(53, 40000);
        }

        string[] sources = [.. Hosts(60).Select(host => SourceOf(Out(Udp(host, 40000, Remote, 53))))];
        Assert.Equal(Outsides.Order(StringComparer.Ordinal), sources.Distinct().Order(StringComparer.Ordinal));
    }

    private IEnumerable<string> Hosts(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Router.Host("lan", $"192.168.25.{i + 30}");
            yield return $"192.168.25.{i + 30}";
        }
    }

    private static string SourceOf(byte[] frame) => new IPAddress(frame.AsSpan(26, 4)).ToString();
}
