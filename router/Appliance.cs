using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Names;
using Router.Op25b;
using Router.Sessions;
using Router.Telemetry;
using TapDev;

namespace Router;

/// <summary>The router could not start, or had to end. The message is one line that says what, where and how to mend it.</summary>
internal sealed class ApplianceException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What cannot be had, and without which the rest can; null: that is not said.</summary>
    public SidePart? Part { get; init; }
}

/// <summary>
/// The composition root: configuration to devices, tables, forwarder and loop. The devices, their ring and all forwarding state are made, used and taken down on
/// one thread, which this type starts and ends.
/// </summary>
internal sealed class Appliance : ISnapshotSource, ICaptureSource, IFlowSource, IAsyncDisposable
{
    /// <summary>How long a turn waits for frames where nothing is due.</summary>
    private static readonly TimeSpan IdleWait = TimeSpan.FromMilliseconds(100);

    private volatile RouterConfiguration _configuration;
    private readonly ApplianceOptions _options;
    private readonly ApplianceLog _log;
    private readonly ApplianceHandover _handover;
    private readonly DateTimeOffset _started;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private TapLoop? _taps;
    private ForwardingLoop? _loop;
    private DataPath? _path;
    private AlertCommand? _alertCommand;
    private NameService? _names;
    private readonly ApplianceMappingLog _mappingLog;
    private ThreadTimes? _threadTimes;
    private int _nice;
    private CaptureNamesHistory? _captureNames;
    private LoopCalls? _calls;
    private volatile bool _isEnding;

    private Appliance(RouterConfiguration configuration, ApplianceOptions options)
    {
        _configuration = configuration;
        _options = options;
        _started = options.Time.GetUtcNow();
        _log = new ApplianceLog(options.Logging.CreateLogger("Router")) { Privacy = configuration.Privacy };
        _handover = new ApplianceHandover(options, _log);
        _mappingLog = new ApplianceMappingLog(configuration.MappingLog, options.Time, options.Logging.CreateLogger("Router"));
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
        catch (Exception exception)
        {
            appliance._mappingLog.End();
            if (exception is TapException)
                throw new ApplianceException(exception.Message, exception);
            throw;
        }

        appliance.StartNames(known: null);
        return appliance;
    }

    /// <summary>
    /// Puts another configuration in force between two batches, and waits until every session was looked at; gives those that it ended. Both configurations agree in what
    /// <see cref="RestartRules"/> names. One at a time.
    /// </summary>
    public async Task<EndedSessions> ApplyAsync(RouterConfiguration configuration, CancellationToken cancellation)
    {
        var change = new Reconfiguration(_path!, _configuration, configuration);
        ApplianceMappingLog.Change? log = _configuration.MappingLog != configuration.MappingLog ? _mappingLog.Prepare(configuration.MappingLog, _path!.Opener) : null;
        OwnMailServersConfiguration before = _configuration.Op25b.OwnMailServers, after = configuration.Op25b.OwnMailServers;
        bool asksOthers = !before.Hosts.SequenceEqual(after.Hosts, StringComparer.Ordinal) || !before.TrustedResolvers.SequenceEqual(after.TrustedResolvers)
            || _configuration.State != configuration.State;
        NameService? names = asksOthers ? _names : null;
        if (names is not null)
        {
            _names = null;
            await names.DisposeAsync();
        }

        var reviewed = new TaskCompletionSource<EndedSessions>(TaskCreationOptions.RunContinuationsAsynchronously);
        AlertCommand? unused = await _calls!.ChangeAsync(() =>
        {
            if (log is not null)
                _mappingLog.Exchange(log, _path!.Opener);
            return Apply(change, configuration, reviewed.SetResult);
        }, cancellation);
        if (asksOthers)
            StartNames(names?.Known);
        if (unused is not null)
            await unused.DisposeAsync();
        await _mappingLog.SettleAsync();
        _taps!.Wake();
        await Task.WhenAny(reviewed.Task, _completion.Task).WaitAsync(cancellation);
        return reviewed.Task.IsCompleted ? await reviewed.Task : throw new InvalidOperationException("The forwarding loop has ended.");
    }

