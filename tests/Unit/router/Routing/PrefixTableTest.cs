using CsCheck;
using Router.Routing;
using Router.Wire;
using Tests.Wire;

namespace Tests.Routing;

public sealed class PrefixTableTest
{
    private static readonly Gen<IpPrefix> Prefix = Gen.Select(IpPrefixTest.Address, Gen.Int[0, 128], (address, bits) =>
        IpPrefix.Containing(IpAddress.From(address), Math.Min(bits, address.GetAddressBytes().Length * 8)));

    /// <summary>Against the obvious: look at all of them, take the longest, and of two equal ones the first.</summary>
    [Fact]
    public void The_longest_prefix_wins_in_both_families() =>
        Gen.Select(Prefix.Array[0, 40], IpPrefixTest.Address.Array[1, 30]).Sample((prefixes, addresses) =>
        {
            var table = new PrefixTable(prefixes.Select((prefix, index) => (prefix, index)));
            foreach (IpAddress address in addresses.Select(IpAddress.From).Concat(prefixes.Select(prefix => prefix.Address)))
            {
                int expected = prefixes.Index().Where(entry => entry.Item.Contains(address)).OrderByDescending(entry => entry.Item.Length).ThenBy(entry => entry.Index)
                    .Select(entry => entry.Index).DefaultIfEmpty(PrefixTable.None).First();
                Assert.Equal(expected, table.Lookup(address));
            }
        }, iter: 1000);

    [Fact]
    public void A_default_route_of_one_family_is_none_of_the_other()
    {
        var table = new PrefixTable([(new IpPrefix(IpAddress.FromIpv4(0), 0), 4)]);
        Assert.Equal(4, table.Lookup(IpAddress.FromIpv4(0x08080808)));
        Assert.Equal(PrefixTable.None, table.Lookup(IpAddress.From(System.Net.IPAddress.Parse("2001:db8::1"))));
    }
}
