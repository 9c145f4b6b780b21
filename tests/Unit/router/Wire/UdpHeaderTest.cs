using Router.Wire;

namespace Tests.Wire;

public sealed class UdpHeaderTest
{
    [Theory]
    [InlineData(7, 8, false)]
    [InlineData(8, 7, false)]
    [InlineData(8, 8, true)]
    [InlineData(20, 12, true)]
    [InlineData(20, 21, false)]
    public void Its_length_covers_the_header_and_stays_within_the_bytes(int bytes, byte length, bool isHeader)
    {
        var datagram = new byte[bytes];
        datagram[5] = length;
        Assert.Equal(isHeader, UdpHeader.TryParse(datagram, out _));
    }
}
