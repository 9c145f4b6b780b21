using System.Net;
using System.Text;
using CsCheck;
using Router.Wire;

namespace Tests.Wire;

public sealed class AddressTextTest
{
    [Fact]
    public void It_writes_what_the_framework_writes() => Gen.Select(Gen.Bool, Gen.UShort.Array[8], Gen.Byte).Sample((isIpv4, groups, zeros) =>
    {
        byte[] bytes = [.. groups.SelectMany((group, index) => (zeros >> index & 1) == 0 ? [(byte)(group >> 8), (byte)group] : new byte[2])];

        // The framework writes some addresses that begin with zeros with an IPv4 part.
        bytes[0] |= 0x20;
        var address = new IPAddress(isIpv4 ? bytes[..4] : bytes);
        Assert.Equal(address.ToString(), Text(IpAddress.From(address)));
    });

    [Theory]
    [InlineData("2001:db8::1")]
    [InlineData("2001:db8:0:1:1:1:1:1")]
    [InlineData("2001:0:0:1::1")]
    [InlineData("fe80::")]
    [InlineData("192.168.25.10")]
    [InlineData("255.255.255.255")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void It_writes_addresses_as_RFC_5952_says(string address) => Assert.Equal(address, Text(IpAddress.From(IPAddress.Parse(address))));

    private static string Text(IpAddress address)
    {
        var text = new byte[AddressText.Longest];
        return Encoding.ASCII.GetString(text, 0, AddressText.Write(text, address));
    }
}
