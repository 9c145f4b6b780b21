using System.Net;
using Router.Configuration;
using Router.Wire;
using Support;

namespace Conformance;

/// <summary>Two upstreams, the first of which is preferred.</summary>
public sealed class NextHopsTest : Scenario
{
    private const string First = "203.0.113.1", Second = "203.0.113.9", Far = "8.8.8.8";

    private readonly MacAddress _first, _second;

    public NextHopsTest()
        : base(Default with { Routes = [Upstream(Second, priority: 10), Upstream(First, priority: 0)] })
    {
        _first = Router.AddSilentHost("wan", First);
        _second = Router.AddSilentHost("wan", Second);
        Router.Wait(TimeSpan.FromSeconds(1));
    }

    /// <summary>A session that is open goes on through the other one, and back.</summary>
    [Fact]
    [Requirement("Practice", "next hops", Level.Expected)]
    public void A_dead_next_hop_fails_over_and_one_that_is_back_is_preferred_again()
    {
        AssertPacket.That(Out(Udp(Client, 40000, Far, 5000))).IsTo(_first).FromTo(Outside, Far).IsUdp(40000, 5000);
        AssertInUse(First);
        Router.Silence("wan", First);
        Router.Wait(TimeSpan.FromSeconds(7));
        AssertPacket.That(Out(Udp(Client, 40000, Far, 5000))).IsTo(_second).FromTo(Outside, Far).IsUdp(40000, 5000);
        AssertInUse(Second);
        Router.AddSilentHost("wan", First);
        Router.Wait(TimeSpan.FromSeconds(7));
        AssertPacket.That(Out(Udp(Client, 40000, Far, 5000))).IsTo(_first).FromTo(Outside, Far).IsUdp(40000, 5000);
        AssertInUse(First);
        Assert.Equal((3L, 3L), (Router.Interface("lan").Counters.ReceivedFrames, Router.Interface("lan").Counters.ForwardedFrames));
        Assert.Empty(Router.Drops());
    }

    /// <summary>As <c>status</c> shows it.</summary>
    private void AssertInUse(string via) =>
        Assert.Equal(via, Assert.Single(Assert.Single(Router.Snapshot().Routes).NextHops, nextHop => nextHop.InUse).Via.ToString());

    private static RouteConfiguration Upstream(string via, int priority) =>
        new() { Destination = IPNetwork.Parse("0.0.0.0/0"), Via = IPAddress.Parse(via), Priority = priority };
}
