using System.Net;
using Router.Names;

namespace Unit.Names;

public sealed class NameHistoryTest
{
    private static readonly DateTimeOffset Start = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NameAnswer None = new([], TimeSpan.Zero);

    private readonly NameHistory _history = new();

    [Fact]
    public void Recent_answers_are_one_set_and_what_is_given_no_more_goes_after_an_hour()
    {
        _history.Take(Answer("192.0.2.1"), None, Start);
        _history.Take(Answer("192.0.2.2"), None, Start.AddMinutes(1));
        Assert.Equal(["192.0.2.1", "192.0.2.2"], Known());
        _history.Take(Answer("192.0.2.2"), None, Start.AddMinutes(59));
        Assert.Equal(["192.0.2.1", "192.0.2.2"], Known());
        _history.Take(Answer("192.0.2.2"), None, Start.AddMinutes(60));
        Assert.Equal(["192.0.2.2"], Known());
        _history.Take(None, None, Start.AddMinutes(121));
        Assert.Empty(Known());
    }

    /// <summary>A resolver that is down keeps the last good answers, and it is said.</summary>
    [Fact]
    public void A_failure_takes_nothing_away_however_long_it_lasts()
    {
        _history.Take(Answer("192.0.2.1"), Answer("2001:db8::1"), Start);
        for (int hour = 1; hour < 100; hour++)
            _history.Take(NameAnswer.Failed("timed out"), NameAnswer.Failed("timed out"), Start.AddHours(hour));
        Assert.Equal(["192.0.2.1", "2001:db8::1"], Known());
        Assert.Equal((Start, "timed out", TimeSpan.FromSeconds(30)), (_history.Known.LastAnswer, _history.Known.Failure, _history.Wait));
    }

    [Fact]
    public void One_family_that_fails_keeps_its_own_addresses_only()
    {
        _history.Take(Answer("192.0.2.1"), Answer("2001:db8::1"), Start);
        _history.Take(None, NameAnswer.Failed("SERVFAIL"), Start.AddHours(2));
        Assert.Equal(["2001:db8::1"], Known());
        Assert.Equal((Start.AddHours(2), true), (_history.Known.LastAnswer, _history.HasFailed));
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(59, 60)]
    [InlineData(300, 300)]
    [InlineData(3601, 3600)]
    [InlineData(2147483647, 3600)]
    public void A_TTL_has_a_floor_and_a_ceiling(int ttl, int seconds)
    {
        _history.Take(Answer("192.0.2.1", ttl), None, Start);
        Assert.Equal(TimeSpan.FromSeconds(seconds), _history.Wait);
    }

    [Fact]
    public void What_an_earlier_run_knew_holds_until_an_hour_after_it_was_seen()
    {
        _history.Restore(IPAddress.Parse("192.0.2.1"), Start.AddMinutes(-30));
        Assert.Equal(["192.0.2.1"], Known());
        Assert.Equal(Start.AddMinutes(-30), _history.Known.LastAnswer);
        _history.Take(Answer("192.0.2.2"), None, Start.AddMinutes(29));
        Assert.Equal(["192.0.2.1", "192.0.2.2"], Known());
        _history.Take(Answer("192.0.2.2"), None, Start.AddMinutes(30));
        Assert.Equal(["192.0.2.2"], Known());
    }

    [Fact]
    public void There_is_a_bound_to_what_one_name_may_have()
    {
        for (int i = 0; i < 200; i++)
            _history.Take(Answer($"192.0.2.{i}"), None, Start.AddSeconds(i));
        Assert.Equal(64, _history.Known.Addresses.Count);
        Assert.Contains("192.0.2.199", Known());
    }

    private IReadOnlyList<string> Known() => [.. _history.Known.Addresses.Select(address => address.ToString()).Order(StringComparer.Ordinal)];

    private static NameAnswer Answer(string address, int ttl = 300) => new([IPAddress.Parse(address)], TimeSpan.FromSeconds(ttl));
}
