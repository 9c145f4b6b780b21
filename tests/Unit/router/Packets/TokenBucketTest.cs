using CsCheck;
using Router.Packets;

namespace Tests.Packets;

public sealed class TokenBucketTest
{
    private const long Start = 1_000_000;

    [Fact]
    public void It_never_gives_more_than_the_burst_and_the_rate_since() =>
        Gen.Select(Gen.Int[1, 100], Gen.Int[1, 50], Gen.Int[0, 400].Array[1, 200]).Sample((rate, burst, steps) =>
        {
            var bucket = new TokenBucket();
            long now = Start, taken = 0;
            foreach (int step in steps)
            {
                now += step;
                taken += bucket.TryTake(rate, burst, now) ? 1 : 0;
                Assert.True(taken * 1000 <= burst * 1000L + (now - Start) * rate);
            }
        });

    [Fact]
    public void A_token_comes_back_to_the_millisecond()
    {
        var bucket = new TokenBucket();
        Assert.True(bucket.TryTake(2, 1, Start));
        Assert.False(bucket.TryTake(2, 1, Start + 499));
        Assert.True(bucket.TryTake(2, 1, Start + 500));
    }
}
