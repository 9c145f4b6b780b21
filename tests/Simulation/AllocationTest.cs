using Router;
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
    private const int WarmUp = 1000, Million = 1_000_000;

    [Fact]
    public void A_million_frames_of_an_established_session_allocate_nothing()
    {
        using var router = new TestRouter(devices: new MemoryDeviceOptions { KeepSent = false });
        router.Host("lan", "192.168.25.10");
        router.Host("wan", "203.0.113.25");

        // On a thread of its own, as the loop is: the pool's threads are charged for work of the runtime's between the frames.
        long allocated = long.MaxValue;
        var loop = new Thread(() => allocated = Measure(router));
        loop.Start();
        loop.Join();
        Assert.Equal(0, allocated);
        Assert.Equal(WarmUp + Million, router.Interface("lan").Counters.ForwardedFrames);
    }

    private static long Measure(TestRouter router)
    {
        MemoryDevice lan = router.Device("lan"), wan = router.Device("wan");
        Interface ingress = router.Interface("lan");
        byte[] outbound = Frames.UdpDatagram("192.168.25.10", 40000, "203.0.113.25", 53, ingress.Mac);
        long now = router.Now;
        Send(router.Path.Forwarder, lan, wan, outbound, ingress, now, WarmUp);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Send(router.Path.Forwarder, lan, wan, outbound, ingress, now, Million);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Send(Forwarder forwarder, MemoryDevice lan, MemoryDevice wan, byte[] frame, Interface ingress, long now, int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            lan.Inject(frame);
            Frame arrived = lan.Input.TryReadBatch()!;
            forwarder.Forward(arrived, ingress, now);
            lan.Input.EndBatch();
            _ = wan.Output.FlushAsync();
        }
    }
}
