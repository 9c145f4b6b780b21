using Router.Op25b;

namespace Tests.Op25b;

public sealed class RhythmTest
{
    private const long Start = 1_000_800_000, Hour = 3_600_000;

    [Theory]
    [InlineData(300, 0, 300)]
    [InlineData(300, 10, 300)]
    [InlineData(3600, 60, 3600)]
    public void What_comes_at_even_pauses_has_a_period(int seconds, int jitter, int expected)
    {
        var rhythm = new Rhythm();
        for (int i = 0; i < 12; i++)
        {
            long now = Start + (i * seconds + i % 2 * jitter) * 1000L;
            rhythm.Add(now);
            // One mail, several servers: the same occasion.
            rhythm.Add(now + 3000);
        }

        Assert.InRange(rhythm.Period() ?? 0, expected - jitter - 1, expected + jitter + 1);
    }

    [Fact]
    public void What_comes_when_something_happens_has_none()
    {
        var rhythm = new Rhythm();
        long now = Start;
        foreach (int minutes in new[] { 1, 30, 4, 90, 2, 55, 7 })
            rhythm.Add(now += minutes * 60_000L);
        Assert.Null(rhythm.Period());
    }

    [Fact]
    public void The_last_day_is_known_by_hours()
    {
        var rhythm = new Rhythm();
        for (int hour = 0; hour < 30; hour++)
            for (int i = 0; i <= hour % 3; i++)
                rhythm.Add(Start + hour * Hour + i * 1000);
        long now = Start + 29 * Hour + 5000;
        Assert.Equal((48, 24, 3), rhythm.LastDay(now));
        Assert.Equal((36, 18, 3), rhythm.LastDay(now + 6 * Hour));
        Assert.Equal((0, 0, 0), rhythm.LastDay(now + 24 * Hour));
    }
}
