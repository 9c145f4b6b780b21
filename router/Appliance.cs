using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Names;
using Router.Op25b;
using Router.Telemetry;
using TapDev;

namespace Router;

/// <summary>What <c>run</c> adds to the configuration.</summary>
internal sealed record ApplianceOptions
{
    /// <summary>Start the policy clock here; null: the wall clock rules.</summary>
    public DateTimeOffset? AsOf { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILoggerFactory Logging { get; init; }
}

/// <summary>The router could not start, or had to end. The message is one line that says what, where and how to mend it.</summary>
internal sealed class ApplianceException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The composition root: configuration to devices, tables, forwarder and loop. The devices, their ring and all forwarding state are made, used and taken down on
/// one thread, which this type starts and ends.
/// </summary>
internal sealed class Appliance : ISnapshotSource, ICaptureSource, IAsyncDisposable
{
    /// <summary>How long a turn waits for frames where nothing is due.</summary>
    private static readonly TimeSpan IdleWait = TimeSpan.FromMilliseconds(100);

    private readonly RouterConfiguration _configuration;
    private readonly ApplianceOptions _options;
    private readonly ApplianceLog _log;
    private readonly DateTimeOffset _started;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private TapLoop? _taps;
    private ForwardingLoop? _loop;
    private DataPath? _path;
    private AlertCommand? _alertCommand;
    private NameService? _names;
    private volatile bool _isEnding;

    private Appliance(RouterConfiguration configuration, ApplianceOptions options)
    {
        _configuration = configuration;
        _options = options;
        _started = options.Time.GetUtcNow();
        _log = new ApplianceLog(options.Logging.CreateLogger("Router"));
        _thread = new Thread(Run) { Name = "forwarding", IsBackground = true };
    }

    /// <summary>Makes the TAPs and starts the loop's thread. Throws <see cref="ApplianceException"/>, and leaves nothing behind then.</summary>
    public static Appliance Start(RouterConfiguration configuration, ApplianceOptions options)
    {
        var appliance = new Appliance(configuration, options);
        appliance._thread.Start();
        try
        {
            appliance._ready.Task.GetAwaiter().GetResult();
        }
        catch (TapException exception)
        {
            throw new ApplianceException(exception.Message, exception);
        }

        if (configuration.Op25b.OwnMailServers.Hosts.Count > 0)
            appliance._names = NameService.Start(configuration, options.Time, options.Logging.CreateLogger("Router"), appliance.PostNames, appliance.TakeSnapshotAsync);
        return appliance;
    }

    /// <summary>Ends when the loop does; faults where it ended by itself.</summary>
    public Task Completion => _completion.Task;

    public Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation) =>
        AskAsync(() => SnapshotTaker.Take(_path!, _started, _loop!.PolicyTime, _taps!.Backend.ToString()) with { StateDirectory = _configuration.State.Directory }, cancellation);

