using System.Diagnostics;
using TapDev;

namespace Tests.TapDev;

/// <summary>Frames across real TAPs, with every back end.</summary>
public sealed class TapTrafficTest : IDisposable
{
    private readonly TapLab _lab = new();

    private const string Target = "203.0.113.2", TargetIpv6 = "2001:db8:25:3::2";

    public static IEnumerable<TheoryDataRow<TapBackend>> Backends => TapLab.Backends;

    public static MatrixTheoryData<TapBackend, string> BackendsAndTargets => new(Enum.GetValues<TapBackend>(), [Target, TargetIpv6]);

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_ping_crosses_in_both_directions(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left), right = _lab.Open(loop, _lab.Right);
        Assert.Equal((backend, DeviceState.Up), (loop.Backend, left.State));

        Ping(loop, left, right, 20);

        Assert.False(loop.TryTakeStateChange(out _, out _));
    }

    [Theory]
    [MemberData(nameof(BackendsAndTargets))]
    public void Super_frames_of_a_tcp_stream_cross_whole(TapBackend backend, string target)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left), right = _lab.Open(loop, _lab.Right);
        TapLab.Run("ip", $"-n {_lab.Left} addr add 2001:db8:25:3::1/64 dev tap0 nodad");
        TapLab.Run("ip", $"-n {_lab.Right} addr add {TargetIpv6}/64 dev tap0 nodad");
        int longest = 0;

        long received = Transfer(loop, left, right, 16 << 20, frame => longest = Math.Max(longest, frame.Length), target);

        Assert.Equal(16 << 20, received);
        Assert.True(longest > 9000, $"The longest frame had {longest} bytes.");
        Assert.True(left.Offloads.HasFlag(Offloads.Tso4 | Offloads.Tso6));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_ring_of_four_buffers_runs_dry_and_recovers(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        var few = new TapOptions { Name = "tap0", Buffers = 4 };
        using TapDevice left = _lab.Open(loop, _lab.Left, few), right = _lab.Open(loop, _lab.Right, few);

        // Who is quicker, sender or reader, is the scheduler's choice: the ring runs dry in one of the transfers.
        int transfers = 0;
        do
        {
            Assert.Equal(2 << 20, Transfer(loop, left, right, 2 << 20, null));
        }
        while (backend == TapBackend.IoUringMultishot && left.ReadsArmed <= 1 && ++transfers < 50);
        Assert.True(transfers < 50, "ENOBUFS never ended a read.");
        Ping(loop, left, right, 5);
    }

    /// <summary>They are large, so the buffer that was written last is the one to read into next: it is in a processor's cache still.</summary>
    [Theory]
    [MemberData(nameof(Backends))]
    public void Super_frames_go_through_few_of_the_buffers(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left), right = _lab.Open(loop, _lab.Right);
        var buffers = new List<int>();

        Assert.Equal(96 << 20, Transfer(loop, left, right, 96 << 20, frame =>
        {
            if (frame.Length > 9000)
                buffers.Add(frame.Id);
        }));

        Assert.InRange(buffers.TakeLast(256).Distinct().Count(), 1, backend == TapBackend.Epoll ? 16 : 64);
        Ping(loop, left, right, 5);
    }

    /// <summary>All buffers of one device wait for their writes to another, which comes after it: they are home before the loop sleeps.</summary>
    [Theory]
    [MemberData(nameof(Backends))]
    public void What_waits_for_buffers_is_read_as_soon_as_they_are_written(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left, new TapOptions { Name = "tap0", Buffers = 4 }), right = _lab.Open(loop, _lab.Right);
        using Process ping = TapLab.Start("ip", $"netns exec {_lab.Left} ping -q -f -c 200 -w 1 -b 203.0.113.255");
        ping.WaitForExit();

        // Without replies it sends one in ten milliseconds.
        const int Waiting = 40;
        int got = 0;
        TimeSpan longest = TimeSpan.Zero;
        while (got < Waiting && longest < TimeSpan.FromSeconds(4))
        {
            var clock = Stopwatch.StartNew();
            loop.Wait(TimeSpan.FromSeconds(5));
            longest = clock.Elapsed > longest ? clock.Elapsed : longest;
            got += Pass(left, right);
            Pass(right, left);
        }
        Assert.True(got >= Waiting, $"It slept for {longest} over waiting frames, after {got}.");
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_dry_ring_does_not_spin(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left, new TapOptions { Name = "tap0", Buffers = 4 });
        using var held = new MemoryDevice("held") { FlushHold = true };
        using Process ping = TapLab.Start("ip", $"netns exec {_lab.Left} ping -q -f -c 200 -w 1 -b 203.0.113.255");
        int got = 0;
        for (int turn = 0; turn < 200 && got < 4; turn++)
        {
            loop.Wait(TimeSpan.FromMilliseconds(50));
            got += Pass(left, held);
        }
        Assert.Equal(4, got);
        ping.WaitForExit();

        // All leases are out, and frames wait in the TAP: the loop must sleep until a lease comes home.
        loop.Wait(TimeSpan.Zero);
        loop.Wait(TimeSpan.Zero);
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, loop.Wait(TimeSpan.FromMilliseconds(100)));
        Assert.True(clock.ElapsedMilliseconds >= 90, $"It woke after {clock.ElapsedMilliseconds} ms.");

        held.FlushHold = false;
        Assert.True(held.Output.FlushAsync(TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        Assert.Equal(1, loop.Wait(TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_batch_of_writes_ends_in_order_with_its_tags(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left, new TapOptions { Name = "tap0", QueueLimit = 8 });
        var observer = new WriteRecorder();
        left.Observer = observer;
        for (int i = 0; i < 9; i++)
        {
            left.Output.GeneratedTag = i;
            Generate(left, 60);
        }
        Assert.Equal((8, 0, 1L), (left.Output.Pending, left.Output.Room, left.Output.GeneratedLost));

        loop.Wait(TimeSpan.Zero);

        Assert.Equal([.. Enumerable.Range(0, 8).Select(i => $"{i}:0")], observer.Lines);
        Assert.Equal((0, 8), (left.Output.Pending, left.Output.Room));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_false_virtio_header_is_refused_with_EINVAL(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left);
        var observer = new WriteRecorder();
        left.Observer = observer;
        Generate(left, 60, gsoType: 77);
        loop.Wait(TimeSpan.Zero);
        Assert.Equal(["-1:22"], observer.Lines);
        Assert.Equal(DeviceState.Up, left.State);
    }

    /// <summary>A lonely frame's own write ends no wait: it would cost a second system call, and a turn of the loop with nothing to do.</summary>
    [Fact]
    public void The_end_of_a_write_is_booked_with_what_happens_next()
    {
        using TapLoop loop = Loop(TapBackend.IoUringMultishot);
        // Its namespace's kernel must have nothing to say.
        TapLab.Run("ip", $"netns exec {_lab.Left} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
        using TapDevice left = _lab.Open(loop, _lab.Left);
        Generate(left, 60);
        bool isWoken = false;
        var waker = new Thread(() =>
        {
            while (!TapLab.Run("ip", $"-n {_lab.Left} -s -j link show tap0").Contains($"\"rx\":{{\"bytes\":{60 - VirtioHeader.Size},", StringComparison.Ordinal))
                Thread.Yield();
            isWoken = true;
            loop.Wake();
        });
        waker.Start();

        loop.Wait(TimeSpan.FromSeconds(20));

        Assert.True(isWoken);
        Assert.Equal(0, left.Output.Pending);
        waker.Join();
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Wake_ends_a_wait_and_many_are_one(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        var waker = new Thread(() =>
        {
            loop.Wake();
            loop.Wake();
        });
        waker.Start();
        Assert.Equal(0, loop.Wait(TimeSpan.FromSeconds(20)));
        waker.Join();
        loop.Wait(TimeSpan.Zero);
        loop.Wait(TimeSpan.FromMilliseconds(50));
        Assert.False(loop.WasWoken);
    }

    /// <summary>Whoever asks the loop must not wait until a device has nothing left.</summary>
    [Theory]
    [MemberData(nameof(Backends))]
    public void A_wake_is_seen_between_full_batches(TapBackend backend)
    {
        const int Datagrams = 480, Soon = 4;
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left), right = _lab.Open(loop, _lab.Right);
        TapLab.Run("ip", $"-n {_lab.Left} neigh add {Target} lladdr 02:00:00:00:00:02 dev tap0");
        TapLab.Run("ip", $"netns exec {_lab.Left} bash -c \"for i in {{1..{Datagrams}}}; do echo > /dev/udp/{Target}/9; done\"");
        int passed = 0;
        for (int turn = 0; passed == 0 && turn < 10; turn++)
        {
            loop.Wait(TimeSpan.FromSeconds(20));
            passed = Pass(left, right);
        }

        loop.Wake();
        int waits = 0;
        do
        {
            loop.Wait(TimeSpan.FromSeconds(20));
            passed += Pass(left, right);
        }
        while (++waits < Soon && !loop.WasWoken);

        Assert.True(loop.WasWoken, $"It was not seen in {waits} waits.");
        Assert.InRange(passed, 1, Datagrams - 1);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_loop_that_looks_without_sleeping_passes_frames_wakes_and_sleeps_again(TapBackend backend)
    {
        using TapLoop loop = TapLoop.Create(new TapLoopOptions { Backend = backend, BusyPoll = TimeSpan.FromMilliseconds(20) });
        using TapDevice left = _lab.Open(loop, _lab.Left), right = _lab.Open(loop, _lab.Right);
        Ping(loop, left, right, 20);

        // While it still looks, and when it sleeps again: a wake is not lost.
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < 2; i++)
        {
            loop.Wake();
            loop.Wait(TimeSpan.FromSeconds(20));
            for (int turn = 0; turn < 10 && loop.Wait(TimeSpan.FromMilliseconds(100)) > 0; turn++)
                Pass(left, right);
        }

        Assert.InRange(clock.ElapsedMilliseconds, 0, 15_000);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_memory_device_and_a_tap_exchange_leases(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left);
        using var twin = new MemoryDevice("twin", new MemoryDeviceOptions { Buffers = 2, KeepSent = false });
        for (int i = 0; i < 10; i++)
        {
            Assert.True(twin.Inject(new byte[60]));
            Assert.True(left.Output.TrySend(twin.Input.TryReadBatch()!));
            twin.Input.EndBatch();
            Assert.Equal(1, twin.FreeBuffers);
            loop.Wait(TimeSpan.Zero);
            Assert.Equal(2, twin.FreeBuffers);
        }
    }

    [Fact]
    public void A_small_completion_queue_overflows_and_loses_nothing()
    {
        using TapLoop loop = TapLoop.Create(new TapLoopOptions { Backend = TapBackend.IoUringMultishot, SubmissionEntries = 2, CompletionEntries = 4 });
        using TapDevice left = _lab.Open(loop, _lab.Left), right = _lab.Open(loop, _lab.Right);
        Assert.Equal(4 << 20, Transfer(loop, left, right, 4 << 20, null));
        Assert.True(left.ReadsArmed > 1, "The queue never overflowed.");
        Ping(loop, left, right, 5);
    }

    [Fact]
    public void Idle_buffers_give_their_pages_back_and_still_work()
    {
        using TapLoop loop = Loop(null);
        using TapDevice left = _lab.Open(loop, _lab.Left), right = _lab.Open(loop, _lab.Right);
        Transfer(loop, left, right, 4 << 20, null);
        long before = ResidentPages();
        for (long now = 0; now <= 1_000_000; now += 10_000)
            loop.Maintain(now);
        long after = ResidentPages();
        Assert.True(before - after > 100, $"{before} pages were resident, then {after}.");
        Assert.Equal(1 << 20, Transfer(loop, left, right, 1 << 20, null));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Copying_allocates_nothing(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left), right = _lab.Open(loop, _lab.Right);
        Ping(loop, left, right, 100);
        using Process ping = TapLab.Start("ip", $"netns exec {_lab.Left} ping -q -f -c 2000 203.0.113.2");
        long frames = 0, least = long.MaxValue;
        for (int window = 0; window < 20; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int turn = 0; turn < 100; turn++)
            {
                loop.Wait(TimeSpan.FromMilliseconds(5));
                frames += Pass(left, right) + Pass(right, left);
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
        Assert.True(frames > 100, $"{frames} frames");
        Assert.True(TapLab.Copy(loop, left, right, () => ping.HasExited));
    }

    public void Dispose() => _lab.Dispose();

    private static TapLoop Loop(TapBackend? backend) => TapLoop.Create(new TapLoopOptions { Backend = backend });

    private static int Pass(TapDevice from, FrameDevice to)
    {
        int count = 0;
        for (Frame? frame = from.Input.TryReadBatch(), next; frame is not null; frame = next)
        {
            next = frame.NextInBatch;
            count += to.Output.TrySend(frame) ? 1 : 0;
        }
        from.Input.EndBatch();
        return count;
    }

    private static void Generate(TapDevice device, int bytes, byte gsoType = 0)
    {
        Span<byte> frame = device.Output.GetSpan(bytes)[..bytes];
        frame.Clear();
        VirtioHeader.Write(frame, 0, gsoType, 0, 0, 0, 0);
        device.Output.TryAdvance(bytes);
    }

    private static long ResidentPages() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]);

    private void Ping(TapLoop loop, TapDevice left, TapDevice right, int count)
    {
        using Process ping = TapLab.Start("ip", $"netns exec {_lab.Left} ping -q -i 0.01 -c {count} -W 5 203.0.113.2");
        Assert.True(TapLab.Copy(loop, left, right, () => ping.HasExited), "The ping did not end.");
        Assert.Contains(" 0% packet loss", ping.StandardOutput.ReadToEnd());
    }

    private long Transfer(TapLoop loop, TapDevice left, TapDevice right, int bytes, Action<Frame>? look, string target = Target)
    {
        string family = target == Target ? "AF_INET" : "AF_INET6";
        using Process server = TapLab.Start("ip", $"netns exec {_lab.Right} python3 -c \"import socket; s=socket.create_server(('{target}', 9), family=socket.{family}); print(flush=True); c=s.accept()[0]; n=0\nwhile b:=c.recv(1<<20): n+=len(b)\nprint(n)\"");
        server.StandardOutput.ReadLine();
        using Process client = TapLab.Start("ip", $"netns exec {_lab.Left} python3 -c \"import socket; s=socket.create_connection(('{target}', 9)); s.sendall(bytes({bytes}))\"");
        Assert.True(TapLab.Copy(loop, left, right, () => server.HasExited, look), "The transfer did not end.");
        client.WaitForExit();
        return long.Parse(server.StandardOutput.ReadToEnd());
    }
}

/// <summary>Writes down how each write ended.</summary>
internal sealed class WriteRecorder : IWriteObserver
{
    public List<string> Lines { get; } = [];

    public void Written(FrameDevice device, Frame frame) => Lines.Add($"{frame.Tag}:0");

    public void WriteFailed(FrameDevice device, Frame frame, int errno) => Lines.Add($"{frame.Tag}:{errno}");
}
