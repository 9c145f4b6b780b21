namespace Router.Telemetry;

/// <summary>
/// Tells of losses without a flood of lines: at once when they begin, once a minute while they go on, and when there was none for a minute.
/// </summary>
internal sealed class LossReport(TimeProvider time, Action<string, long> lost, Action over)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _toldAt, _lostAt, _untold, _suppressed;
    private bool _isLosing;

    /// <summary>Losses that have no line of their own. Any thread may ask.</summary>
    public long Suppressed => Volatile.Read(ref _suppressed);

    public void Lose(string reason, long records)
    {
        _untold += records;
        _lostAt = time.GetTimestamp();
        if (_isLosing && time.GetElapsedTime(_toldAt) < Interval)
        {
            Volatile.Write(ref _suppressed, _suppressed + 1);
            return;
        }

        _isLosing = true;
        _toldAt = _lostAt;
        lost(reason, _untold);
        _untold = 0;
    }

    public void Tick()
    {
        if (!_isLosing || time.GetElapsedTime(_lostAt) < Interval) return;
        _isLosing = false;
        if (_untold > 0) lost("the last of them", _untold);
        _untold = 0;
        over();
    }
}
