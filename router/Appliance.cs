using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Telemetry;

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

/// <summary>The composition root: configuration to interfaces, tables, forwarder and loop.</summary>
internal sealed class Appliance : ISnapshotSource, IAsyncDisposable
{
    /// <summary>Makes the TAPs and starts the loop's thread. Throws <see cref="ApplianceException"/>, and leaves nothing behind then.</summary>
    public static Appliance Start(RouterConfiguration configuration, ApplianceOptions options) => throw new NotSupportedException();

    /// <summary>Ends when the loop does; faults where it ended by itself.</summary>
    public Task Completion => throw new NotSupportedException();

    public Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Stops the loop and removes what it made, in well under a second.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
