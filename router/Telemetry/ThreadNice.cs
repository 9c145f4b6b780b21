using System.Runtime.InteropServices;

namespace Router.Telemetry;

/// <summary>
/// The nice level of the loop's thread (ADR 60). Where processors are short, the kernel shares them among all that could run, and a loop that has as little as each of those that
/// flood it forwards less the more of them there are.
/// </summary>
internal static partial class ThreadNice
{
    /// <summary>Ten steps: nine times the weight of a thread at 0.</summary>
    public const int Wanted = -10;

    private const int ThisThread = 0, OfProcess = 0;

    /// <summary>Asks for <see cref="Wanted"/> for the calling thread, where it has not that much already. Gives the level that it has then: without CAP_SYS_NICE or RLIMIT_NICE it stays.</summary>
    public static int Raise()
    {
        if (GetPriority(OfProcess, ThisThread) > Wanted)
            _ = SetPriority(OfProcess, ThisThread, Wanted);
        return GetPriority(OfProcess, ThisThread);
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int level);

    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, int who);
}
