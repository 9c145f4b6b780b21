using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Tmds.Linux;
using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>Frames over epoll, read and write: one system call for each frame. Behaves like <see cref="UringEngine"/>, only slower.</summary>
internal sealed unsafe class EpollEngine : LoopEngine
{
    /// <summary>Frames of a batch, if they are not <see cref="FramePool.WarmBytes"/> before.</summary>
    private const int BatchBound = 64;

    /// <summary>Waits in a row that read on where the last batch was full and ask for nothing: then other devices and a wake-up are seen.</summary>
    private const int MostUnasked = 3;

    private const int EventBound = 16;
    private const ulong WakeData = ulong.MaxValue;

    private readonly int _epoll;
    private readonly WakeEvent _wake = new();
    private readonly List<EpollPort> _ports = [];
    private ulong _lastKey;
    private int _unasked;

    public EpollEngine()
    {
        _epoll = epoll_create1(EPOLL_CLOEXEC);
        if (_epoll < 0)
            throw new TapException($"No epoll (errno {errno}).", errno);
        Control(EPOLL_CTL_ADD, _wake.Descriptor, EPOLLIN, WakeData);
    }

    public override bool CanTrim => true;

    public override TapPort Attach(TapDevice device, int descriptor, TapOptions options)
    {
        var ring = new FrameStack(device, options.Buffers, options.BufferSize);
        var port = new EpollPort(device, ring, new EpollWriter(options), descriptor, _lastKey++);
        _ports.Add(port);
        return port;
    }

    public override void Detach(TapPort detached)
    {
        var port = (EpollPort)detached;
        port.IsClosing = port.Writer.IsClosing = true;
        Write(port);
        while (port.Writer.Pending > 0)
            EndWrite(port, EBADF);
        Listen(port, 0);
        _ports.Remove(port);
        port.Reader.Complete();
        port.Ring.Close();
    }

    public override void Wait(TimeSpan timeout)
    {
        WasWoken = false;
        foreach (EpollPort port in _ports)
            Write(port);
        foreach (EpollPort port in _ports)
        {
            // What was written has given buffers of other ports back.
            Listen(port, (port.MayRead && port.Ring.Free > 0 ? EPOLLIN : 0) | (port.Writer.Pending > 0 ? EPOLLOUT : 0));
        }
        if (_unasked < MostUnasked && ReadOn())
        {
            _unasked++;
            return;
        }
        _unasked = 0;
        epoll_event* events = stackalloc epoll_event[EventBound];
        int count = epoll_wait(_epoll, events, EventBound, Milliseconds(timeout));
        for (int i = 0; i < count; i++)
        {
            if (events[i].data.u64 == WakeData)
                EndWake();
            else if (Find(events[i].data.u64) is { } port)
                Serve(port, events[i].events);
        }
    }

    public override void Wake() => _wake.Set();

    public override void Dispose()
    {
        _ = close(_epoll);
        _wake.Dispose();
    }

    private static int Milliseconds(TimeSpan timeout) => timeout < TimeSpan.Zero ? -1 : (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), int.MaxValue);

    /// <summary>Reads where a full batch says that there is more. False where there is nothing of that kind.</summary>
    private bool ReadOn()
    {
        bool hasMore = false;
        foreach (EpollPort port in _ports)
        {
            if (!port.HasMore)
                continue;
            hasMore = true;
            Read(port, hasFailed: false);
        }
        return hasMore;
    }

    private static void Serve(EpollPort port, int events)
    {
        // An error is shown by a read, also where no buffer waits for a frame.
        if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
            Read(port, (events & (EPOLLERR | EPOLLHUP)) != 0);
    }

    private static void Read(EpollPort port, bool hasFailed)
    {
        port.HasMore = false;
        int bytes = 0;
        for (int i = 0; i < BatchBound && bytes < FramePool.WarmBytes && port.MayRead; i++)
        {
            if (port.Ring.TryLease() is not { } frame)
            {
                if (hasFailed)
                    port.IsPaused = true;
                return;
            }
            nint length = read_write(SYS_read, port.Descriptor, frame.Pointer, port.Ring.BufferSize);
            int error = length < 0 ? Marshal.GetLastSystemError() : 0;
            if (length > VirtioHeader.Size)
            {
                frame.SetLength((int)length);
                port.Reader.Append(frame);
                bytes += frame.Length;
                port.HasMore = i == BatchBound - 1 || bytes >= FramePool.WarmBytes;
                continue;
            }
            port.Ring.Return(frame);
            if (error == EAGAIN)
                return;
            if (error != 0 && error != EINTR)
            {
                port.IsPaused = true;
                port.Device.Learn(error);
            }
        }
    }

    private static void Write(EpollPort port)
    {
        // As with io_uring, what an observer queues waits for the next turn.
        for (int left = port.Writer.Pending; left > 0; left--)
        {
            Frame frame = port.Writer.Queue.Peek();
            nint written = read_write(SYS_write, port.Descriptor, frame.Pointer, frame.Length);
            int error = written < 0 ? Marshal.GetLastSystemError() : 0;
            if (error == EAGAIN)
                return;
            EndWrite(port, error);
        }
    }

    private static void EndWrite(EpollPort port, int error)
    {
        Frame frame = port.Writer.Queue.Dequeue();
        TapDevice device = port.Device;
        if (error == 0)
        {
            device.Observer?.Written(device, frame);
        }
        else
        {
            device.Learn(error);
            device.Observer?.WriteFailed(device, frame, error);
        }
        frame.Home.Return(frame);
    }

    private void EndWake()
    {
        WasWoken = true;
        _wake.Read();
        _wake.Reset();
    }

    private EpollPort? Find(ulong key)
    {
        foreach (EpollPort port in _ports)
        {
            if (port.Key == key)
                return port;
        }
        return null;
    }

    /// <summary>Sets what a port waits for. Nothing takes it out of epoll, which would go on to show errors.</summary>
    private void Listen(EpollPort port, int events)
    {
        if (port.Events == events)
            return;
        Control(events == 0 ? EPOLL_CTL_DEL : port.Events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, port.Descriptor, events, port.Key);
        port.Events = events;
    }

    private void Control(int operation, int descriptor, int events, ulong data)
    {
        epoll_event request = default;
        request.events = events;
        request.data.u64 = data;
        _ = epoll_ctl(_epoll, operation, descriptor, &request);
    }
}

/// <summary>A device on epoll.</summary>
internal sealed class EpollPort(TapDevice device, FrameStack ring, EpollWriter writer, int descriptor, ulong key) : TapPort(device, ring, writer)
{
    public new FrameStack Ring { get; } = ring;

    public new EpollWriter Writer { get; } = writer;

    public int Descriptor { get; } = descriptor;

    /// <summary>What events name it by.</summary>
    public ulong Key { get; } = key;

    /// <summary>Whether the last batch was full.</summary>
    public bool HasMore { get; set; }

    /// <summary>What it waits for now.</summary>
    public int Events { get; set; }
}

/// <summary>Queues frames until the loop's next turn writes them.</summary>
internal sealed class EpollWriter(TapOptions options) : GeneratingWriter(options.OwnPoolBuffers, options.BufferSize)
{
    public FrameQueue Queue { get; } = new(options.QueueLimit);

    public bool IsClosing { get; set; }

    public override int Pending => Queue.Count;

    public override int Room => Queue.Room;

    public override bool TrySend(Frame frame)
    {
        if (Queue.Room == 0 || IsClosing)
            return false;
        frame.HandOn();
        Queue.Enqueue(frame);
        return true;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;
}
