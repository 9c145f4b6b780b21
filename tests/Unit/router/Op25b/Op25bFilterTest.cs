using Router.Op25b;
using Tests.Packets;

namespace Tests.Op25b;

public sealed class Op25bFilterTest
{
    [Fact]
    public void A_phase_that_begins_moves_the_generation_on_and_nothing_else_does()
    {
        var filter = new Op25bFilter(new Op25bPolicy([], [],
            [new Phase("notice", 1000, Mode.Monitor, BlockAction.Drop), new Phase("op25b", 2000, Mode.Block, BlockAction.Reset)]), new Network().Routes);
        int generation = filter.Generation;
        Assert.False(filter.Advance(999));
        Assert.Equal((Op25bPolicy.NoPhase, generation, BlockAction.Drop), (filter.Phase, filter.Generation, filter.Action));
        Assert.True(filter.Advance(1000));
        Assert.False(filter.Advance(1999));
        Assert.Equal((0, generation + 1), (filter.Phase, filter.Generation));
        Assert.True(filter.Advance(2000));
        Assert.Equal((1, generation + 2, BlockAction.Reset), (filter.Phase, filter.Generation, filter.Action));
    }
}
