using Router.Configuration;
using Router.Packets;
using Support;
using TapDev;

namespace Simulation;

/// <summary>Measures what a thread allocates: a collection that another test brings about would be counted in part.</summary>
[CollectionDefinition(nameof(Budgets), DisableParallelization = true)]
public sealed class Budgets;

/// <summary>Budgets: what a packet may cost in memory is nothing.</summary>
[Collection(nameof(Budgets))]
public sealed class AllocationTest
{
    [Fact]
    public void A_million_frames_of_an_established_session_allocate_nothing()
    {
        using var router = new TestRouter(devices: new MemoryDeviceOptions { KeepSent = false });
        router.Host("lan", "192.168.25.10");
        router.Host("wan", "203.0.113.25");
        byte[] outbound = Frames.UdpDatagram("192.168.25.10", 40000, "203.0.113.25", 53, router.Interface("lan").Mac);
        MemoryDevice lan = router.Device("lan"), wan = router.Device("wan");
        Interface ingress = router.Interface("lan");

        // What the runtime allocates while it compiles hot code again comes once and is not a packet's cost; a packet that allocates does so in every round.
        const int Rounds = 5, Million = 1_000_000;
        long allocated = long.MaxValue;
        for (int round = 0; round < Rounds && allocated != 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread(), forwarded = ingress.Counters.ForwardedFrames;
            Send(router, lan, wan, outbound, ingress, Million);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(Million, ingress.Counters.ForwardedFrames - forwarded);
        }

        Assert.Equal(0, allocated);
    }

    private static void Send(TestRouter router, MemoryDevice lan, MemoryDevice wan, byte[] frame, Interface ingress, int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            lan.Inject(frame);
            Frame arrived = lan.Input.TryReadBatch()!;
            router.Path.Forwarder.Forward(arrived, ingress, router.Now);
            lan.Input.EndBatch();
            _ = wan.Output.FlushAsync();
        }
    }
}
