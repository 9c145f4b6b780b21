using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Router.Sessions;

/// <summary>The router's only unsafe code: a hint to the processor, which cannot fail, whatever it points to.</summary>
internal static unsafe class CacheLine
{
    /// <summary>Fetches what lies there (pinned, or the hint may be for nothing) into the cache without waiting for it; does nothing where the processor has no such hint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch<T>(ref T there)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref there));
    }
}
