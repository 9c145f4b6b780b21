using System.Net;
using Router.Op25b;
using Router.Wire;
using Support;

namespace Unit.Op25b;

public sealed class DnsAnswerTest
{
    private const string Name = "mail.seikyou.example";

    [Fact]
    public void The_order_of_the_records_means_nothing() => Assert.Equal(("192.0.2.1 192.0.2.2", 20u), Read(
        DnsMessages.Address("c.example", "192.0.2.1", ttl: 40), DnsMessages.Alias("b.example", "c.example", ttl: 30), DnsMessages.Alias(Name, "b.example", ttl: 20), DnsMessages.Address("C.EXAMPLE", "192.0.2.2")));

    [Fact]
    public void Where_there_is_an_alias_the_name_has_no_address_of_its_own() => Assert.Empty(Read(DnsMessages.Alias(Name, "b.example"), DnsMessages.Address(Name, "192.0.2.1")).Addresses);

    [Fact]
    public void Only_the_type_that_was_asked_for_counts() => Assert.Empty(Read(DnsMessages.Address(Name, "2001:db8::1")).Addresses);

    [Fact]
    public void Aliases_in_a_circle_lead_nowhere() =>
        Assert.Empty(Read(DnsMessages.Alias(Name, "b.example"), DnsMessages.Alias("b.example", Name), DnsMessages.Address("b.example", "192.0.2.1")).Addresses);

    [Theory]
    [InlineData(8, 1)]
    [InlineData(9, 0)]
    public void A_chain_has_eight_aliases_at_most(int aliases, int addresses)
    {
        string NameOf(int i) => i == 0 ? Name : $"a{i}.example";
        Assert.Equal(addresses == 1 ? "192.0.2.1" : "", Read([.. Enumerable.Range(0, aliases).Select(i => DnsMessages.Alias(NameOf(i), NameOf(i + 1))), DnsMessages.Address(NameOf(aliases), "192.0.2.1")]).Addresses);
    }

    [Fact]
    public void What_is_broken_on_the_way_is_broken_whole() =>
        Assert.Empty(Read(DnsMessages.Address(Name, "192.0.2.1"), new DnsMessages.Record("@2000", DnsMessages.A, [192, 0, 2, 2])).Addresses);

    [Fact]
    public void No_more_than_64_records_are_looked_at() => Assert.Empty(Read(
        [.. Enumerable.Range(0, 64).Select(_ => DnsMessages.Address("other.example", "192.0.2.9")), DnsMessages.Address(Name, "192.0.2.1")]).Addresses);

    private static (string Addresses, uint Ttl) Read(params DnsMessages.Record[] records)
    {
        byte[] message = DnsMessages.Answer(Name, records: records), question = DnsName.Of(Name);
        Assert.True(DnsReader.TryOpen(message, out DnsReader reader));
        Assert.True(reader.TryReadQuestion(new byte[DnsName.MaximumSize], out _, out _, out _));
        var addresses = new IpAddress[DnsAnswer.MostAddresses];
        int count = DnsAnswer.Read(reader, question, DnsMessages.A, addresses, out uint ttl);
        return (string.Join(' ', addresses[..count]), ttl);
    }
}
