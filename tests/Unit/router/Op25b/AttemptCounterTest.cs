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

    private AttemptCounter _attempts = Make();

    private static AttemptCounter Make() => new(new Op25bPolicy([], [], [new Phase("op25b", 0, Mode.Block, BlockAction.Drop)]), new KeyedHash(new SeededRandom(1)));

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
        (long, int) measured = default;

        // A collection in the background has two pauses and one number, so one part of a flood may be blamed for it. A counter that grew would do so each time that it is new.
        for (int flood = 0; flood < 3 && measured != (0, 100_000); flood++)
        {
            _attempts = Make();
            Count(40000, 1000);

            // On a thread of its own, which has allocated nothing: the pool's carry what the runner left in their buffers.
            var thread = new Thread(() => measured = Flood());
            thread.Start();
            thread.Join();
        }

        Assert.Equal((0, 100_000), measured);
    }

    /// <summary>A collection that another test makes meanwhile takes what is left of this thread's buffer, and that counts as allocated: such a part says nothing.</summary>
    private (long Allocated, int Counted) Flood()
    {
        const uint Parts = 100, Part = 1000;
        long allocated = 0;
        int counted = 0, measured = 0;
        for (uint part = 0; part < Parts; part++)
        {
            int collections = GC.CollectionCount(0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (uint i = part * Part; i < (part + 1) * Part; i++)
                counted += Count((ushort)i, 2000, source: 0x0A000000 + i) ? 1 : 0;
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            if (GC.CollectionCount(0) != collections)
                continue;
            allocated += taken;
            measured++;
        }

        Assert.InRange(measured, (int)Parts / 2, (int)Parts);
        return (allocated, counted);
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
