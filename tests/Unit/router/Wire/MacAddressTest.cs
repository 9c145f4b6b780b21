using CsCheck;
using Router.Wire;
using Support;

namespace Tests.Wire;

public sealed class MacAddressTest
{
    [Fact]
    public void Six_bytes_survive_the_way_in_and_out() => Gen.Byte.Array[6].Sample(bytes =>
    {
        var mac = MacAddress.Read(bytes);
        Assert.Equal(bytes, Frames.Physical(mac).GetAddressBytes());
        Assert.Equal((bytes[0] & 1) != 0, mac.IsGroup);
    });

    [Fact]
    public void It_is_written_as_people_write_it() => Assert.Equal("02:00:5e:10:00:01", Frames.Host.ToString());
}
