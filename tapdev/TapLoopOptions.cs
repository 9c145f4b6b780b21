namespace TapDev;

/// <summary>How a <see cref="TapLoop"/> is made.</summary>
public sealed record TapLoopOptions
{
    /// <summary>The back end to insist on; null takes the best that the kernel gives.</summary>
    public TapBackend? Backend { get; init; }

    /// <summary>Entries of io_uring's submission queue, a power of two. When it is full it is handed to the kernel early.</summary>
    public int SubmissionEntries { get; init; } = 1024;

    /// <summary>
    /// Entries of io_uring's completion queue, a power of two. Room for all buffers of all devices and a few more keeps the kernel from ending reads early,
    /// which costs speed and loses nothing.
    /// </summary>
    public int CompletionEntries { get; init; } = 8192;

    /// <summary>
    /// How long <see cref="TapLoop.Wait"/> goes on looking for frames without sleeping after the last ones came. It shortens the way of the next ones by the time
    /// that waking the thread takes, and costs a processor for so long after each. Zero: it sleeps at once.
    /// </summary>
    public TimeSpan BusyPoll { get; init; }

    /// <summary>How often <see cref="TapLoop.Maintain"/> looks whether a device is up.</summary>
    public TimeSpan StateCheckInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a buffer lies idle before its pages go back to the system.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(30);
}
