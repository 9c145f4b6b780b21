using TapDev;

namespace Tests.TapDev;

/// <summary>How many buffers the kernel has, by what came in the last ones.</summary>
public sealed class BufferRingTest : IDisposable
{
    private const int Buffers = 256, Most = 64, SuperFrame = 65_550;

    private readonly MemoryDevice _device = new("source");
    private readonly Uring _uring = Uring.TryCreate(8, 16, out int errno) ?? throw new InvalidOperationException($"no io_uring ({errno})");
    private readonly BufferRing _ring;

    public BufferRingTest() => _ring = new BufferRing(_uring, group: 0, _device, Buffers, bufferSize: 2048);

    public void Dispose()
    {
        _ring.Dispose();
        _uring.Dispose();
        _device.Dispose();
    }

    /// <summary>A read may take a buffer and fail: its error number is no length.</summary>
    [Fact]
    public void Reads_that_fail_with_a_buffer_leave_the_kernel_as_many()
    {
        foreach (int errorNumber in Enumerable.Range(1, 133))
        {
            _ring.Return(_ring.Take(errorNumber % Most, -errorNumber));
            _ring.Publish();
            Assert.Equal(Most, _ring.Provided);
        }
    }

    [Fact]
    public void It_has_two_while_super_frames_come_and_many_again_after_small_ones()
    {
        Assert.Equal(Most, _ring.Provided);
        for (int id = 0; id < Most; id++)
            _ring.Return(_ring.Take(id, SuperFrame));
        _ring.Publish();
        Assert.Equal(2, _ring.Provided);

        // The kernel has the two that came home last, and takes them by turns.
        for (int i = 0; i < 64; i++)
        {
            _ring.Return(_ring.Take(Most - 1 - (i % 2), 72));
            _ring.Publish();
        }
        Assert.Equal(Most, _ring.Provided);
    }

    /// <summary>Else what a burst takes would be given back, and taken again by the next one, as long as there is traffic.</summary>
    [Fact]
    public void A_pool_gives_memory_back_after_quiet_ticks_and_not_between_busy_ones()
    {
        for (int tick = 0; tick < 10; tick++)
        {
            for (int lease = 0; lease <= Buffers; lease++)
            {
                _ring.Return(_ring.Take(lease % Most, 72));
                _ring.Publish();
            }
            Assert.Equal(0, _ring.Trim(idleEpochs: 3));
        }

        Assert.Equal([0, 0, Buffers, 0], Enumerable.Range(0, 4).Select(_ => _ring.Trim(idleEpochs: 3)));
    }
}
