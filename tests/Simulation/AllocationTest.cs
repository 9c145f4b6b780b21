using Router.Configuration;
using Router.Packets;
using Support;
using TapDev;

namespace Simulation;

/// <summary>Budgets: what a packet may cost in memory is nothing.</summary>
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
        Send(router, lan, wan, outbound, ingress, frames: 1000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Send(router, lan, wan, outbound, ingress, frames: 1_000_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1_001_000, ingress.Counters.ForwardedFrames);
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
