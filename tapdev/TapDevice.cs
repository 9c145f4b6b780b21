using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>A TAP: the host's kernel at one end, this program at the other. Opened by <see cref="TapLoop.Open"/>, moved by <see cref="TapLoop.Wait"/>.</summary>
public sealed class TapDevice : FrameDevice, IDisposable
{
    private readonly TapLoop _loop;
    private readonly LoopEngine _engine;
    private readonly TunHandle _handle;
    private readonly InterfaceSocket _socket;
    private readonly TapPort _port;
    private string _interface;
    private DeviceState _state;
    private bool _isDisposed;

    private TapDevice(TapLoop loop, LoopEngine engine, TunHandle handle, InterfaceSocket socket, TapOptions options)
    {
        (_loop, _engine, _handle, _socket) = (loop, engine, handle, socket);
        Name = _interface = options.Name;
        Namespace = options.Namespace;
        Offloads = handle.SetOffloads(options.Offloads);
        _state = IsUp(_interface) ? DeviceState.Up : DeviceState.Down;
        _port = engine.Attach(this, handle.Descriptor, options);
    }

    /// <summary>The name that it was opened by.</summary>
    public override string Name { get; }

    /// <summary>The network namespace that it was opened in, or null.</summary>
    public string? Namespace { get; }

    /// <inheritdoc/>
    public override DeviceState State => _state;

    /// <inheritdoc/>
    public override Offloads Offloads { get; }

    /// <inheritdoc/>
    public override FrameReader Input => _port.Reader;

    /// <inheritdoc/>
    public override FrameWriter Output => _port.Writer;

    internal long ReadsArmed => (_port as UringPort)?.ReadsArmed ?? 0;

    internal bool HasBatch => _port.Reader.HasBatch;

    /// <summary>
    /// Ends reading and writing, ends the open batch, and removes the interface, unless it persists. Leases of its buffers that were handed on stay good; frames of other devices still
    /// queued here are written first.
    /// </summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _loop.AssertUse();
        _engine.Detach(_port);
        _port.Reader.Complete();
        _port.Writer.Own.Close();
        _loop.Remove(this);
        _socket.Dispose();
        _handle.Dispose();
    }

    internal static TapDevice Open(TapLoop loop, LoopEngine engine, TapOptions options)
    {
        TapSetup.Validate(options);
        using NetworkNamespace where = NetworkNamespace.Enter(options.Namespace);
        InterfaceSocket? socket = null;
        TunHandle? handle = null;
        try
        {
            socket = new InterfaceSocket();
            handle = TapSetup.Attach(socket, options, out bool isOurs);
            TapSetup.Apply(socket, options, isOurs);
            var device = new TapDevice(loop, engine, handle, socket, options);
            if (options.Persist || isOurs)
                _ = handle.SetPersist(options.Persist);
            return device;
        }
        catch
        {
            handle?.Dispose();
            socket?.Dispose();
            throw;
        }
    }

    internal void SetState(DeviceState state)
    {
        if (_state == state || _state == DeviceState.Lost)
            return;
        _state = state;
        _loop.Report(this, state);
    }

    /// <summary>Learns from an operation that failed.</summary>
    internal void Learn(int error)
    {
        if (error == EIO)
            SetState(DeviceState.Down);
        else if (error == EBADFD || error == ENODEV || error == EBADF)
            SetState(DeviceState.Lost);
    }

    /// <summary>Asks the system how the interface is, and takes up reading that stopped.</summary>
    internal void Check()
    {
        if (_state == DeviceState.Lost)
            return;
        int error = _socket.GetFlags(_interface, out short flags);
        if (error != 0)
        {
            // No interface of that name: deleted, or renamed.
            error = _handle.GetName(out string name);
            if (error != 0)
            {
                Learn(error);
                return;
            }
            _interface = name;
            error = _socket.GetFlags(_interface, out flags);
        }
        if (error == 0)
            SetState((flags & IFF_UP) != 0 ? DeviceState.Up : DeviceState.Down);
        if (_state == DeviceState.Up)
            _port.IsPaused = false;
    }

    internal int Trim(int idleTicks) => _port.Ring.Trim(idleTicks) + _port.Writer.Own.Trim(idleTicks);

    private bool IsUp(string name) => _socket.GetFlags(name, out short flags) == 0 && (flags & IFF_UP) != 0;
}
