using CsCheck;
using Router.Packets;
using Router.Wire;
using Support;

namespace Tests.Packets;

public sealed class SegmentSizeTest
{
    private const string Source = "203.0.113.2", Destination = "203.0.113.25";

    private static readonly IpAddress From = Network.Address(Source), To = Network.Address(Destination);

    /// <summary>Any options, most of them well-formed and with an MSS somewhere: the checksum stays right, nothing but an announcement changes, and none is raised.</summary>
    [Fact]
    public void Whatever_the_options_only_announcements_are_lowered_and_the_checksum_stays_right()
    {
        Gen<byte[]> option = Gen.OneOf(
            Gen.Const(new byte[] { 1 }), Gen.Const(new byte[] { 0 }), Gen.Const(new byte[] { 3, 3, 7 }), Gen.Const(new byte[] { 4, 2 }),
            Gen.UShort.Select(size => new byte[] { 2, 4, (byte)(size >> 8), (byte)size }), Gen.Byte.Array[0, 5]);
        Gen.Select(option.Array[0, 12], Gen.UShort).Sample((parts, limit) =>
        {
            byte[] options = [.. parts.SelectMany(part => part).Take(40)];
            Array.Resize(ref options, (options.Length + 3) / 4 * 4);
            byte[] segment = Frames.WithTcpOptions(Frames.TcpSegment(Source, 1, Destination, 2, Frames.Host, payload: [1, 2, 3]), options)[34..];
            byte[] before = [.. segment];
            SegmentSize.Clamp(segment.AsSpan(0, 20 + options.Length), limit, needsChecksum: false);
            Assert.Equal(0xFFFF, Checksum.Fold(Checksum.PseudoHeader(From, To, Ipv4Header.Tcp, segment.Length) + Checksum.Sum(segment)));
            byte[] expected = Lowered(before, 20 + options.Length, limit);
            (expected[16], expected[17]) = (segment[16], segment[17]);
            Assert.Equal(expected, segment);
        }, iter: 20_000);
    }

    [Theory]
    [InlineData("0204")]
    [InlineData("02")]
    [InlineData("020401")]
    [InlineData("0200FFFF")]
    [InlineData("0201FFFF")]
    [InlineData("0205FFFF00")]
    [InlineData("0203FF01")]
    [InlineData("01010100" + "0204FFFF")]
    [InlineData("05FF" + "0204FFFF")]
    public void Options_that_make_no_sense_change_nothing(string hex)
    {
        byte[] header = [.. new byte[20], .. Convert.FromHexString(hex)];
        byte[] before = [.. header];
        SegmentSize.Clamp(header, 500, needsChecksum: false);
        Assert.Equal(before, header);
    }

    /// <summary>What a simple reader makes of it.</summary>
    private static byte[] Lowered(byte[] segment, int end, ushort limit)
    {
        for (int at = 20; at < end && segment[at] != 0;)
        {
            int size = segment[at] == 1 ? 1 : at + 1 < end ? segment[at + 1] : 0;
            if (segment[at] != 1 && (size < 2 || at + size > end))
                break;
            if (segment[at] == 2 && size == 4 && (segment[at + 2] << 8 | segment[at + 3]) > limit)
                (segment[at + 2], segment[at + 3]) = ((byte)(limit >> 8), (byte)limit);
            at += size;
        }

        return segment;
    }
}
