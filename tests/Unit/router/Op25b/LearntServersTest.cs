using Router.Op25b;
using Router.Sessions;
using Router.Wire;
using Support;

namespace Unit.Op25b;

public sealed class LearntServersTest
{
    private static readonly byte[] Mail = DnsName.Of("mail.seikyou.example"), Second = DnsName.Of("mail2.seikyou.example");

    private readonly LearntServers _servers = new(new KeyedHash(new SeededRandom(25)), isNeeded: true);

    [Fact]
    public void An_address_holds_for_its_time_and_a_day_longer_for_what_is_open()
    {
        IpAddress address = Address(1);
        Assert.True(_servers.TryLearn(address, Mail, host: 0, milliseconds: 100_000, now: 1000));
        _servers.Sweep(100_999);
        Assert.True(_servers.Contains(address, isOpen: false));
        _servers.Sweep(101_000);
        Assert.False(_servers.Contains(address, isOpen: false));
        Assert.True(_servers.Contains(address, isOpen: true));
        Assert.Equal(0, _servers.Count);
        Assert.Empty(_servers.All());
        _servers.Sweep(101_000 + 86_400_000);
        Assert.False(_servers.Contains(address, isOpen: true));
    }

    [Fact]
    public void A_shorter_answer_does_not_cut_a_longer_one_short()
    {
        _servers.TryLearn(Address(1), Mail, 0, 500_000, now: 0);
        _servers.TryLearn(Address(1), Mail, 0, 100_000, now: 0);
        Assert.Equal(500_000, Assert.Single(_servers.All()).EndsAt);
        _servers.TryLearn(Address(1), Mail, 0, 500_000, now: 1000);
        Assert.Equal(501_000, Assert.Single(_servers.All()).EndsAt);
    }

    [Fact]
    public void Two_names_of_one_address_have_each_its_time()
    {
        _servers.TryLearn(Address(1), Mail, 0, 100_000, now: 0);
        _servers.TryLearn(Address(1), Second, 0, 200_000, now: 0);
        Assert.Equal(["mail.seikyou.example", "mail2.seikyou.example"], _servers.All().Select(entry => entry.Name).Order());
        _servers.Sweep(150_000);
        Assert.Equal("mail2.seikyou.example", Assert.Single(_servers.All()).Name);
        Assert.True(_servers.Contains(Address(1), isOpen: false));
    }

    [Fact]
    public void A_full_table_keeps_what_is_used_and_refuses_the_rest()
    {
        for (uint i = 0; i < 100_000; i++)
            if (_servers.TryLearn(Address(i), Mail, 0, 100_000, now: 0))
                _servers.Contains(Address(i), isOpen: false);
        Assert.Equal(LearntServers.Capacity, _servers.Count);
        string[] before = [.. _servers.All().Select(entry => entry.Address.ToString()).Order()];
        Assert.False(_servers.TryLearn(Address(200_000), Mail, 0, 100_000, now: 0));
        Assert.Equal(before, _servers.All().Select(entry => entry.Address.ToString()).Order());
    }

    [Fact]
    public void The_count_is_that_of_the_live_ones_whatever_happens()
    {
        var random = new SeededRandom(7);
        for (int i = 0; i < 20_000; i++)
        {
            long now = i * 500L;
            _servers.Sweep(now);
            _servers.TryLearn(Address((uint)random.Next(4000)), random.Next(2) == 0 ? Mail : Second, 0, random.Next(200_000), now);
            _servers.Contains(Address((uint)random.Next(4000)), isOpen: false);
        }

        Assert.Equal(_servers.All().Count(), _servers.Count);
    }

    [Fact]
    public void Without_wildcards_nothing_is_learnt_or_found()
    {
        var none = new LearntServers(new KeyedHash(new SeededRandom(25)), isNeeded: false);
        Assert.False(none.TryLearn(Address(1), Mail, 0, 100_000, now: 0));
        Assert.False(none.Contains(Address(1), isOpen: true));
        none.Sweep(5000);
    }

    private static IpAddress Address(uint number) => IpAddress.FromIpv4(0xC612_0000 + number);
}
