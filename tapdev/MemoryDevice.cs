using System.Diagnostics.CodeAnalysis;

namespace TapDev;

/// <summary>Sees the bytes of a sent frame, virtio header first. They are valid during the call only.</summary>
public delegate void SentFrameHandler(ReadOnlySpan<byte> headerAndFrame);

/// <summary>
/// The in-memory twin of a TAP: what <see cref="Inject"/> puts in arrives on <see cref="Input"/>, what is sent to <see cref="Output"/> comes out at
/// <see cref="OnSent"/> and <see cref="TryTakeSent"/>. Leases, bounds and failures are those of the real device; there is no loop, no clock and no thread.
/// </summary>
public sealed class MemoryDevice : FrameDevice, IDisposable
{
    private readonly FrameStack _ring;
    private readonly BatchReader _input;
    private readonly MemoryWriter _output;
    private DeviceState _state;

    /// <summary>Makes a device that is up.</summary>
    public MemoryDevice(string name, MemoryDeviceOptions? options = null)
    {
        options ??= new MemoryDeviceOptions();
        Name = name;
        Offloads = options.Offloads;
        _ring = new FrameStack(this, options.Buffers, options.BufferSize);
        _input = new BatchReader(this, _ring);
        _output = new MemoryWriter(this, options);
    }

    /// <summary>Sees each frame that leaves, during <see cref="System.IO.Pipelines.PipeWriter.FlushAsync"/>.</summary>
    public SentFrameHandler? OnSent { get; set; }

    /// <summary>While true a flush leaves the frames queued: a slow egress.</summary>
    public bool FlushHold { get; set; }

    /// <summary>While true a write of a super-frame ends with EINVAL, as on a device that refuses its virtio header.</summary>
    public bool RefuseSuperFrames { get; set; }

    /// <summary>Free buffers of the ring: how many more frames <see cref="Inject"/> takes.</summary>
    public int FreeBuffers => _ring.Free;

    /// <summary>Frames that <see cref="Inject"/> refused.</summary>
    public long Overruns { get; private set; }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override DeviceState State => _state;

    /// <inheritdoc/>
    public override Offloads Offloads { get; }

    /// <inheritdoc/>
    public override FrameReader Input => _input;

    /// <inheritdoc/>
    public override FrameWriter Output => _output;

    /// <summary>
    /// Takes the device down, up, or away. While it is down no frame arrives, and a write ends with EIO (5); when it is lost, with EBADFD (77), for good.
    /// </summary>
    /// <exception cref="InvalidOperationException">The device is lost.</exception>
    public void SetState(DeviceState state)
    {
        if (_state == DeviceState.Lost && state != DeviceState.Lost)
            throw new InvalidOperationException($"{Name} is lost, and a lost device does not come back.");
        _state = state;
    }

    /// <summary>A frame arrives, without offloads: a zero virtio header is put before it.</summary>
    /// <returns>False where no buffer is free, as with a full ring, or the device is not up.</returns>
    public bool Inject(ReadOnlySpan<byte> ethernetFrame) => TryArrive(default, ethernetFrame);

    /// <summary>A frame arrives, its virtio header first.</summary>
    /// <returns>False where no buffer is free, as with a full ring, or the device is not up.</returns>
    public bool InjectRaw(ReadOnlySpan<byte> headerAndFrame)
    {
        if (headerAndFrame.Length < VirtioHeader.Size)
            throw new ArgumentException($"Shorter than a virtio header ({VirtioHeader.Size} bytes).", nameof(headerAndFrame));
        return TryArrive(headerAndFrame[..VirtioHeader.Size], headerAndFrame[VirtioHeader.Size..]);
    }

    /// <summary>Takes the oldest sent frame that was not taken yet. Always false without <see cref="MemoryDeviceOptions.KeepSent"/>.</summary>
    public bool TryTakeSent([NotNullWhen(true)] out byte[]? headerAndFrame) => _output.TryTakeSent(out headerAndFrame);

    /// <summary>Gives the memory back, once the last lease has come home.</summary>
    public void Dispose()
    {
        _output.Dispose();
        _input.Complete();
        _ring.Close();
    }

    private bool TryArrive(ReadOnlySpan<byte> header, ReadOnlySpan<byte> ethernetFrame)
    {
        int length = VirtioHeader.Size + ethernetFrame.Length;
        if (length > _ring.BufferSize)
            throw new ArgumentException($"Longer than a buffer ({_ring.BufferSize} bytes, the virtio header included).", nameof(ethernetFrame));
        if (_state != DeviceState.Up || _ring.TryLease() is not { } frame)
        {
            Overruns++;
            return false;
        }
        frame.SetLength(length);
        Span<byte> bytes = frame.Bytes;
        if (header.IsEmpty)
            bytes[..VirtioHeader.Size].Clear();
        else
            header.CopyTo(bytes);
        ethernetFrame.CopyTo(bytes[VirtioHeader.Size..]);
        _input.Append(frame);
        return true;
    }
}
