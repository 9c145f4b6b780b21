using System.Buffers.Binary;
using Router.Names;
using Support;

namespace Unit.Names;

/// <summary>DnsClient against a name server on the loopback: what it takes care of is tested here, since the allow-list rests on it.</summary>
public sealed class NameClientTest
{
    private const string Name = "mail.seikyou.example";

    [Fact]
    public async Task Addresses_are_those_at_the_end_of_the_chain_and_the_TTL_is_the_shortest()
    {
        var answer = await AskAsync(ipv6: false, (query, _) => [Answer(query, 0x8180,
            DnsMessages.Alias(Name, "MX.hosting.example", ttl: 70), DnsMessages.Address("mx.hosting.example", "192.0.2.1", ttl: 300), DnsMessages.Address("mx.hosting.example", "192.0.2.2", ttl: 80),
            DnsMessages.Address("www.seikyou.example", "192.0.2.3"), DnsMessages.Address("mx.hosting.example", "127.0.0.1"))]);
        Assert.Equal(("192.0.2.1 192.0.2.2", TimeSpan.FromSeconds(70), null), Read(answer));
    }

    [Fact]
    public async Task IPv6_is_asked_for_by_itself_and_IPv4_in_its_clothes_is_left_out()
    {
        var answer = await AskAsync(ipv6: true, (query, _) =>
            [Answer(query, 0x8180, DnsMessages.Address(Name, "2001:db8::1", ttl: 0), DnsMessages.Address(Name, "::ffff:192.0.2.1"), DnsMessages.Address(Name, "192.0.2.1"))]);
        Assert.Equal(("2001:db8::1", TimeSpan.Zero, null), Read(answer));
    }

    [Theory]
    [InlineData(0x8180)]
    [InlineData(0x8183)]
    public async Task No_such_name_and_no_such_address_are_answers(int flags) =>
        Assert.Equal(("", TimeSpan.Zero, null), Read(await AskAsync(ipv6: false, (query, _) => [Answer(query, (ushort)flags)])));

    [Theory]
    [InlineData(0x8182)]
    [InlineData(0x8185)]
    public async Task An_error_is_a_failure(int flags) => Assert.NotNull((await AskAsync(ipv6: false, (query, _) => [Answer(query, (ushort)flags)])).Failure);

    [Fact]
    public async Task An_answer_with_a_wrong_identification_is_not_believed()
    {
        var answer = await AskAsync(ipv6: false, (query, _) =>
        {
            var forged = Answer(query, 0x8180, DnsMessages.Address(Name, "192.0.2.66"));
            forged[1] ^= 1;
            return [forged];
        });
        Assert.Empty(answer.Addresses);
        Assert.NotNull(answer.Failure);
    }

    [Fact]
    public async Task A_truncated_answer_is_asked_for_again_over_TCP()
    {
        var answer = await AskAsync(ipv6: false, (query, isTcp) => [isTcp ? Answer(query, 0x8180, DnsMessages.Address(Name, "192.0.2.1")) : Answer(query, 0x8380)]);
        Assert.Equal(("192.0.2.1", TimeSpan.FromSeconds(300), null), Read(answer));
    }

    [Fact]
    public async Task Of_a_huge_answer_sixteen_addresses_are_taken()
    {
        DnsMessages.Record[] records = [.. Enumerable.Range(1, 200).Select(i => DnsMessages.Address("@12", $"192.0.2.{i}"))];
        Assert.Equal(16, (await AskAsync(ipv6: false, (query, isTcp) => [isTcp ? Answer(query, 0x8180, records) : Answer(query, 0x8380)])).Addresses.Count);
    }

    [Fact]
    public async Task Aliases_in_a_circle_end_in_a_failure() => Assert.NotNull((await AskAsync(ipv6: false, (query, _) =>
        [Answer(query, 0x8180, DnsMessages.Alias(Name, "b.example"), DnsMessages.Alias("b.example", Name))])).Failure);

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 0xC0, 0x0C, 0xC0, 0x0C, 0xC0, 0x0C, 0xC0, 0x0C, 0xC0, 0x0C, 0xC0, 0x0C, 0xC0, 0x0C })]
    public async Task Bytes_that_are_no_answer_are_a_failure(byte[] tail)
    {
        var answer = await AskAsync(ipv6: false, (query, _) => [[.. query[..2], 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, .. tail]]);
        Assert.Empty(answer.Addresses);
        Assert.NotNull(answer.Failure);
    }

    private static async Task<NameAnswer> AskAsync(bool ipv6, Func<byte[], bool, IEnumerable<byte[]>> answer)
    {
        await using var server = new DnsServer(answer);
        return await new NameClient([server.EndPoint]).AskAsync(Name, ipv6, TestContext.Current.CancellationToken);
    }

    private static byte[] Answer(byte[] query, ushort flags, params DnsMessages.Record[] records)
    {
        // Behind the question DnsClient has an OPT record: only the question is repeated.
        var question = DnsMessages.Name(Name).Length;
        var type = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(12 + question));
        return DnsMessages.Message(BinaryPrimitives.ReadUInt16BigEndian(query), flags, [(Name, type)], records);
    }

    private static (string Addresses, TimeSpan Ttl, string? Failure) Read(NameAnswer answer) => (string.Join(' ', answer.Addresses), answer.Ttl, answer.Failure);
}