    public async Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation) =>
        (await AskAsync(() => new AttemptsTaker(_path!, _loop!.PolicyTime, Milliseconds()), cancellation)).Take();

    public async Task<ICapture> BeginCaptureAsync(CaptureRequest request, CancellationToken cancellation)
    {
        CaptureNames names = await AskAsync(() => ApplianceCapture.NamesOf(_configuration, _path!), cancellation);
        ApplianceCapture capture = await ApplianceCapture.BeginAsync(request, names, _completion.Task, (work, stop) => AskAsync(() => work(_path!), stop), _log.CaptureEnded);
        _log.CaptureBegan(request);
        return capture;
    }

    /// <summary>What the loop's thread answers between two batches.</summary>
    private async Task<T> AskAsync<T>(Func<T> ask, CancellationToken cancellation)
    {
        var taken = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_isEnding || _completion.Task.IsCompleted)
            throw new InvalidOperationException("The forwarding loop has ended.");
        _loop!.Post(() => taken.TrySetResult(ask()));
        _taps!.Wake();
        Task first = await Task.WhenAny(taken.Task, _completion.Task).WaitAsync(cancellation);
        return first == taken.Task ? await taken.Task : throw new InvalidOperationException("The forwarding loop has ended.");
    }

    /// <summary>Stops the loop and removes what it made, in well under a second.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_names is { } names)
            await names.DisposeAsync();
        _isEnding = true;
        if (!_completion.Task.IsCompleted)
            _taps?.Wake();
        await Task.WhenAny(_completion.Task);
        _thread.Join();
        if (_alertCommand is { } command)
            await command.DisposeAsync();
    }

    private void PostNames(Action<OwnNames, long> work)
    {
        // Nobody wakes a loop that is gone.
        if (_isEnding || _completion.Task.IsCompleted)
            return;
        _loop!.Post(() => work(_path!.OwnNames, Milliseconds()));
        _taps!.Wake();
    }

    private void Run()
    {
        try
        {
            using TapLoop taps = TapLoop.Create(new TapLoopOptions { Backend = ForcedBackend(), BusyPoll = TimeSpan.FromMicroseconds(_configuration.BusyPollMicroseconds) });
            Compose(taps);
            _ready.SetResult();
            Forward(taps);
            // Nobody wakes a loop that is gone.
            _completion.SetResult();
        }
        catch (Exception exception)
        {
            if (!_ready.TrySetException(exception))
                _completion.TrySetException(exception);
            else
                _completion.TrySetResult();
        }
    }

    private void Compose(TapLoop taps)
    {
        _taps = taps;
        List<FrameDevice> devices = [.. _configuration.Interfaces.Select(entry => taps.Open(OptionsFor(entry)))];
        _path = new DataPath(_configuration, devices, new UnpredictableRandom());
        var clock = new PolicyClock(_options.Time, _options.AsOf);
        _path.Filter.Advance(clock.Now().ToUnixTimeMilliseconds());
        _loop = new ForwardingLoop(_path, clock) { PhaseChanged = () => _log.PhaseBegan(_path.Filter) };
        _path.Witness.AttemptMade = _log.AttemptMade(_path.Filter);
        if (_configuration.Op25b.Alerts.Command is { } command)
            _alertCommand = new AlertCommand(command, _configuration.Op25b.Alerts.CommandsPerMinute, _options.Time, _log.AlertCommandFailed);
        _path.Alerts.Changed = TellOfAlert;
        _path.CutOver.Reviewed = _log.SessionsKilled;
        _path.NextHops.Changed = _log.NextHopChanged;
        _path.OwnAddresses.DuplicateSeen = _path.AddressDetection.DuplicateSeen = _log.DuplicateSeen(Milliseconds);
        _path.AddressDetection.DuplicateFound = _log.DuplicateFound;
        _path.RouterAdvertiser.RouterSeen = _log.RouterSeen(Milliseconds);
        _log.Composed(taps, _path, clock);
    }

    private void Forward(TapLoop taps)
    {
        TimeSpan wait = TimeSpan.Zero;
        while (!_isEnding)
        {
            taps.Wait(wait);
            long now = Milliseconds();
            taps.Maintain(now);
            while (taps.TryTakeStateChange(out TapDevice? device, out DeviceState state))
                _log.StateChanged(_path!.Interfaces[device!.Tag], state);
            wait = _loop!.Turn(now) ? TimeSpan.Zero : IdleWait;
        }

        _loop!.Cease();
        taps.Wait(TimeSpan.Zero);
    }

    private void TellOfAlert(Alert alert)
    {
        var text = new AlertText(alert, _path!.Filter.Policy);
        _log.AlertChanged(alert, text, Milliseconds());
        _alertCommand?.Run(text.Variables());
    }

    private long Milliseconds() => _options.Time.GetTimestamp() / (_options.Time.TimestampFrequency / 1000);

    private TapBackend? ForcedBackend() => _configuration.Interfaces.Select(entry => entry.Backend).FirstOrDefault(choice => choice != BackendChoice.Auto) switch
    {
        BackendChoice.Auto => null,
        BackendChoice.IoUringMultishot => TapBackend.IoUringMultishot,
        BackendChoice.IoUring => TapBackend.IoUring,
        BackendChoice.Epoll => TapBackend.Epoll,
    };

    private static TapOptions OptionsFor(InterfaceConfiguration entry) => new()
    {
        Name = entry.Tap,
        Namespace = entry.Namespace,
        Bridge = entry.Bridge,
        Mtu = entry.Mtu,
        Persist = entry.Persist,
        Buffers = entry.Buffers,
    };
}
