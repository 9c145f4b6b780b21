using Router.Op25b;
using Router.Sessions;
using Support;

namespace Tests.Op25b;

public sealed class DistinctWindowTest
{
    private const long Length = 600_000, Start = 1_000_000_000;

    private readonly KeyedHash _hash = new(new SeededRandom(5));

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 5, 5)]
    [InlineData(20, 18, 22)]
    [InlineData(200, 170, 230)]
    public void It_counts_different_things_about_right(int things, int least, int most)
    {
        var window = new DistinctWindow();
        for (int again = 0; again < 3; again++)
            Fill(ref window, things, Start);
        Assert.InRange(window.Count(Length, Start), least, most);
        Assert.InRange(window.Count(Length, Start + Length - 1), least, most);
        Assert.Equal(0, window.Count(Length, Start + 2 * Length));
    }

    [Fact]
    public void It_says_in_how_many_windows_there_were_many()
    {
        var window = new DistinctWindow();
        Fill(ref window, 30, Start);
        Assert.Equal(1, window.BusyWindows(20));
        Fill(ref window, 3, Start + Length);
        Assert.Equal(1, window.BusyWindows(20));
        Fill(ref window, 40, Start + 2 * Length);
        Assert.Equal(2, window.BusyWindows(20));
        window.Forget();
        Assert.Equal(0, window.BusyWindows(20));
    }

    private void Fill(ref DistinctWindow window, int things, long now)
    {
        for (ulong thing = 0; thing < (ulong)things; thing++)
            window.Add(_hash.Of(thing, 7), Length, many: 20, now);
    }
}
