using Router.Neighbors;
using Router.Wire;
using Support;
using Tests.Packets;
using Due = Router.Neighbors.NeighborCache.Due;

namespace Tests.Neighbors;

public sealed class NeighborCacheTest
{
    private static readonly Network Network = new();

    private readonly NeighborCache _cache = new(capacity: 16);
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

    /// <summary>RFC 6583: a scan of a network asks for addresses that nobody has; they take a quarter of the table, and give way to newcomers.</summary>
    [Fact]
    public void Those_that_have_not_answered_give_way_to_newcomers()
    {
        Add(1);
        Learn(1);
        for (int host = 2; host < 1000; host++)
        {
            Assert.InRange(Add(host), 1, 15);
            Assert.InRange(_cache.Count, 1, 5);
        }

        Assert.Equal(0, Add(1));
        Assert.Equal(NeighborState.Incomplete, _cache.StateOf(Network["wan"], Address(999)));
        Assert.Equal(NeighborState.Free, _cache.StateOf(Network["wan"], Address(2)));
    }

    /// <summary>Frames that wait for one that was displaced would find another's address.</summary>
    [Fact]
    public void Those_that_frames_wait_for_keep_their_places()
    {
        for (int host = 1; host <= 4; host++)
            _cache[Add(host)].Waiting = 1;
        Assert.Equal(NeighborCache.None, Add(5));
    }

    [Fact]
    public void A_full_table_gives_way_from_those_that_did_not_answer_and_those_not_used()
    {
        for (int host = 1; host <= 16; host++)
        {
            Add(host);
            Learn(host);
        }

        Assert.Equal(NeighborCache.None, Add(17));
        Sweep(30_000);
        _cache[0].IsUsed = true;
        Assert.InRange(Add(17), 1, 15);
        Assert.Equal(0, Add(1));
    }

    [Fact]
    public void A_watched_one_is_asked_without_traffic_and_never_forgotten()
    {
        int number = _cache.Watch(Network["wan"], Address(1), _now);
        Sweep(1);
        Assert.Equal([(number, Due.Request)], _due);
        Learn(1);
        Sweep(2999);
        Assert.Single(_due);
        Sweep(1);
        Assert.Equal((2, NeighborState.Stale), (_due.Count, _cache[number].State));
        Sweep(1000);
        Sweep(1000);
        Sweep(1000);
        Assert.Equal((number, Due.Fail), _due[^1]);
        Sweep(3000);
        Assert.Equal(((number, Due.Request), NeighborState.Incomplete), (_due[^1], _cache[number].State));
        Sweep(1_000_000);
        Assert.Equal(number, Add(1));
        Learn(1);
        Assert.Equal(NeighborState.Reachable, _cache[number].State);
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
