using CsCheck;
using PacketDotNet;
using Router.Wire;
using Support;

namespace Tests.Wire;

public sealed class Ipv4HeaderTest
{
    [Fact]
    public void It_reads_what_an_independent_library_wrote() =>
        Gen.Select(Gen.UInt, Gen.UInt, Gen.Byte, Gen.UShort, Gen.Int[0, 8191], Gen.Int[0, 7]).Sample((source, destination, ttl, identification, units, flags) =>
        {
            var written = new IPv4Packet(Address(source), Address(destination))
            {
                Protocol = ProtocolType.Udp, TimeToLive = ttl, Id = identification, FragmentOffset = (ushort)units, FragmentFlags = (ushort)flags, PayloadData = [1, 2, 3],
            };
            written.UpdateCalculatedValues();
            written.UpdateIPChecksum();
            byte[] bytes = written.Bytes;
            Assert.True(Ipv4Header.TryParse(bytes, out Ipv4Header header));
            Assert.Equal((source, destination, ttl, identification, units), (header.Source.Ipv4, header.Destination.Ipv4, header.Ttl, header.Identification, header.FragmentUnits));
            Assert.Equal(((flags & 2) != 0, (flags & 1) != 0), (header.DontFragment, header.MoreFragments));
            Assert.True(header.ChecksumIsValid);
            ushort theirs = header.ChecksumField;
            header.CompleteChecksum();
            Assert.Equal(theirs, header.ChecksumField);
        });

    [Fact]
    public void Any_bytes_parse_or_do_not_and_no_accessor_fails_afterwards() =>
        Gen.Byte.Array[0, 80].Sample(bytes =>
        {
            if (bytes.Length > 3 && bytes[0] % 2 == 0)
                (bytes[0], bytes[2], bytes[3]) = (0x46, 0, (byte)(bytes[3] % 80));
            if (!Ipv4Header.TryParse(bytes, out Ipv4Header header))
                return;
            _ = (header.HeaderLength, header.TotalLength, header.Ttl, header.Protocol, header.Source, header.Destination, header.ChecksumIsValid, header.Tos);
            header.CompleteChecksum();
            Assert.True(header.ChecksumIsValid);
        }, iter: 20_000);

    [Theory]
    [InlineData(0x44, 40, 40)]
    [InlineData(0x65, 40, 40)]
    [InlineData(0x45, 19, 40)]
    [InlineData(0x46, 20, 40)]
    [InlineData(0x45, 41, 40)]
    [InlineData(0x45, 20, 19)]
    public void A_header_whose_lengths_do_not_fit_is_none(byte first, byte totalLength, int bytes)
    {
        var header = new byte[bytes];
        (header[0], header[3]) = (first, totalLength);
        Assert.False(Ipv4Header.TryParse(header, out _));
    }

    /// <summary>One hop less on the way, and a TTL of our own in an answer: the field goes both ways.</summary>
    [Fact]
    public void A_rewrite_keeps_the_checksum_right() =>
        Gen.Select(Gen.UInt, Gen.UInt, Gen.Byte, Gen.Byte, Gen.UInt).Sample((source, destination, ttl, newTtl, newSource) =>
        {
            var bytes = new byte[20];
            Ipv4Header.Write(bytes, 20, 6, ttl, 0, IpAddress.FromIpv4(source), IpAddress.FromIpv4(destination));
            var header = new Ipv4Header(bytes);
            header.Rewrite(IpAddress.FromIpv4(newSource), IpAddress.FromIpv4(source), hops: ttl - newTtl);
            Assert.Equal((newTtl, newSource, source), (header.Ttl, header.Source.Ipv4, header.Destination.Ipv4));
            Assert.True(InternetSum.IsWhole(bytes));
        }, iter: 10_000);

    private static System.Net.IPAddress Address(uint address) => IpAddress.FromIpv4(address).ToIPAddress();
}
