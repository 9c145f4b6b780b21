using CsCheck;
using Router.Op25b;

namespace Tests.Op25b;

/// <summary>F19: spamblock's steps, and that one burst is not two.</summary>
public sealed class RateStepsTest
{
    private const long Start = 1_000_000_000;

    [Theory]
    [InlineData(6, 100, 5, 1)]
    [InlineData(11, 250, 10, 3)]
    [InlineData(16, 380, 15, 6)]
    [InlineData(21, 480, 20, 10)]
    [InlineData(62, 960, 60, 60)]
    [InlineData(330, 1700, 300, 600)]
    [InlineData(1010, 2900, 1000, 3000)]
    public void A_step_counts_once_it_was_exceeded_in_two_windows(int attempts, int milliseconds, int expectedAttempts, int expectedSeconds)
    {
        var rate = new RateSteps();
        long now = Start;
        for (int i = 0; i < attempts; i++)
            rate.Add(now += milliseconds);
        Assert.Null(rate.ExceededTwice());
        now += expectedSeconds * 1000L;
        for (int i = 0; i < attempts; i++)
            rate.Add(now += milliseconds);
        Assert.Equal((expectedAttempts, expectedSeconds), rate.ExceededTwice());
    }

    [Theory]
    [InlineData(5, 100)]
    [InlineData(60, 1010)]
    public void What_is_no_faster_than_a_step_never_counts(int attempts, int milliseconds)
    {
        var rate = new RateSteps();
        long now = Start;
        for (int window = 0; window < 10; window++)
        {
            for (int i = 0; i < attempts; i++)
                rate.Add(now += milliseconds);
            now += 3_600_000;
        }

        Assert.Null(rate.ExceededTwice());
    }

    [Fact]
    public void The_last_minutes_are_counted_as_a_plain_list_would() =>
        Gen.Select(Gen.Int[0, 400_000].Array[0, 60], Gen.Int[1, 60]).Sample((gaps, minutes) =>
        {
            var rate = new RateSteps();
            var moments = new List<long>();
            long now = Start;
            foreach (int gap in gaps)
            {
                moments.Add(now += gap);
                rate.Add(now);
            }

            return rate.InTheLast(minutes, now) == moments.Count(moment => moment / 60_000 > now / 60_000 - minutes);
        });
}
