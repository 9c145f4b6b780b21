using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>The sending side of a <see cref="MemoryDevice"/>: a bounded queue that a flush empties.</summary>
internal sealed class MemoryWriter(MemoryDevice device, MemoryDeviceOptions options) : GeneratingWriter(options.OwnPoolBuffers, options.BufferSize), IDisposable
{
    private readonly FrameQueue _queue = new(options.QueueLimit);
    private readonly Queue<byte[]>? _sent = options.KeepSent ? new() : null;

    public override int Pending => _queue.Count;

    public override int Room => _queue.Room;

    public override bool TrySend(Frame frame)
    {
        if (_queue.Room == 0)
            return false;
        frame.HandOn();
        _queue.Enqueue(frame);
        return true;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (device.FlushHold)
            return default;

        // An observer may queue more: as on a TAP, that waits for the next turn.
        for (int left = _queue.Count; left > 0; left--)
            Write(_queue.Dequeue());
        return default;
    }

    public bool TryTakeSent([NotNullWhen(true)] out byte[]? headerAndFrame)
    {
        headerAndFrame = null;
        return _sent?.TryDequeue(out headerAndFrame) ?? false;
    }

    public void Dispose()
    {
        while (_queue.Count > 0)
        {
            Frame frame = _queue.Dequeue();
            frame.Home.Return(frame);
        }
        Own.Close();
    }

    private void Write(Frame frame)
    {
        int errno = Errno(frame.Bytes);
        if (errno != 0)
        {
            device.Observer?.WriteFailed(device, frame, errno);
        }
        else
        {
            _sent?.Enqueue(frame.Bytes.ToArray());
            device.OnSent?.Invoke(frame.Bytes);
            device.Observer?.Written(device, frame);
        }
        frame.Home.Return(frame);
    }

    private int Errno(ReadOnlySpan<byte> bytes) => device.State switch
    {
        DeviceState.Down => EIO,
        DeviceState.Lost => EBADFD,
        _ when bytes.Length < VirtioHeader.Size => EINVAL,
        _ when device.RefuseSuperFrames && VirtioHeader.GsoType(bytes) != VirtioHeader.GsoNone => EINVAL,
        _ => 0,
    };
}
