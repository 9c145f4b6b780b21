using System.Runtime.CompilerServices;
using Router;
using Router.Packets;
using Router.Wire;
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
    private const int WarmUp = 100_000, Million = 1_000_000;

    [Theory]
    [InlineData(Ipv4Header.Udp, "192.168.25.10", "203.0.113.25")]
    [InlineData(Ipv4Header.Tcp, "192.168.25.10", "203.0.113.25")]
    [InlineData(Ipv4Header.Udp, "2001:db8:25:1::10", "2001:db8:25:3::25")]
    [InlineData(Ipv4Header.Tcp, "2001:db8:25:1::10", "2001:db8:25:3::25")]
    public void A_million_frames_of_an_established_session_allocate_nothing(byte protocol, string client, string remote)
    {
        using var router = new TestRouter(devices: new MemoryDeviceOptions { KeepSent = false });
        router.Host("lan", client);
        router.Host("wan", remote);

        // On a thread of its own, as the loop is: the pool's threads are charged for work of the runtime's between the frames.
        long allocated = long.MaxValue;
        var loop = new Thread(() => allocated = Measure(router, protocol, client, remote));
        loop.Start();
        loop.Join();
        Assert.Equal(0, allocated);
        Assert.Equal(WarmUp + Million + (protocol == Ipv4Header.Tcp ? 1 : 0), router.Interface("lan").Counters.ForwardedFrames);
    }

    private static long Measure(TestRouter router, byte protocol, string client, string remote)
    {
        MemoryDevice lan = router.Device("lan"), wan = router.Device("wan");
        Interface ingress = router.Interface("lan");
        byte[] outbound = protocol == Ipv4Header.Udp
            ? Frames.UdpDatagram(client, 40000, remote, 53, ingress.Mac)
            : Frames.TcpSegment(client, 40000, remote, 443, ingress.Mac, Frames.Tcp.Ack, new byte[100]);
        long now = router.Now;
        if (protocol == Ipv4Header.Tcp)
            Send(router.Path.Forwarder, lan, wan, Frames.TcpSegment(client, 40000, remote, 443, ingress.Mac), ingress, now, 1);
        Send(router.Path.Forwarder, lan, wan, outbound, ingress, now, WarmUp);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Send(router.Path.Forwarder, lan, wan, outbound, ingress, now, Million);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>Optimized from the first: a loop that the runtime replaces while it runs has the replacement made on this thread, which may allocate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
