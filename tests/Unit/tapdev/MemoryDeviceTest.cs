using System.Buffers;
using System.IO.Pipelines;
using TapDev;

namespace Tests.TapDev;

[Collection(nameof(Budgets))]
public sealed class MemoryDeviceTest
{
    private static readonly byte[] _arp = [.. Enumerable.Range(0, 42).Select(i => (byte)i)];

    private readonly MemoryDevice _lan = new("lan", new MemoryDeviceOptions { Buffers = 4, QueueLimit = 3, OwnPoolBuffers = 2 }) { Tag = 7 };
    private readonly MemoryDevice _wan = new("wan", new MemoryDeviceOptions { Buffers = 4, QueueLimit = 3, OwnPoolBuffers = 2 }) { Tag = 8 };

    [Fact]
    public void An_injected_frame_arrives_behind_a_zero_virtio_header()
    {
        Assert.True(_lan.Inject(_arp));

        Frame frame = _lan.Input.TryReadBatch()!;
        Assert.Equal([.. new byte[VirtioHeader.Size], .. _arp], frame.Bytes.ToArray());
        Assert.Equal(frame.Bytes.ToArray(), frame.Memory.ToArray());
        Assert.Equal((7, _lan, null), (frame.Tag, frame.Source, frame.NextInBatch));
    }

    [Fact]
    public void A_header_left_in_the_buffer_by_an_earlier_frame_is_cleared()
    {
        byte[] raw = [1, 1, 0, 0, 5, 0, 34, 0, 6, 0, 0, 0, .. _arp];
        for (int i = 0; i < 8; i++)
        {
            Assert.True(i % 2 == 0 ? _lan.InjectRaw(raw) : _lan.Inject(_arp));
            Frame frame = _lan.Input.TryReadBatch()!;
            Assert.Equal(i % 2 == 0 ? VirtioHeader.GsoTcp4 : VirtioHeader.GsoNone, VirtioHeader.GsoType(frame.Bytes));
            _lan.Input.EndBatch();
        }
    }

    [Fact]
    public void A_full_ring_refuses_a_frame_until_the_batch_ends()
    {
        for (int i = 0; i < 4; i++)
            Assert.True(_lan.Inject(_arp));
        Assert.False(_lan.Inject(_arp));

        Assert.NotNull(_lan.Input.TryReadBatch());
        Assert.False(_lan.Inject(_arp));
        _lan.Input.EndBatch();

        Assert.Equal((4, 2L), (_lan.FreeBuffers, _lan.Overruns));
        Assert.True(_lan.Inject(_arp));
    }

    [Fact]
    public void A_frame_handed_on_goes_home_when_it_is_written()
    {
        var observer = new Recorder();
        _wan.Observer = observer;
        _lan.Inject(_arp);
        Frame frame = _lan.Input.TryReadBatch()!;
        frame.Tag = 99;
        Assert.True(_wan.Output.TrySend(frame));
        _lan.Input.EndBatch();
        Assert.Equal((3, 1, 2), (_lan.FreeBuffers, _wan.Output.Pending, _wan.Output.Room));

        Flush(_wan);

        Assert.Equal((4, 0), (_lan.FreeBuffers, _wan.Output.Pending));
        Assert.Equal(["wan 99 0"], observer.Lines);
        Assert.True(_wan.TryTakeSent(out byte[]? sent));
        Assert.Equal(_arp, sent[VirtioHeader.Size..]);
        Assert.False(_wan.TryTakeSent(out _));
    }

    [Fact]
    public void A_frame_may_be_written_come_home_and_arrive_again_before_its_batch_ends()
    {
        var lan = new MemoryDevice("lan", new MemoryDeviceOptions { Buffers = 1 });
        lan.Inject(_arp);
        _wan.Output.TrySend(lan.Input.TryReadBatch()!);
        Flush(_wan);
        Assert.True(lan.Inject(_arp));

        lan.Input.EndBatch();

        Assert.Equal(0, lan.FreeBuffers);
        Assert.NotNull(lan.Input.TryReadBatch());
        lan.Input.EndBatch();
        Assert.Equal(1, lan.FreeBuffers);
    }

    [Fact]
    public void Handing_a_frame_on_twice_throws()
    {
        _lan.Inject(_arp);
        Frame frame = _lan.Input.TryReadBatch()!;
        Assert.True(_wan.Output.TrySend(frame));
        Assert.Throws<InvalidOperationException>(() => _wan.Output.TrySend(frame));
        Flush(_wan);
        Assert.Throws<InvalidOperationException>(() => _lan.Output.TrySend(frame));
    }

