using Router.Capture;
using Router.Configuration;
using Router.Packets;
using Router.Telemetry;

namespace Router;

/// <summary>Runs work on the loop's thread between two batches; throws <see cref="InvalidOperationException"/> where the loop has ended.</summary>
internal delegate Task<bool> LoopWork(Func<DataPath, bool> work, CancellationToken cancellation);

/// <summary>A capture on an appliance's loop.</summary>
internal sealed class ApplianceCapture : ICapture
{
    private readonly CaptureNamesHistory _names;
    private readonly LoopWork _onLoop;
    private readonly Action<ApplianceCapture> _ended;
    private bool _hasEnded;

    private ApplianceCapture(Recording recording, CaptureNamesHistory names, Task over, LoopWork onLoop, Action<ApplianceCapture> ended) =>
        (Recording, _names, Names, Over, _onLoop, _ended) = (recording, names, names.Newest.Names, over, onLoop, ended);

    public Recording Recording { get; }

    public CaptureNames Names { get; }

    public Task Over { get; }

    public CaptureNames NamesAt(int configuration) => _names.At(configuration);

    /// <summary>Throws as <see cref="ICaptureSource.BeginCaptureAsync"/> does. The ring's memory is taken here, not on the loop's thread.</summary>
    public static async Task<ApplianceCapture> BeginAsync(CaptureRequest request, CaptureNamesHistory names, Task over, LoopWork onLoop, Action<ApplianceCapture> ended)
    {
        if (request.Judge([.. names.Newest.Names.Interfaces.Select(entry => entry.Name)], out RecordingOptions options) is { } complaint)
            throw new CaptureException(complaint);
        var recording = new Recording(options, names.Newest.Names.Interfaces.Count);
        var capture = new ApplianceCapture(recording, names, over, onLoop, ended);
        if (!await onLoop(path => path.Recorder.TryAttach(recording), CancellationToken.None))
            throw new CaptureException($"{FrameRecorder.Most} captures run already, and that is the most; end one of them", isBusy: true);
        return capture;
    }

    public static CaptureNames NamesOf(RouterConfiguration configuration, DataPath path) =>
        new(configuration, path.Filter.Policy, [.. path.Interfaces.Select(Describe)]);

    public async Task EndAsync()
    {
        if (_hasEnded)
            return;
        _hasEnded = true;
        try
        {
            await _onLoop(path =>
            {
                path.Recorder.Detach(Recording);
                return true;
            }, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            // The loop ended first: nothing is recorded any more.
        }

        _ended(this);
    }

    public async ValueTask DisposeAsync() => await EndAsync();

    private static CaptureInterface Describe(Interface entry)
    {
        var mac = new byte[Wire.MacAddress.Size];
        entry.Mac.Write(mac);
        return new CaptureInterface(entry.Name, $"{entry.Role}, {string.Join(", ", entry.Addresses.Select(address => $"{address.Address}/{address.PrefixLength}"))}", mac);
    }
}
