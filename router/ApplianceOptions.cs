using Microsoft.Extensions.Logging;

namespace Router;

/// <summary>What <c>run</c> adds to the configuration.</summary>
internal sealed record ApplianceOptions
{
    /// <summary>Start the policy clock here; null: the wall clock rules.</summary>
    public DateTimeOffset? AsOf { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILoggerFactory Logging { get; init; }

    /// <summary>What the router before left; null: nothing.</summary>
    public Stream? Inheritance { get; init; }

    /// <summary>Keeps what this one leaves to the next, and says why where it cannot; null: there will be no next one that could have it.</summary>
    public Func<Action<Stream>, string?>? Keep { get; init; }
}
