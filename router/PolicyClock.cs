using System.Reflection;

namespace Router;

/// <summary>
/// The clock that phases go by: the wall clock, never earlier than already seen, or one that starts at a chosen moment (<c>--as-of</c>). A machine that does not
/// know the time, since it says that it is before this program was released, is taken to be after the last phase's start: failing closed.
/// </summary>
internal sealed class PolicyClock
{
    private readonly TimeProvider _time;
    private readonly DateTimeOffset? _asOf;
    private readonly long _startedAt;
    private DateTimeOffset _seen;

    public PolicyClock(TimeProvider time, DateTimeOffset? asOf)
    {
        _time = time;
        _asOf = asOf;
        _startedAt = time.GetTimestamp();
    }

    /// <summary>When this version was released: no clock can rightly be earlier.</summary>
    public static DateTimeOffset ReleaseDate { get; } = DateTimeOffset.Parse(
        typeof(PolicyClock).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == nameof(ReleaseDate)).Value + "T00:00:00Z");

    /// <summary>Whether the machine's clock can be believed.</summary>
    public bool IsKnown => _asOf is not null || _time.GetUtcNow() >= ReleaseDate;

    /// <summary>What the machine's clock says, whatever rules.</summary>
    public DateTimeOffset WallTime() => _time.GetUtcNow();

    public DateTimeOffset Now()
    {
        if (_asOf is { } start)
            return start + _time.GetElapsedTime(_startedAt);
        DateTimeOffset now = _time.GetUtcNow();
        if (now < ReleaseDate && _seen == default)
            return DateTimeOffset.MaxValue;
        if (now > _seen)
            _seen = now;
        return _seen;
    }
}
