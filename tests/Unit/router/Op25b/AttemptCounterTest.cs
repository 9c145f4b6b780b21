using Router.Op25b;
using Router.Packets;
using Router.Sessions;
using Router.Wire;
using Support;
using Tests.Packets;

namespace Tests.Op25b;

/// <summary>F19, F20.</summary>
[Collection(nameof(Budgets))]
public sealed class AttemptCounterTest
{
    private static readonly Interface Lan = new Network()["lan"];

    private readonly AttemptCounter _attempts = new(new Op25bPolicy([], [], [new Phase("op25b", 0, Mode.Block, BlockAction.Drop)]), new KeyedHash(new SeededRandom(1)));

    [Fact]
    public void Six_retransmissions_are_one_attempt()
    {
        uint now = 1000;
        Assert.True(Count(40000, now));
        foreach (uint gap in new uint[] { 1, 2, 4, 8, 16, 32 })
            Assert.False(Count(40000, now += gap * 1000));
        Assert.Equal(1, _attempts[0, 0, Op25bOutcome.Blocked]);
    }

    [Fact]
    public void The_window_ends_120_seconds_after_the_last_segment()
    {
        Assert.True(Count(40000, 1000));
        Assert.False(Count(40000, 1000 + 119_999));
        Assert.False(Count(40000, 1000 + 119_999 + 119_999));
        Assert.True(Count(40000, 1000 + 119_999 + 119_999 + 120_000));
        Assert.Equal(2, _attempts[0, 0, Op25bOutcome.Blocked]);
    }

    [Fact]
    public void Another_port_source_destination_or_outcome_is_another_attempt()
    {
        Assert.True(Count(40000, 1000));
        Assert.True(Count(40001, 1000));
        Assert.True(Count(40000, 1000, source: 0xC0A8190B));
        Assert.True(Count(40000, 1000, destination: 0xCB00711A));
        Assert.True(Count(40000, 1000, outcome: Op25bOutcome.Monitored));
        Assert.False(Count(40000, 1000));
        Assert.Equal((4, 1), (_attempts[0, 0, Op25bOutcome.Blocked], _attempts[0, 0, Op25bOutcome.Monitored]));
    }

    [Fact]
    public void A_flood_makes_it_forget_and_not_grow()
    {
        Count(40000, 1000);
        const uint Parts = 100, Part = 1000;
        int counted = 0, exact = 0;

        // On a thread of its own, which has allocated nothing: the pool's carry what the runner left in their buffers. A collection that another test makes meanwhile takes what is left of this
        // thread's buffer, and that counts as allocated: what the counter itself took would be in each part.
        var flood = new Thread(() =>
        {
            for (uint part = 0; part < Parts; part++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (uint i = part * Part; i < (part + 1) * Part; i++)
                    counted += Count((ushort)i, 2000, source: 0x0A000000 + i) ? 1 : 0;
                exact += GC.GetAllocatedBytesForCurrentThread() == before ? 1 : 0;
            }
        });
        flood.Start();
        flood.Join();
        Assert.Equal(100_000, counted);
        Assert.InRange(exact, (int)Parts / 2, (int)Parts);
    }

    private bool Count(ushort port, uint now, uint source = 0xC0A8190A, uint destination = 0xCB007119, Op25bOutcome outcome = Op25bOutcome.Blocked)
    {
        var packet = new Packet(Lan, [], frame: null)
        {
            Source = IpAddress.FromIpv4(source),
            SourcePort = port,
            Destination = IpAddress.FromIpv4(destination),
            DestinationPort = 25,
            Protocol = Ipv4Header.Tcp,
            Op25b = outcome,
        };
        return _attempts.Count(packet, phase: 0, now);
    }
}
