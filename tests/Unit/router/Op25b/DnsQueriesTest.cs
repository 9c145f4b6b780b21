using CsCheck;
using Router.Op25b;
using Router.Sessions;
using Router.Wire;
using Support;

namespace Unit.Op25b;

public sealed class DnsQueriesTest
{
    private static readonly IpAddress Host = IpAddress.FromIpv4(0xC0A8190A), Resolver = IpAddress.FromIpv4(0xC6336435);

    private readonly DnsQueries _queries = new(new KeyedHash(new SeededRandom(25)), isNeeded: true);

    [Fact]
    public void An_answer_is_taken_once_and_in_ten_seconds()
    {
        DnsQuery query = Query(1);
        _queries.Add(query, now: 0);
        Assert.True(_queries.TryTake(query, now: 10_000));
        Assert.False(_queries.TryTake(query, now: 10_000));
        _queries.Add(query, now: 20_000);
        Assert.False(_queries.TryTake(query, now: 30_001));
        _queries.Add(query, now: 40_000);
        _queries.Add(query, now: 45_000);
        Assert.True(_queries.TryTake(query, now: 55_000));
        Assert.False(_queries.TryTake(query, now: 55_000));
    }

    [Fact]
    public void Every_part_of_it_counts()
    {
        DnsQuery query = Query(1);
        foreach (DnsQuery other in (DnsQuery[])[query with { Host = Resolver }, query with { Resolver = Host }, query with { Port = 2 }, query with { Id = 2 }, query with { Type = 28 }, query with { Name = 2 }])
        {
            _queries.Add(query, now: 0);
            Assert.False(_queries.TryTake(other, now: 0));
            Assert.True(_queries.TryTake(query, now: 0));
        }
    }

    [Fact]
    public void One_host_waits_for_64_and_pushes_out_few_of_another_s()
    {
        DnsQuery[] others = [.. Enumerable.Range(0, 100).Select(i => Query(1) with { Host = IpAddress.FromIpv4(0x0A000000 + (uint)i) })];
        foreach (DnsQuery other in others)
            _queries.Add(other, now: 1);
        for (int i = 0; i < 60_000; i++)
            _queries.Add(Query((ushort)i), now: 2);
        Assert.InRange(Enumerable.Range(0, 60_000).Count(i => _queries.TryTake(Query((ushort)i), now: 3)), 8, 64);
        Assert.InRange(others.Count(other => _queries.TryTake(other, now: 3)), 90, 100);
    }

    /// <summary>F20: in IPv6 a subscriber has more addresses than there are places.</summary>
    [Fact]
    public void One_subscriber_s_many_addresses_push_out_few_queries_of_another_s()
    {
        DnsQuery[] others = [.. Enumerable.Range(0, 100).Select(i => Query(1) with { Host = new IpAddress(0x2001_0DB8_0000_0000 + (ulong)i, 1) })];
        foreach (DnsQuery other in others)
            _queries.Add(other, now: 1);
        for (int i = 0; i < 60_000; i++)
            _queries.Add(Query((ushort)i) with { Host = new IpAddress(0x2001_0DB8_0025_0001, (ulong)i) }, now: 2);
        Assert.InRange(others.Count(other => _queries.TryTake(other, now: 3)), 90, 100);
    }

    [Fact]
    public void Names_that_differ_have_prints_that_differ() => Gen.Byte.Array[0, 40].Array[2].Sample(names =>
        Assert.Equal(names[0].AsSpan().SequenceEqual(names[1]), _queries.PrintOf(names[0]) == _queries.PrintOf(names[1])));

    private static DnsQuery Query(ushort id) => new(Host, Resolver, 40000, id, 1, 0x1234);
}
