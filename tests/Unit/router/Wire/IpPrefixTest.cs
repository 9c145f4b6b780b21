using System.Net;
using CsCheck;
using Router.Wire;

namespace Tests.Wire;

public sealed class IpPrefixTest
{
    /// <summary>Addresses of both families that share prefixes often.</summary>
    internal static readonly Gen<IPAddress> Address = Gen.OneOf(
        Gen.Select(Gen.OneOf<byte>(10, 192, 203), Gen.OneOf<byte>(0, 1, 168), Gen.Byte, Gen.Byte, (a, b, c, d) => new IPAddress([a, b, c, d])),
        Gen.Select(Gen.OneOf<byte>(0x20, 0xFE), Gen.OneOf<byte>(0, 1, 0x80), Gen.Byte, Gen.Byte, (a, b, c, d) =>
            new IPAddress([a, b, 0x0D, 0xB8, 0, c, 0, 0, 0, 0, 0, 0, 0, 0, c, d])));

    [Fact]
    public void An_address_survives_the_way_in_and_out() =>
        Address.Sample(address => IpAddress.From(address).ToIPAddress().Equals(address) && IpAddress.From(address).ToString() == address.ToString());

    [Fact]
    public void A_prefix_contains_what_the_frameworks_own_network_contains() =>
        Gen.Select(Address, Address, Gen.Int[0, 128]).Sample((network, address, bits) =>
        {
            int length = Math.Min(bits, network.GetAddressBytes().Length * 8);
            IpPrefix prefix = IpPrefix.Containing(IpAddress.From(network), length);
            var expected = new IPNetwork(prefix.Address.IsIpv4 || network.GetAddressBytes().Length == 16 ? prefix.Address.ToIPAddress() : network, length);
            return expected.Contains(network) && prefix.Contains(IpAddress.From(network)) && expected.Contains(address) == prefix.Contains(IpAddress.From(address));
        }, iter: 10_000);

    [Theory]
    [InlineData("192.168.25.0", 24, "192.168.25.255")]
    [InlineData("0.0.0.0", 0, "255.255.255.255")]
    [InlineData("192.0.2.1", 32, "192.0.2.1")]
    public void The_last_address_of_a_prefix_is_its_broadcast(string network, int length, string broadcast) =>
        Assert.Equal(broadcast, new IpPrefix(IpAddress.From(IPAddress.Parse(network)), length).Ipv4Broadcast.ToString());
}
