using Router.Op25b;
using Router.Sessions;
using Support;
using Tests.Packets;

namespace Tests.Op25b;

public sealed class Op25bFilterTest
{
    [Fact]
    public void A_phase_that_begins_moves_the_generation_on_and_nothing_else_does()
    {
        var filter = new Op25bFilter(new Op25bPolicy([], [],
            [new Phase("notice", 1000, Mode.Monitor, BlockAction.Drop), new Phase("op25b", 2000, Mode.Block, BlockAction.Reset)]), new Network().Routes, new KeyedHash(new SeededRandom(1)));
        int generation = filter.Generation;
        Assert.False(filter.Advance(999));
        Assert.Equal((Op25bPolicy.NoPhase, generation, BlockAction.Drop), (filter.Phase, filter.Generation, filter.Action));
        Assert.True(filter.Advance(1000));
        Assert.False(filter.Advance(1999));
        Assert.Equal((0, generation + 1), (filter.Phase, filter.Generation));
        Assert.True(filter.Advance(2000));
        Assert.Equal((1, generation + 2, BlockAction.Reset), (filter.Phase, filter.Generation, filter.Action));
    }

    /// <summary>F17: the deadline is the phase's start and a time: a restart in between changes nothing.</summary>
    [Fact]
    public void The_end_of_draining_moves_the_generation_on_and_is_no_phase()
    {
        Phase[] phases = [new Phase("op25b", 1000, Mode.Block, BlockAction.Reset) { Drain = 500 }];
        var filter = new Op25bFilter(new Op25bPolicy([], [], phases), new Network().Routes, new KeyedHash(new SeededRandom(1)));
        Assert.True(filter.Advance(1000));
        int generation = filter.Generation;
        Assert.False(filter.Advance(1499));
        Assert.Equal((true, generation), (filter.IsDraining, filter.Generation));
        Assert.False(filter.Advance(1500));
        Assert.Equal((false, generation + 1), (filter.IsDraining, filter.Generation));

        var later = new Op25bFilter(new Op25bPolicy([], [], phases), new Network().Routes, new KeyedHash(new SeededRandom(1)));
        Assert.True(later.Advance(1499));
        Assert.True(later.IsDraining);
    }
}
