using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>Datagrams that come in fragments.</summary>
public sealed class FragmentsTest : Scenario
{
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 4000).Select(i => (byte)(i * 7 >> 3))];

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 1)]
    [InlineData(1, 0, 2)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 0, 1)]
    [InlineData(2, 1, 0)]
    [Requirement("RFC 4787", "REQ-14", Level.Must)]
    public void A_datagram_is_translated_both_ways_whatever_the_order_of_its_fragments(int first, int second, int third)
    {
        byte[][] outbound = Frames.Fragments(Udp(Client, 40000, Remote, 5000, Payload), 77, 185, 370);
        foreach (int i in new[] { first, second, third })
            Router.Receive("lan", outbound[i]);
        Assert.Equal(Payload, AssertPacket.That(Frames.Reassemble(Router.Sent("wan"))!).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsUdp(40000, 5000).Payload);
        byte[][] inbound = Frames.Fragments(Udp(Remote, 5000, Outside, 40000, Payload), 78, 185, 370);
        foreach (int i in new[] { first, second, third })
            Router.Receive("wan", inbound[i]);
        Assert.Equal(Payload, AssertPacket.That(Frames.Reassemble(Router.Sent("lan"))!).IsIpv4(ttl: 63).FromTo(Remote, Client).IsUdp(5000, 40000).Payload);
        Assert.Equal("lan received 3, lan forwarded 3, lan sent 3, wan received 3, wan forwarded 3, wan sent 3, sessions 1, mappings 1", Router.Moved());
    }

    /// <summary>Thousands of fragments whose first one never comes, and of datagrams that never end, by a host inside and by many outside.</summary>
    [Fact]
    [Requirement("RFC 4787", "REQ-14a", Level.Must)]
    public void A_flood_of_fragments_leaves_others_their_own()
    {
        for (int i = 0; i < 3000; i++)
        {
            Router.Receive("lan", Frames.Piece(Udp(Other, 40000, Remote, 5000), (ushort)i, 100, new byte[64], more: true));
            Router.Receive("lan", Frames.Fragments(Udp(Other, 40000, Remote, 5000, Payload), (ushort)(10_000 + i), 185)[0]);
            Router.Receive("wan", Frames.Piece(Udp($"198.18.{i % 200}.1", 40000, Outside, 5000), (ushort)i, 100, new byte[64], more: true));
        }

        Router.Sent("wan");
        Router.Sent("lan");
        foreach (byte[] fragment in Frames.Fragments(Udp(Client, 40000, Remote, 5000, Payload), 77, 185, 370))
            Router.Receive("lan", fragment);
        AssertPacket whole = AssertPacket.That(Frames.Reassemble(Router.Sent("wan"))!).IsUdp(destinationPort: 5000);
        Assert.Equal(Payload, whole.Payload);
        AssertPacket.That(Out(Tcp(Client, 50000, Remote, 443))).FromTo(Outside, Remote).IsTcp(50000, 443, Syn);
    }

    /// <summary>Two hosts behind one address count alike; what they send must not be put together into one datagram. DF alone: there is nothing to put together.</summary>
    [Fact]
    [Requirement("RFC 7857", "section 10", Level.Should)]
    public void Datagrams_of_two_hosts_never_have_one_identification()
    {
        var seen = new HashSet<ushort>();
        for (ushort i = 0; i < 500; i++)
            foreach (string host in new[] { Client, Other })
            {
                foreach (byte[] fragment in Frames.Fragments(Udp(host, 40000, Remote, 5000, new byte[2000]), i, 185))
                    Router.Receive("lan", fragment);
                Assert.True(seen.Add(Assert.Single(Router.Sent("wan").Select(Frames.IdentificationOf).Distinct())));
                Assert.True(seen.Add(Frames.IdentificationOf(Out(Frames.Fragmentable(Udp(host, 40000, Remote, 5000), i)))));
            }

        byte[] atomic = Frames.WithHeader(Udp(Client, 40000, Remote, 5000), header => (header[4], header[5]) = (0x12, 0x34));
        Assert.Equal(0x1234, Frames.IdentificationOf(Out(atomic)));
    }
}
