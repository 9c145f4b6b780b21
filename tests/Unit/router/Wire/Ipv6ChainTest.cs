using CsCheck;
using Router.Wire;
using Support;

namespace Tests.Wire;

public sealed class Ipv6ChainTest
{
    private static readonly byte[] Segment = Frames.TcpSegment("2001:db8::1", 40000, "2001:db8::2", 25, Frames.Host);

    [Fact]
    public void Any_bytes_come_to_an_end_within_the_packet() => Gen.Select(Gen.OneOf<byte>(0, 6, 17, 43, 44, 51, 58, 59, 60, 135, 139, 140, 253), Gen.OneOf(Gen.Byte, Gen.OneOf<byte>(0, 1, 43, 44, 51, 60)).Array[0, 120])
        .Sample((next, rest) =>
        {
            byte[] packet = [0x60, .. new byte[5], next, .. new byte[33], .. rest];
            Ipv6Chain chain = Ipv6Chain.Walk(packet);
            Assert.InRange(chain.TransportOffset, Ipv6Header.Size, packet.Length);
            Assert.InRange(chain.FragmentStart, 0, packet.Length);
            Assert.InRange(chain.Pointer, 0, packet.Length);
            if (chain is { Fault: ChainFault.None, FragmentUnits: 0 })
                Assert.False(Ipv6Chain.IsExtension(chain.Protocol));
        });

    [Fact]
    public void A_chain_leads_to_the_protocol_and_where_it_begins()
    {
        byte[] packet = Frames.Network(Ipv6.WithExtensions(Segment, Ipv6.Options(0, 16), Ipv6.Routing(2, 1), Ipv6.FragmentHeader(0x01020304, 0, more: true), Ipv6.Authentication(), Ipv6.Options()));
        Ipv6Chain chain = Ipv6Chain.Walk(packet);
        Assert.Equal((ChainFault.None, (byte)6, 40 + 16 + 24 + 8 + 24 + 8, 40 + 16 + 24 + 8), (chain.Fault, chain.Protocol, chain.TransportOffset, chain.FragmentStart));
        Assert.Equal((true, true, (ushort)0, 0x01020304u, 40 + 16 + 24 + 8 + 24), (chain.IsAuthenticated, chain.MoreFragments, chain.FragmentUnits, chain.Identification, chain.Pointer));
    }

    [Fact]
    public void A_later_fragment_ends_the_walk()
    {
        Ipv6Chain chain = Ipv6Chain.Walk(Frames.Network(Ipv6.Piece(Segment, 7, 1234, [60, 255, 0, 0, 0, 0, 0, 0], more: false)));
        Assert.Equal((ChainFault.None, (ushort)1234, false, 48, 48), (chain.Fault, chain.FragmentUnits, chain.MoreFragments, chain.TransportOffset, chain.FragmentStart));
    }

    [Theory]
    [InlineData(6, ChainFault.None)]
    [InlineData(47, ChainFault.None)]
    [InlineData(59, ChainFault.None)]
    [InlineData(146, ChainFault.None)]
    [InlineData(147, ChainFault.Unknown)]
    [InlineData(253, ChainFault.Unknown)]
    [InlineData(255, ChainFault.Unknown)]
    internal void A_number_without_a_meaning_is_unknown(byte next, ChainFault fault) =>
        Assert.Equal(fault, Ipv6Chain.Walk(Frames.Network(Ipv6.Packet("2001:db8::1", "2001:db8::2", next, new byte[40], Frames.Host))).Fault);
}
