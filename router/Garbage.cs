namespace Router;

/// <summary>
/// What answers leave behind. The runtime collects its youngest generation when that is full, and makes it as large as the processor's last-level cache: on a large host hundreds of megabytes
/// of answers would be kept in RAM first. So the youngest is collected after each <see cref="Budget"/> of them.
/// </summary>
internal static class Garbage
{
    public const long Budget = 4 << 20;

    private static long _allocated = GC.GetTotalAllocatedBytes();

    /// <summary>Before the first frame: the tables are large, and the next collection would walk all of them otherwise.</summary>
    public static void Settle() => GC.Collect();

    /// <summary>After an answer: collects where the budget is used up, in well under a millisecond.</summary>
    public static void Bound()
    {
        long allocated = GC.GetTotalAllocatedBytes(), before = Volatile.Read(ref _allocated);
        if (allocated - before >= Budget && Interlocked.CompareExchange(ref _allocated, allocated, before) == before)
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
    }
}
