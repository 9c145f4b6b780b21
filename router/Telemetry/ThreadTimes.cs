using System.Globalization;

namespace Router.Telemetry;

/// <summary>
/// What the kernel's scheduler booked for one thread, <c>/proc/PID/task/TID/schedstat</c>: so nothing has to be measured in the thread itself. From any thread.
/// </summary>
internal sealed class ThreadTimes
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly string? _file;

    private ThreadTimes(string? file) => _file = file;

    public static ThreadTimes OfThisThread() => new(new FileInfo("/proc/thread-self").LinkTarget is { } task ? $"/proc/{task}/schedstat" : null);

    /// <summary>Seconds on a processor, and seconds in which it could have run and had to wait for one; null where the kernel does not tell.</summary>
    public (double Running, double Waiting)? Read()
    {
        try
        {
            return _file is not null && File.ReadAllText(_file).Split(' ') is [var running, var waiting, ..] ? (Seconds(running), Seconds(waiting)) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    private static double Seconds(string nanoseconds) => long.Parse(nanoseconds, CultureInfo.InvariantCulture) / NanosecondsPerSecond;
}
