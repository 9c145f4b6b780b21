using System.Runtime.CompilerServices;
using Router;
using Router.Capture;
using Router.Configuration;
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

    /// <summary>A capture that takes every frame, and one whose filter takes none; the rings are read now and then, and lose the rest.</summary>
    [Fact]
    public void A_million_frames_that_are_captured_allocate_nothing()
    {
        using var router = new TestRouter(devices: new MemoryDeviceOptions { KeepSent = false });
        router.Host("lan", "192.168.25.10");
        router.Host("wan", "203.0.113.25");
        var nothing = PacketFilter.Make([new(0x20, 0, 0, 1 << 20), new(6, 0, 0, 1)]).Filter;
        Recording everything = new(new RecordingOptions { RingBytes = RecordingOptions.LeastRingBytes }, 3), none = new(new RecordingOptions { RingBytes = RecordingOptions.LeastRingBytes, Filter = nothing }, 3);
        Assert.True(router.Path.Recorder.TryAttach(everything));
        Assert.True(router.Path.Recorder.TryAttach(none));
        long allocated = long.MaxValue;
        var loop = new Thread(() => allocated = Measure(router, Ipv4Header.Tcp, "192.168.25.10", "203.0.113.25"));
        loop.Start();
        long read = 0;
        for (bool isOver = false; !isOver;)
        {
            isOver = loop.Join(0);
            for (; everything.Ring.TryRead(out _, out _); read++)
                everything.Ring.Release();
        }

        Assert.Equal(0, allocated);
        Assert.Equal((WarmUp + Million + 1, 0), (everything.Counts[2].Accepted, none.Counts[2].Accepted));
        Assert.InRange(everything.Counts[0].Lost + everything.Counts[2].Lost + read, 2L * (WarmUp + Million), 2L * (WarmUp + Million + 1));
    }

    /// <summary>What is measured is each segment's journey with its answer; the frames themselves are the test's.</summary>
    [Theory]
    [InlineData("192.168.25.10", "203.0.113.25")]
    [InlineData("2001:db8:25:1::10", "2001:db8:25:3::25")]
    public void A_thousand_conversations_with_blocked_clients_allocate_nothing(string client, string remote)
    {
        RouterConfiguration configuration = TestConfiguration.With(PhaseMode.Block, PhaseAction.SmtpReply);
        using var router = new TestRouter(configuration);
        router.Host("lan", client);
        long allocated = long.MaxValue, before = router.Interface("lan").Counters.GeneratedFrames;
        var loop = new Thread(() =>
        {
            for (int i = 0; i < 200; i++)
                Converse(router, new SmtpClient(router, (ushort)(2000 + i), client, remote), router.Now + i * 200);
            allocated = 0;
            for (int i = 200; i < 1200; i++)
                allocated += Converse(router, new SmtpClient(router, (ushort)(2000 + i), client, remote), router.Now + i * 200);
        });
        loop.Start();
        loop.Join();
        Assert.Equal(0, allocated);
        Assert.Equal(before + 1200 * 5, router.Interface("lan").Counters.GeneratedFrames);
    }

    private static long Converse(TestRouter router, SmtpClient client, long now)
    {
        long allocated = Forward(router, client, client.Segment(Frames.Tcp.Syn), now);
        client.Next++;
        allocated += Forward(router, client, client.Segment(Frames.Tcp.Ack), now) + Forward(router, client, client.Segment(Frames.Tcp.Ack), now);
        foreach (string command in new[] { "NOOP\r\n", "QUIT\r\n" })
        {
            allocated += Forward(router, client, client.Segment(Frames.Tcp.Ack, command), now);
            client.Next += (uint)command.Length;
        }

        return allocated + Forward(router, client, client.Segment(Frames.Tcp.Ack | Frames.Tcp.Fin), now);
    }

    private static long Forward(TestRouter router, SmtpClient client, byte[] frame, long now)
    {
        MemoryDevice lan = router.Device("lan");
        Interface ingress = router.Interface("lan");
        lan.Inject(frame);
        Frame arrived = lan.Input.TryReadBatch()!;
        long before = GC.GetAllocatedBytesForCurrentThread();
        router.Path.Forwarder.Forward(arrived, ingress, now);
        router.Path.Smtp.Sweep(now);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        lan.Input.EndBatch();
        _ = lan.Output.FlushAsync();
        while (lan.TryTakeSent(out byte[]? sent))
            if (Frames.Parse(sent[VirtioHeader.Size..]).Extract<PacketDotNet.TcpPacket>() is not null)
                client.Hear(sent[VirtioHeader.Size..]);
        return allocated;
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

    /// <summary>Queries and answers that are read, and teach an address each time.</summary>
    [Theory]
    [InlineData("192.168.25.10", "198.51.100.53", "203.0.113.25", DnsMessages.A)]
    [InlineData("2001:db8:25:1::10", "2001:db8:25:2::53", "2001:db8:25:3::25", DnsMessages.Aaaa)]
    public void Reading_a_hundred_thousand_DNS_answers_allocates_nothing(string client, string resolver, string server, ushort type)
    {
        const string Name = "mail.seikyou.example";
        const int Answers = 100_000;
        using var router = new TestRouter(TestConfiguration.WithNames("*.seikyou.example"), new MemoryDeviceOptions { KeepSent = false });
        router.Host("lan", client);
        router.Host("servers", resolver);
        byte[] query = Frames.UdpDatagram(client, 40000, resolver, 53, router.Interface("lan").Mac, DnsMessages.Query(Name, type: type));
        byte[] answer = Frames.UdpDatagram(resolver, 53, client, 40000, router.Interface("servers").Mac,
            DnsMessages.Answer(Name, type: type, records: [DnsMessages.Alias("@12", "mx.@17"), DnsMessages.Address("mx.seikyou.example", server)]));
        long allocated = long.MaxValue, now = router.Now;
        var loop = new Thread(() =>
        {
            var at = (router.Interface("lan"), router.Interface("servers"));
            Converse(router, at, query, answer, now, WarmUp);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Converse(router, at, query, answer, now, Answers);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        loop.Start();
        loop.Join();
        Assert.Equal(0, allocated);
        Assert.Equal(WarmUp + Answers, router.Path.Dns[Router.Op25b.DnsOutcome.Learnt]);
        Assert.Equal(1, router.Path.OwnNames.Learnt.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Converse(TestRouter router, (Interface Lan, Interface Servers) at, byte[] query, byte[] answer, long now, int times)
    {
        MemoryDevice inside = router.Device("lan"), resolver = router.Device("servers");
        for (int i = 0; i < times; i++)
        {
            Send(router.Path.Forwarder, inside, resolver, query, at.Lan, now, 1);
            Send(router.Path.Forwarder, resolver, inside, answer, at.Servers, now, 1);
        }
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