    [Fact]
    public void A_frame_whose_batch_has_ended_cannot_be_handed_on()
    {
        _lan.Inject(_arp);
        Frame frame = _lan.Input.TryReadBatch()!;
        _lan.Input.EndBatch();
        Assert.Throws<InvalidOperationException>(() => _wan.Output.TrySend(frame));
    }

    [Fact]
    public void A_batch_must_end_before_the_next_one_is_read()
    {
        _lan.Inject(_arp);
        _lan.Input.TryReadBatch();
        _lan.Inject(_arp);
        Assert.Throws<InvalidOperationException>(() => _lan.Input.TryReadBatch());
    }

    [Fact]
    public void A_full_egress_queue_refuses_and_leaves_the_frame_with_the_caller()
    {
        _wan.FlushHold = true;
        for (int i = 0; i < 4; i++)
            _lan.Inject(_arp);
        var accepted = new List<bool>();
        for (Frame? frame = _lan.Input.TryReadBatch(); frame is not null; frame = frame.NextInBatch)
            accepted.Add(_wan.Output.TrySend(frame));
        Flush(_wan);
        _lan.Input.EndBatch();

        Assert.Equal([true, true, true, false], accepted);
        Assert.Equal((1, 3, 0), (_lan.FreeBuffers, _wan.Output.Pending, _wan.Output.Room));
        _wan.FlushHold = false;
        Flush(_wan);
        Assert.Equal((4, 0, 3), (_lan.FreeBuffers, _wan.Output.Pending, _wan.Output.Room));
    }

    [Theory]
    [InlineData(DeviceState.Down, 5)]
    [InlineData(DeviceState.Lost, 77)]
    public void A_write_to_a_device_that_is_not_up_fails_and_the_lease_goes_home(DeviceState state, int errno)
    {
        var observer = new Recorder();
        _wan.Observer = observer;
        _wan.SetState(state);
        _lan.Inject(_arp);
        Assert.True(_wan.Output.TrySend(_lan.Input.TryReadBatch()!));
        Flush(_wan);

        Assert.Equal([$"wan 7 {errno}"], observer.Lines);
        Assert.Equal(4, _lan.FreeBuffers);
        Assert.False(_wan.TryTakeSent(out _));
        Assert.False(_wan.Inject(_arp));
    }

    [Fact]
    public void A_refused_super_frame_fails_with_EINVAL()
    {
        var observer = new Recorder();
        _wan.Observer = observer;
        _wan.RefuseSuperFrames = true;
        _lan.InjectRaw([1, VirtioHeader.GsoTcp4, 0, 0, 5, 0, 34, 0, 6, 0, 0, 0, .. _arp]);
        _wan.Output.TrySend(_lan.Input.TryReadBatch()!);
        Flush(_wan);
        Assert.Equal(["wan 7 22"], observer.Lines);
    }

    [Fact]
    public void A_lost_device_does_not_come_back()
    {
        _wan.SetState(DeviceState.Lost);
        Assert.Throws<InvalidOperationException>(() => _wan.SetState(DeviceState.Up));
    }

    [Fact]
    public void One_advance_is_one_generated_frame()
    {
        var observer = new Recorder();
        _wan.Observer = observer;
        _wan.Output.GeneratedTag = 42;
        for (byte i = 1; i <= 2; i++)
        {
            Span<byte> span = _wan.Output.GetSpan(100);
            span[..100].Fill(i);
            Assert.True(_wan.Output.TryAdvance(100));
        }
        Flush(_wan);

        Assert.Equal(["wan 42 0", "wan 42 0"], observer.Lines);
        Assert.True(_wan.TryTakeSent(out byte[]? first));
        Assert.Equal(Enumerable.Repeat((byte)1, 100), first);
    }

    [Fact]
    public void An_exhausted_own_pool_loses_the_frame_and_counts_it()
    {
        for (int i = 0; i < 3; i++)
        {
            _wan.Output.GetSpan(60)[..60].Clear();
            Assert.Equal(i < 2, _wan.Output.TryAdvance(60));
        }
        Assert.Equal(1, _wan.Output.GeneratedLost);
        Flush(_wan);
        _wan.Output.GetSpan(60)[..60].Clear();
        Assert.True(_wan.Output.TryAdvance(60));
    }

