using Router.Packets;
using Router.Wire;
using Support;

namespace Tests.Packets;

/// <summary>RFC 6864 section 4.3.</summary>
public sealed class IdentificationsTest
{
    private static readonly IpAddress Source = Network.Address("203.0.113.2"), Destination = Network.Address("203.0.113.25");

    [Fact]
    public void None_comes_again_toward_a_destination_before_65536_others()
    {
        var identifications = new Identifications(new SeededRandom(1));
        var seen = new HashSet<ushort>();
        for (int i = 0; i <= ushort.MaxValue; i++)
            Assert.True(seen.Add(identifications.Take(Source, Destination, Ipv4Header.Udp, count: 1)));
    }

    [Fact]
    public void A_super_frame_takes_as_many_as_it_has_segments()
    {
        var identifications = new Identifications(new SeededRandom(1));
        ushort first = identifications.Take(Source, Destination, Ipv4Header.Udp, count: 40);
        Assert.Equal((ushort)(first + 40), identifications.Take(Source, Destination, Ipv4Header.Udp, count: 1));
    }

    [Fact]
    public void Destinations_are_spread_over_the_groups()
    {
        var identifications = new Identifications(new SeededRandom(1));
        var firsts = new HashSet<ushort>();
        for (uint host = 0; host < 1000; host++)
            firsts.Add(identifications.Take(Source, IpAddress.FromIpv4(0x08080000 + host), Ipv4Header.Udp, count: 1));
        Assert.InRange(firsts.Count, 700, 1000);
    }
}
