using Router.Neighbors;
using Router.Wire;
using Support;
using Tests.Packets;
using Due = Router.Neighbors.NeighborCache.Due;

namespace Tests.Neighbors;

public sealed class NeighborCacheTest
{
    private static readonly Network Network = new();

    private readonly NeighborCache _cache = new(capacity: 4);
    private readonly List<(int, Due)> _due = [];
    private long _now = 1_000_000;

    [Fact]
    public void It_asks_three_times_gives_up_and_forgets_after_the_penalty()
    {
        int number = Add(1);
        Assert.True(_cache.TryBeginRequest(number, _now));
        Assert.False(_cache.TryBeginRequest(number, _now + 999));
        Sweep(999);
        Assert.Empty(_due);
        Sweep(1);
        Sweep(1000);
        Assert.Equal([(number, Due.Request), (number, Due.Request)], _due);
        Assert.False(_cache.TryBeginRequest(number, _now + 5000));
        Sweep(1000);
        Assert.Equal((number, Due.Fail), _due[^1]);
        Assert.Equal(NeighborState.Failed, _cache[number].State);
        Sweep(2999);
        Assert.Equal(number, Add(1));
        Sweep(1);
        Assert.Equal(0, _cache.Count);
    }

    [Fact]
    public void It_is_reachable_for_thirty_seconds_and_then_asked_again_only_where_it_is_used()
    {
        int number = Add(1);
        Learn(1);
        Sweep(29_999);
        Assert.Equal(NeighborState.Reachable, _cache[number].State);
        Sweep(1);
        Assert.Equal(NeighborState.Stale, _cache[number].State);
        Sweep(60_000);
        Assert.Empty(_due);
        _cache[number].IsUsed = true;
        Sweep(1);
        Assert.Equal([(number, Due.Request)], _due);
        Learn(1);
        Assert.Equal((NeighborState.Reachable, 0, false), (_cache[number].State, _cache[number].Requests, _cache[number].IsUsed));
    }

    [Fact]
    public void What_is_not_used_is_forgotten_after_ten_minutes_and_the_epoch_moves_on()
    {
        Add(1);
        Learn(1);
        int epoch = _cache.Epoch;
        Sweep(30_000);
        Sweep(569_999);
        Assert.Equal((1, epoch), (_cache.Count, _cache.Epoch));
        Sweep(1);
        Assert.Equal((0, epoch + 1), (_cache.Count, _cache.Epoch));
    }

    /// <summary>RFC 6583: a scan of a network fills the table with addresses that nobody has; those give way first.</summary>
    [Fact]
    public void A_full_table_gives_way_from_those_that_did_not_answer()
    {
        for (int host = 1; host <= 4; host++)
            Add(host);
        Learn(1);
        Assert.Equal(NeighborCache.None, Add(9));
        for (int i = 0; i < 4; i++)
            Sweep(1000);
        Assert.Equal(3, _due.Count(due => due.Item2 == Due.Fail));
        Assert.InRange(Add(9), 1, 3);
        Assert.Equal(0, Add(1));
    }

    [Fact]
    public void Unasked_it_changes_what_is_known_and_adds_nothing()
    {
        Assert.Equal(NeighborCache.None, _cache.Learn(Network["wan"], Address(1), Frames.Host, _now, add: false));
        Add(1);
        Assert.Equal(0, _cache.Learn(Network["wan"], Address(1), Frames.Host, _now, add: false));
        Assert.Equal((NeighborState.Reachable, Frames.Host), (_cache[0].State, _cache[0].Mac));
    }

    [Fact]
    public void One_address_on_two_interfaces_is_two_neighbours() =>
        Assert.NotEqual(Add(1), _cache.FindOrAdd(Network["lan"], Address(1), _now));

    [Fact]
    public void When_the_epochs_begin_anew_everybody_is_told()
    {
        int told = 0;
        _cache.EpochsWrapped = () => told++;
        for (int i = 0; i < ushort.MaxValue; i++)
        {
            Add(1);
            Learn(1);
            Sweep(30_000);
            Sweep(600_000);
        }

        Assert.Equal((1, 1), (told, _cache.Epoch));
    }

    private static IpAddress Address(int host) => IpAddress.FromIpv4(0xCB007100 + (uint)host);

    private int Add(int host) => _cache.FindOrAdd(Network["wan"], Address(host), _now);

    private void Learn(int host) => _cache.Learn(Network["wan"], Address(host), Frames.Host, _now, add: true);

    private void Sweep(long after)
    {
        _now += after;
        _cache.Sweep(_now, (number, due) =>
        {
            _due.Add((number, due));
            if (due == Due.Request)
                Assert.True(_cache.TryBeginRequest(number, _now));
        });
    }
}
