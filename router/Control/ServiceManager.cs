using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Router.Control;

/// <summary>
/// The service manager, where one started the process (systemd, by its protocol): it keeps a file while the router is started anew, and wants to hear that the router lives.
/// <para>Theory of operation. What is to be kept goes to it as an anonymous file (memfd, sealed), by libsystemd; the next process finds it among the files that it was born with, named in the
/// environment. It is taken out of the store at once, so that nobody reads it twice.</para>
/// </summary>
internal sealed partial class ServiceManager : IDisposable
{
    private const string NotifySocket = "NOTIFY_SOCKET", ListenPid = "LISTEN_PID", ListenCount = "LISTEN_FDS", ListenNames = "LISTEN_FDNAMES", WatchdogTime = "WATCHDOG_USEC", WatchdogPid = "WATCHDOG_PID";

    /// <summary>How it calls what is kept.</summary>
    private const string KeptName = "sessions";

    private const int FirstListenFile = 3, MostListenFiles = 64;

    private const int AddSeals = 1033, SealAll = 0xF;

    private const uint CloseOnExec = 1, AllowSealing = 2;

    private const ulong BarrierMicroseconds = 1_000_000;

    private readonly List<SafeFileHandle> _inherited = [];

    private ServiceManager()
    {
    }

    /// <summary>How often it wants to hear from the router; null: never.</summary>
    public TimeSpan? Watchdog { get; private init; }

    /// <summary>What the process before left, to be read once; null: nothing.</summary>
    public Stream? Kept { get; private set; }

    /// <summary>The one that started this process; null: none did.</summary>
    public static ServiceManager? OfProcess() => Of(Environment.GetEnvironmentVariable, Environment.ProcessId);

    /// <summary>By the environment of a process of this number.</summary>
    public static ServiceManager? Of(Func<string, string?> environment, int process)
    {
        if (string.IsNullOrEmpty(environment(NotifySocket))) return null;
        var manager = new ServiceManager { Watchdog = WatchdogOf(environment, process) };
        manager.TakeFiles(environment, process);
        return manager;
    }

    /// <summary>Keeps what is written for the next process. Where that fails the text says why; where the manager keeps nothing, it does not tell.</summary>
    public static string? TryKeep(Action<Stream> write)
    {
        try
        {
            using var file = Write(write);
            using var released = new Reference(file);
            var error = NotifyWithFiles(0, 0, $"FDSTORE=1\nFDNAME={KeptName}", [released.Number], 1);
            if (error < 0) return $"the service manager does not take it (error {-error})";
            // It has to be taken before the process is gone.
            error = Barrier(0, BarrierMicroseconds);
            return error < 0 ? $"the service manager does not confirm it (error {-error})" : null;
        }
        catch (Exception exception) when (exception is IOException or DllNotFoundException or EntryPointNotFoundException)
        {
            return exception.Message;
        }
    }

    /// <summary>Does all that <see cref="TryKeep"/> does but the sending: what it needs is loaded then, and an upgrade may exchange the program's file.</summary>
    public static void Rehearse(Action<Stream> write)
    {
        using var file = Write(write);
    }

    /// <summary>Tells the manager something, as in <c>WATCHDOG=1</c>.</summary>
    public static void Tell(string state)
    {
        try
        {
            _ = Notify(0, state);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // Without its library nobody can speak to it.
        }
    }

    public void Dispose()
    {
        Kept?.Dispose();
        foreach (var file in _inherited) file.Dispose();
    }

    /// <summary>The manager lets go of what it kept; the file that this process has stays good.</summary>
    public static void Forget() => Tell($"FDSTOREREMOVE=1\nFDNAME={KeptName}");

    private static TimeSpan? WatchdogOf(Func<string, string?> environment, int process) =>
        environment(WatchdogPid) is { Length: > 0 } other && !string.Equals(other, process.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) ? null
        : long.TryParse(environment(WatchdogTime), NumberStyles.None, CultureInfo.InvariantCulture, out var time) && time is > 0 and < uint.MaxValue ? TimeSpan.FromMicroseconds(time) : null;

    private void TakeFiles(Func<string, string?> environment, int process)
    {
        if (environment(ListenPid) != process.ToString(CultureInfo.InvariantCulture)
            || !int.TryParse(environment(ListenCount), NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return;
        string[] names = (environment(ListenNames) ?? "").Split(':');
        for (var i = 0; i < Math.Min(count, MostListenFiles); i++)
        {
            var file = new SafeFileHandle(FirstListenFile + i, ownsHandle: true);
            if (Kept is null && i < names.Length && names[i] == KeptName && TryOpen(file) is { } stream) Kept = stream;
            else _inherited.Add(file);
        }
    }

    private static FileStream? TryOpen(SafeFileHandle file)
    {
        try
        {
            return new FileStream(file, FileAccess.Read, bufferSize: 0);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static SafeFileHandle Write(Action<Stream> write)
    {
        var number = CreateMemoryFile(KeptName, CloseOnExec | AllowSealing);
        if (number < 0) throw new IOException($"no anonymous file (errno {Marshal.GetLastPInvokeError()})");
        var file = new SafeFileHandle(number, ownsHandle: true);
        try
        {
            var stream = new FileStream(file, FileAccess.ReadWrite, bufferSize: 0);
            write(stream);
            // Nobody changes it any more, not even this process.
            _ = Control(number, AddSeals, SealAll);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    [LibraryImport("libsystemd.so.0", EntryPoint = "sd_pid_notify_with_fds", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NotifyWithFiles(int pid, int unsetEnvironment, string state, int[] files, uint count);

    [LibraryImport("libsystemd.so.0", EntryPoint = "sd_notify", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Notify(int unsetEnvironment, string state);

    [LibraryImport("libsystemd.so.0", EntryPoint = "sd_notify_barrier")]
    private static partial int Barrier(int unsetEnvironment, ulong microseconds);

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int file, int command, int argument);

    /// <summary>Keeps a handle open while its number is in use.</summary>
    private sealed class Reference : IDisposable
    {
        private readonly SafeFileHandle _file;

        public Reference(SafeFileHandle file)
        {
            _file = file;
            var isHeld = false;
            file.DangerousAddRef(ref isHeld);
        }

        public int Number => (int)_file.DangerousGetHandle();

        public void Dispose() => _file.DangerousRelease();
    }
}
