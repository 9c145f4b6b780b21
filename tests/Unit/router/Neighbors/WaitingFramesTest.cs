using Router.Neighbors;

namespace Tests.Neighbors;

public sealed class WaitingFramesTest
{
    private readonly WaitingFrames _waiting = new();

    [Fact]
    public void The_one_that_waited_longest_comes_first_whatever_its_size()
    {
        Assert.True(_waiting.TryAdd(neighbor: 1, ingress: 0, [1]));
        Assert.True(_waiting.TryAdd(neighbor: 2, ingress: 0, new byte[60_000]));
        Assert.True(_waiting.TryTake(1, out _, out _));
        Assert.True(_waiting.TryAdd(neighbor: 2, ingress: 1, [2]));
        Assert.True(_waiting.TryTake(2, out int ingress, out Span<byte> first));
        Assert.Equal((0, 60_000), (ingress, first.Length));
        Assert.True(_waiting.TryTake(2, out ingress, out Span<byte> second));
        Assert.Equal((1, 2), (ingress, second[0]));
        Assert.False(_waiting.TryTake(2, out _, out _));
    }

    [Fact]
    public void Its_places_are_bounded()
    {
        int places = 0;
        while (_waiting.TryAdd(places, 0, [1]))
            places++;
        Assert.Equal(256, places);
        Assert.True(_waiting.TryTake(17, out _, out _));
        Assert.True(_waiting.TryAdd(17, 0, [1]));
        Assert.False(_waiting.TryAdd(18, 0, [1]));
    }
}
