using Router.Capture;
using Router.Configuration;
using Router.Op25b;

namespace Router.Telemetry;

/// <summary>Begins captures on the forwarding loop.</summary>
internal interface ICaptureSource
{
    /// <summary>Throws <see cref="CaptureException"/> where the request makes no sense or too many run, <see cref="InvalidOperationException"/> where the loop has ended.</summary>
    Task<ICapture> BeginCaptureAsync(CaptureRequest request, CancellationToken cancellation);
}

/// <summary>A capture that runs. Disposing it ends it.</summary>
internal interface ICapture : IAsyncDisposable
{
    /// <summary>What the forwarding thread writes for it.</summary>
    Recording Recording { get; }

    /// <summary>What numbers in its records meant when it began. Interfaces stay what they are.</summary>
    CaptureNames Names { get; }

    /// <summary>The same while another configuration was in force, by the record's number of it.</summary>
    CaptureNames NamesAt(int configuration);

    /// <summary>Completes when the loop is over, and the capture with it.</summary>
    Task Over { get; }

    /// <summary>Takes it off the loop: nothing is recorded after that, and its counts are whole.</summary>
    Task EndAsync();
}

/// <summary>What the numbers in a record mean: the interfaces, and the policy that was in force.</summary>
internal sealed record CaptureNames(RouterConfiguration Configuration, Op25bPolicy Policy, IReadOnlyList<CaptureInterface> Interfaces);

/// <summary>One interface of the router, as a file's head describes it.</summary>
internal sealed record CaptureInterface(string Name, string Description, ReadOnlyMemory<byte> Mac);
