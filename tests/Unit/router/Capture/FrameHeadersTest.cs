using CsCheck;
using Router.Capture;
using Support;

namespace Unit.Capture;

public sealed class FrameHeadersTest
{
    private static readonly Router.Wire.MacAddress Mac = new(0x02_00_00_00_00_01);

    [Fact]
    public void Whatever_the_bytes_are_headers_end_inside_them() =>
        Gen.Select(Gen.Byte.Array[0, 100], Gen.OneOf(Gen.Const(0x0800), Gen.Const(0x86DD), Gen.Const(0x0806), Gen.Int[0, 0xFFFF])).Sample((bytes, type) =>
        {
            if (bytes.Length >= 14)
                (bytes[12], bytes[13]) = ((byte)(type >> 8), (byte)type);
            Assert.InRange(FrameHeaders.LengthOf(bytes), Math.Min(14, bytes.Length), bytes.Length);
        });

    [Fact]
    public void Nothing_behind_the_transport_header_is_one()
    {
        Assert.Equal(14 + 20 + 20, FrameHeaders.LengthOf(Frames.TcpSegment("192.168.25.10", 40000, "203.0.113.25", 25, Mac, Frames.Tcp.Ack, new byte[100])));
        Assert.Equal(14 + 40 + 20, FrameHeaders.LengthOf(Frames.TcpSegment("2001:db8:25:1::10", 40000, "2001:db8:25:3::25", 25, Mac, Frames.Tcp.Ack, new byte[100])));
        Assert.Equal(14 + 20 + 8, FrameHeaders.LengthOf(Frames.UdpDatagram("192.168.25.10", 40000, "203.0.113.25", 53, Mac, new byte[100])));
    }
}
