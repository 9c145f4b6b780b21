using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>An eventfd that ends the loop's wait. Calls before the loop has seen the first are one system call.</summary>
internal sealed unsafe class WakeEvent : IDisposable
{
    private int _isSet;

    public WakeEvent()
    {
        Descriptor = eventfd(0, EFD_CLOEXEC);
        if (Descriptor < 0)
            throw new TapException($"No eventfd (errno {errno}).", errno);
    }

    public int Descriptor { get; }

    /// <summary>From any thread.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) != 0)
            return;
        ulong one = 1;
        _ = write(Descriptor, &one, (size_t)sizeof(ulong));
    }

    /// <summary>The loop has read the event and is awake: the next call counts again.</summary>
    public void Reset() => Volatile.Write(ref _isSet, 0);

    /// <summary>Reads the event, which must be set.</summary>
    public void Read()
    {
        ulong count;
        _ = read(Descriptor, &count, (size_t)sizeof(ulong));
    }

    public void Dispose() => _ = close(Descriptor);
}
