using System.Net;
using Router.Configuration;
using Router.Neighbors;
using Router.Telemetry;
using Router.Wire;
using Support;
using TapDev;

namespace Simulation;

/// <summary>Two upstreams by priority, and their hosts that fall silent and come back.</summary>
public sealed class FailoverTest : IDisposable
{
    private const string Client = "192.168.25.10", Remote = "8.8.8.8", First = "203.0.113.1", Second = "203.0.113.9";

    private readonly TestRouter _router = new(TestConfiguration.Default with
    {
        Routes = [Default(Second, priority: 10), Default(First, priority: 0)],
    });

    private readonly List<string> _events = [];
    private readonly MacAddress _first, _second;

    public FailoverTest()
    {
        _router.Path.NextHops.Changed = (nextHop, state, inUse) => _events.Add($"{nextHop.NextHop} {state}, in use {inUse.NextHop}");
        _router.Host("lan", Client);
        _first = _router.AddSilentHost("wan", First);
        _second = _router.AddSilentHost("wan", Second);
        _router.Wait(TimeSpan.FromSeconds(1));
    }

    public void Dispose() => _router.Dispose();

    [Fact]
    public void The_first_by_priority_is_in_use_while_it_answers()
    {
        _router.Wait(TimeSpan.FromMinutes(10));
        AssertGoesTo(_first);
        Assert.Empty(_events);
        Assert.Equal([$"{First} 0 Reachable True", $"{Second} 10 Reachable False"], Status());
    }

    [Fact]
    public void A_session_follows_when_its_upstream_dies_and_when_it_is_back()
    {
        AssertGoesTo(_first);
        _router.Silence("wan", First);
        _router.Wait(TimeSpan.FromSeconds(7));
        Assert.Equal([$"{First} Unreachable, in use {Second}"], _events);
        Assert.Equal([$"{First} 0 Unreachable False", $"{Second} 10 Reachable True"], Status());
        AssertGoesTo(_second);

        // The one that is asked for again, and does not answer, makes no event.
        _router.Wait(TimeSpan.FromMinutes(2));
        Assert.Single(_events);
        _router.AddSilentHost("wan", First);
        _router.Wait(TimeSpan.FromSeconds(7));
        Assert.Equal($"{First} Reachable, in use {First}", _events[1]);
        Assert.Equal(2, _events.Count);
        AssertGoesTo(_first);
    }

    [Fact]
    public void Where_none_answers_the_first_is_in_use_and_senders_are_told()
    {
        _router.Silence("wan", First);
        _router.Silence("wan", Second);
        _router.Wait(TimeSpan.FromSeconds(8));
        Assert.Equal([$"{First} 0 Unreachable True", $"{Second} 10 Unreachable False"], Status());
        byte[] datagram = Datagram();
        _router.Receive("lan", datagram);
        _router.Wait(TimeSpan.FromSeconds(4));
        AssertPacket.That(_router.SentOne("lan")).FromTo("192.168.25.1", Client).IsIcmp(3, 1).Quotes(datagram);
        _router.AddSilentHost("wan", Second);
        _router.Wait(TimeSpan.FromSeconds(7));
        Assert.Equal($"{Second} Reachable, in use {Second}", _events[^1]);
        AssertGoesTo(_second);
    }

    /// <summary>Frames wait for a next hop that nobody has heard of yet; it does not answer, and they go through the other one.</summary>
    [Fact]
    public void Frames_that_waited_in_vain_go_through_the_other_next_hop()
    {
        using var router = new TestRouter(TestConfiguration.Default with { Routes = [Default(First, 0), Default(Second, 1)] });
        router.AddSilentHost("wan", Second);
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 9, router.Interface("lan").Mac));
        Assert.Empty(router.Sent("wan"));
        router.Wait(TimeSpan.FromSeconds(4));
        AssertPacket.That(router.SentOne("wan")).IsTo(_second).FromTo("203.0.113.2", Remote);
        Assert.Empty(router.Sent("lan"));
    }

    [Fact]
    public void An_upstream_whose_interface_is_down_gives_way_at_once()
    {
        using var router = new TestRouter(TestConfiguration.Default with { Nat = null, Routes = [Default(First, 0), Default("198.51.100.9", 1)] });
        router.Host("lan", Client);
        router.AddSilentHost("wan", First);
        router.AddSilentHost("servers", "198.51.100.9");
        router.Wait(TimeSpan.FromSeconds(1));
        router.Device("wan").SetState(DeviceState.Down);
        router.Wait(TimeSpan.FromMilliseconds(250));
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 9, router.Interface("lan").Mac));
        Assert.Single(router.Sent("servers"));
    }

    /// <summary>A probe does not depend on traffic, and costs one frame in three seconds.</summary>
    [Fact]
    public void Probes_are_bounded()
    {
        _router.Moved();
        long before = _router.Interface("wan").Counters.GeneratedFrames;
        _router.Wait(TimeSpan.FromMinutes(1));
        Assert.InRange(_router.Interface("wan").Counters.GeneratedFrames - before, 30, 42);
        before = _router.Interface("wan").Counters.GeneratedFrames;
        _router.Silence("wan", First);
        _router.Silence("wan", Second);
        _router.Wait(TimeSpan.FromMinutes(1));
        Assert.InRange(_router.Interface("wan").Counters.GeneratedFrames - before, 30, 66);
    }

    /// <summary>There is nothing to choose: no frame is spent on it, and what is known is shown.</summary>
    [Fact]
    public void A_single_next_hop_is_not_watched()
    {
        using var router = new TestRouter();
        router.Wait(TimeSpan.FromMinutes(1));
        Assert.Equal("", router.Moved());
        Assert.Equal("Unknown", router.Snapshot().Routes[0].NextHops[0].State);
        router.Host("wan", First);
        Assert.Equal("Reachable", router.Snapshot().Routes[0].NextHops[0].State);
    }

    private static RouteConfiguration Default(string via, int priority) =>
        new() { Destination = IPNetwork.Parse("0.0.0.0/0"), Via = IPAddress.Parse(via), Priority = priority };

    private byte[] Datagram() => Frames.UdpDatagram(Client, 40000, Remote, 9, _router.Interface("lan").Mac);

    private void AssertGoesTo(MacAddress upstream)
    {
        _router.Sent("wan");
        _router.Receive("lan", Datagram());
        AssertPacket.That(_router.SentOne("wan")).IsTo(upstream).FromTo("203.0.113.2", Remote);
    }

    private IEnumerable<string> Status() =>
        Assert.Single(_router.Snapshot().Routes).NextHops.Select(nextHop => $"{nextHop.Via} {nextHop.Priority} {nextHop.State} {nextHop.InUse}");
}