    [Fact]
    public void A_generated_frame_that_finds_the_queue_full_gives_its_buffer_back()
    {
        var wan = new MemoryDevice("wan", new MemoryDeviceOptions { QueueLimit = 1, OwnPoolBuffers = 2 });
        for (int i = 0; i < 10; i++)
        {
            wan.Output.GetSpan(60)[..60].Clear();
            Assert.Equal(i == 0, wan.Output.TryAdvance(60));
        }
        Assert.Equal(9, wan.Output.GeneratedLost);
    }

    [Fact]
    public void TryRead_gives_one_segment_a_frame_with_running_indexes()
    {
        _lan.Inject(_arp.AsSpan(0, 20));
        _lan.Inject(_arp.AsSpan(0, 30));
        _lan.Inject(_arp);
        Assert.True(_lan.Input.TryRead(out ReadResult result));

        ReadOnlySequence<byte> batch = result.Buffer;
        Assert.Equal(20 + 30 + 42 + (3 * VirtioHeader.Size), batch.Length);
        var lengths = new List<int>();
        foreach (ReadOnlyMemory<byte> segment in batch)
            lengths.Add(segment.Length);
        Assert.Equal([20 + VirtioHeader.Size, 30 + VirtioHeader.Size, 42 + VirtioHeader.Size], lengths);
        Assert.Equal(_lan.Input, ((IDuplexPipe)_lan).Input);
        var first = Assert.IsType<Frame>(batch.Start.GetObject());
        Assert.Equal([0, lengths[0], lengths[0] + lengths[1]], [first.RunningIndex, first.Next!.RunningIndex, first.Next!.Next!.RunningIndex]);
        Assert.Equal(batch.Slice(lengths[0], lengths[1]).ToArray(), first.NextInBatch!.Bytes.ToArray());

        _lan.Input.AdvanceTo(batch.Start);
        Assert.Equal(4, _lan.FreeBuffers);
        Assert.False(_lan.Input.TryRead(out _));
    }

    [Fact]
    public async Task ReadAsync_says_that_the_loop_has_the_wait()
    {
        var error = await Assert.ThrowsAsync<NotSupportedException>(async () => await _lan.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Contains("TapLoop.Wait", error.Message);
        _lan.Inject(_arp);
        Assert.Equal(42 + VirtioHeader.Size, (await _lan.Input.ReadAsync(TestContext.Current.CancellationToken)).Buffer.Length);
    }

    [Fact]
    public void A_hundred_thousand_frames_allocate_nothing()
    {
        var lan = new MemoryDevice("lan", new MemoryDeviceOptions { Buffers = 64, KeepSent = false });
        var wan = new MemoryDevice("wan", new MemoryDeviceOptions { Buffers = 64, KeepSent = false }) { Observer = new Silent() };
        long bytes = 0;
        wan.OnSent = sent => bytes += sent.Length;
        Copy(lan, wan, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Copy(lan, wan, 100_000 / 32);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(bytes > 100_000);
    }

    private static void Copy(MemoryDevice from, MemoryDevice to, int batches)
    {
        for (int batch = 0; batch < batches; batch++)
        {
            for (int i = 0; i < 32; i++)
                from.Inject(_arp.AsSpan(0, 20 + (i % 2)));
            for (Frame? frame = from.Input.TryReadBatch(), next; frame is not null; frame = next)
            {
                next = frame.NextInBatch;
                to.Output.TrySend(frame);
            }
            from.Input.EndBatch();
            to.Output.GetSpan(60)[..60].Clear();
            to.Output.TryAdvance(60);
            Flush(to);
        }
    }

    private static void Flush(MemoryDevice device)
    {
        ValueTask<FlushResult> flush = device.Output.FlushAsync();
        Assert.True(flush.IsCompletedSuccessfully);
    }

    private sealed class Silent : IWriteObserver
    {
        public void Written(FrameDevice device, Frame frame)
        {
        }

        public void WriteFailed(FrameDevice device, Frame frame, int errno)
        {
        }
    }

    private sealed class Recorder : IWriteObserver
    {
        public List<string> Lines { get; } = [];

        public void Written(FrameDevice device, Frame frame) => WriteFailed(device, frame, 0);

        public void WriteFailed(FrameDevice device, Frame frame, int errno) => Lines.Add($"{device.Name} {frame.Tag} {errno}");
    }
}