    /// <summary>Ends when the loop does; faults where it ended by itself.</summary>
    public Task Completion => _completion.Task;

    public async Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation)
    {
        RouterSnapshot snapshot = await AskAsync(() => SnapshotTaker.Take(_path!, _started, _loop!.PolicyTime, _taps!.Backend.ToString()) with
        {
            StateDirectory = _configuration.State.Directory,
            Loop = new LoopSnapshot { BackendReason = _taps!.BackendReason, NiceLevel = _nice, Turns = _loop.Turns, LateTurns = _loop.LateTurns, TimerLagSeconds = _path!.Sessions.LagSeconds(Milliseconds()) },
            LogSuppressed = [.. _log.Suppressed, .. _mappingLog.Suppressed()],
            MappingLog = _mappingLog.Snapshot(),
        }, cancellation);
        (double Running, double Waiting)? times = _threadTimes?.Read();
        return snapshot with { Loop = snapshot.Loop! with { RunningSeconds = times?.Running, WaitingSeconds = times?.Waiting } };
    }

    public async Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation) =>
        (await AskAsync(() => new AttemptsTaker(_path!, _loop!.PolicyTime, Milliseconds()), cancellation)).Take();

    public async Task<DropsSnapshot> TakeDropsAsync(CancellationToken cancellation) =>
        (await AskAsync(() => new DropsTaker(_path!, _options.Time.GetUtcNow(), Milliseconds()), cancellation)).Take();

    public async Task<SessionsSnapshot> TakeSessionsAsync(SessionQuery query, CancellationToken cancellation)
    {
        var walk = new SessionWalk(_path!.Sessions, query);
        bool isMore;
        do
        {
            isMore = await AskAsync(() => walk.Copy(Milliseconds()), cancellation);
            walk.Select();
        }
        while (isMore);
        return walk.Result();
    }

    public async Task<SessionsEnded> EndSessionsAsync(SessionFilter filter, CancellationToken cancellation)
    {
        int next = 0, ended = 0;
        while (await AskAsync(EndNext, cancellation))
        {
            // Turns of the loop go by between two parts.
        }

        _log.SessionsEnded(ended);
        return new SessionsEnded(ended);

        bool EndNext()
        {
            ended += _path!.SessionCloser.CloseNext(ref next, session => filter.Matches(session));
            return next < _path.Sessions.Used;
        }
    }

    public Task<FlowFacts> TakeFlowAsync(IReadOnlyList<FlowKey> flows, CancellationToken cancellation) =>
        AskAsync(() => FlowFactsTaker.Take(_path!, _configuration, _loop!.PolicyTime, flows, Milliseconds()), cancellation);

    public async Task<ICapture> BeginCaptureAsync(CaptureRequest request, CancellationToken cancellation)
    {
        ApplianceCapture capture = await ApplianceCapture.BeginAsync(request, _captureNames!, _completion.Task, (work, stop) => AskAsync(() => work(_path!), stop), _log.CaptureEnded);
        _log.CaptureBegan(request);
        return capture;
    }

    /// <summary>Ends when the loop has answered: it lives.</summary>
    public async Task PulseAsync(CancellationToken cancellation) => _ = await AskAsync(() => true, cancellation);

    private Task<T> AskAsync<T>(Func<T> question, CancellationToken cancellation) => _calls!.AskAsync(question, cancellation);

    /// <summary>Stops the loop and removes what it made, in well under a second.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_names is { } names)
            await names.DisposeAsync();
        _isEnding = true;
        if (_calls is { } calls)
            calls.IsEnding = true;
        if (!_completion.Task.IsCompleted)
            _taps?.Wake();
        await Task.WhenAny(_completion.Task);
        _thread.Join();
        _mappingLog.End();
        if (_alertCommand is { } command)
            await command.DisposeAsync();
    }

    private void PostNames(Action<OwnNames, long> work) => _calls!.Tell(() => work(_path!.OwnNames, Milliseconds()));

    private void Run()
    {
        try
        {
            using TapLoop taps = TapLoop.Create(new TapLoopOptions { Backend = TapCompiler.BackendOf(_configuration), BusyPoll = TimeSpan.FromMicroseconds(_configuration.BusyPollMicroseconds) });
            _threadTimes = ThreadTimes.OfThisThread();
            _nice = ThreadNice.Raise();
            Compose(taps);
            Garbage.Settle();
            _ready.SetResult();
            Forward(taps);
            _handover.Leave(_path!, Milliseconds());
            // Nobody wakes a loop that is gone.
            _completion.SetResult();
        }
        catch (Exception exception)
        {
            _ = _ready.TrySetException(exception) ? _completion.TrySetResult() : _completion.TrySetException(exception);
        }
    }

    private void Compose(TapLoop taps)
    {
        _taps = taps;
        List<FrameDevice> devices = [.. _configuration.Interfaces.Select(entry => taps.Open(TapCompiler.OptionsOf(entry)))];
        _path = new DataPath(_configuration, devices, new UnpredictableRandom(), _handover.Open(Milliseconds()));
        var clock = new PolicyClock(_options.Time, _options.AsOf);
        _path.Filter.Advance(clock.Now().ToUnixTimeMilliseconds());
        _handover.Take(_path, _configuration, Milliseconds());
        _mappingLog.Begin(_path.Opener);
        _loop = new ForwardingLoop(_path, clock) { PhaseChanged = () => _log.PhaseBegan(_path.Filter), QuestionFailed = _log.QuestionFailed };
        _captureNames = new CaptureNamesHistory(ApplianceCapture.NamesOf(_configuration, _path));
        _calls = new LoopCalls(_loop, taps, _completion.Task);
        _path.Witness.AttemptMade = _log.AttemptMade(_path.Filter);
        _alertCommand = MakeAlertCommand();
        _path.Alerts.Changed = TellOfAlert;
        _path.CutOver.Reviewed = _log.SessionsKilled;
        _path.NextHops.Changed = _log.NextHopChanged;
        _path.OwnAddresses.DuplicateSeen = _path.AddressDetection.DuplicateSeen = _log.DuplicateSeen(Milliseconds);
        _path.AddressDetection.DuplicateFound = _log.DuplicateFound;
        _path.RouterAdvertiser.RouterSeen = _log.RouterSeen(Milliseconds);
        _log.Composed(taps, _path, clock, _nice);
    }

    /// <summary>On the loop's thread. Gives the command for alerts that is not run any more.</summary>
    private AlertCommand? Apply(Reconfiguration change, RouterConfiguration configuration, Action<EndedSessions> reviewed)
    {
        string phase = _path!.Filter.PhaseName;
        AccessChange access = change.Apply(_loop!.PolicyTime.ToUnixTimeMilliseconds(), Milliseconds());
        _captureNames!.Add(_path.Recorder.Configuration, ApplianceCapture.NamesOf(configuration, _path));
        _path.CutOver.Review(access, reviewed);
        AlertsConfiguration before = _configuration.Op25b.Alerts, after = configuration.Op25b.Alerts;
        (_configuration, _log.Privacy) = (configuration, configuration.Privacy);
        if (_path.Filter.PhaseName != phase)
            _log.PhaseBegan(_path.Filter);
        if ((before.Command ?? []).SequenceEqual(after.Command ?? [], StringComparer.Ordinal) && before.CommandsPerMinute == after.CommandsPerMinute)
            return null;
        return Interlocked.Exchange(ref _alertCommand, MakeAlertCommand());
    }

    private AlertCommand? MakeAlertCommand() => _configuration.Op25b.Alerts is { Command: { } command } alerts
        ? new AlertCommand(command, alerts.CommandsPerMinute, _options.Time, _log.AlertCommandFailed)
        : null;

    private void StartNames(IReadOnlyDictionary<string, NameHistory>? known) => _names = _configuration.Op25b.OwnMailServers.Hosts.Count > 0
        ? NameService.Start(_configuration, _options.Time, _options.Logging.CreateLogger("Router"), PostNames, TakeSnapshotAsync, known: known)
        : null;

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

        // Who goes on with this router's sessions in a moment has its hosts keep it.
        if (!_handover.HasHeir)
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
}
